//! The pictures here are made by the tests themselves.

use image::metadata::Orientation;
use jpeg_encoder::ColorType;

use crate::bindings::exports::innerbox::image::codec::{
    Area, Encoding, Error, Filter, Fit, Format, ResizeOptions,
};
use crate::decode::{decode, probe};
use crate::encode::encode;
use crate::orient::upright;
use crate::picture::Picture;
use crate::resize::{crop, resize};

const RED: [u8; 4] = [255, 0, 0, 255];
const BLUE: [u8; 4] = [0, 0, 255, 255];

/// Red on the left, blue on the right.
fn flag(width: u32, height: u32) -> Picture {
    let row: Vec<u8> = (0..width).flat_map(|x| if x < width / 2 { RED } else { BLUE }).collect();
    Picture::from_pixels(width, height, row.repeat(height as usize)).unwrap()
}

/// A JPEG of the flag that a camera held sideways would write.
fn jpeg_with_orientation(width: u16, height: u16, orientation: u8) -> Vec<u8> {
    let tiff =
        [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation], &[0; 7]].concat();
    let rgb: Vec<u8> = flag(width.into(), height.into()).image.to_rgb8().into_raw();
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 95);
    encoder.add_exif_metadata(&tiff).unwrap();
    encoder.encode(&rgb, width, height, ColorType::Rgb).unwrap();
    file
}

fn options(width: Option<u32>, height: Option<u32>, fit: Fit) -> ResizeOptions {
    ResizeOptions { width, height, fit: Some(fit), filter: Some(Filter::Bilinear) }
}

fn size(picture: &Picture) -> (u32, u32) {
    (picture.width(), picture.height())
}

#[test]
fn what_is_written_without_loss_is_read_again() {
    let picture = flag(10, 6);
    for (encoding, format) in [(Encoding::Png, Format::Png), (Encoding::Webp, Format::Webp)] {
        let file = encode(&picture, encoding).unwrap();
        let again = decode(&file).unwrap();
        assert_eq!(again.format, Some(format));
        assert_eq!(again.pixels(), picture.pixels());
    }
}

#[test]
fn a_header_tells_what_the_picture_is() {
    let info = probe(&jpeg_with_orientation(64, 32, 6)).unwrap();
    assert_eq!((info.width, info.height, info.orientation, info.alpha), (64, 32, 6, false));
    assert_eq!(info.format, Some(Format::Jpeg));
}

#[test]
fn orientation_6_turns_left_to_top() {
    let picture = decode(&jpeg_with_orientation(64, 32, 6)).unwrap();
    let upright = upright(&picture).unwrap();
    assert_eq!(size(&upright), (32, 64));
    assert_eq!(upright.orientation, Orientation::NoTransforms);
    let pixels = upright.pixels();
    assert!(pixels[0] > 200 && pixels[2] < 50, "red is above");
    assert!(pixels[pixels.len() - 4] < 50 && pixels[pixels.len() - 2] > 200, "blue is below");
}

#[test]
fn each_fit_gives_its_size() {
    let picture = flag(100, 50);
    for (width, height, fit, expected) in [
        (Some(20), None, Fit::Inside, (20, 10)),
        (None, Some(20), Fit::Inside, (40, 20)),
        (Some(20), Some(20), Fit::Inside, (20, 10)),
        (Some(200), Some(20), Fit::Inside, (40, 20)),
        (Some(20), Some(20), Fit::Cover, (20, 20)),
        (Some(20), None, Fit::Fill, (20, 50)),
    ] {
        let resized = resize(&picture, options(width, height, fit)).unwrap();
        assert_eq!(size(&resized), expected, "{width:?} {height:?} {fit:?}");
        assert_eq!(resized.pixels()[..4], RED);
    }
    let least = resize(&flag(100, 10), options(Some(1), None, Fit::Inside)).unwrap();
    assert_eq!(size(&least), (1, 1));
}

#[test]
fn a_size_that_makes_no_sense_is_an_error() {
    let picture = flag(10, 10);
    for (width, height, fit) in
        [(None, None, Fit::Inside), (Some(0), None, Fit::Inside), (Some(5), None, Fit::Cover)]
    {
        assert!(matches!(resize(&picture, options(width, height, fit)), Err(Error::Invalid(_))));
    }
    for (width, height) in [(65_536, 1), (50_000, 50_000), (u32::MAX, u32::MAX)] {
        let error = resize(&picture, options(Some(width), Some(height), Fit::Fill)).err();
        assert!(matches!(error, Some(Error::TooLarge(size)) if (size.width, size.height) == (width, height)));
    }
    assert!(matches!(Picture::from_pixels(2, 2, vec![0; 15]), Err(Error::Invalid(_))));
    assert!(matches!(Picture::from_pixels(2, 2, vec![0; 20]), Err(Error::Invalid(_))));
    assert!(matches!(encode(&picture, Encoding::Jpeg(101)), Err(Error::Invalid(_))));
}

#[test]
fn a_crop_lies_inside() {
    let picture = flag(10, 4);
    let part = crop(&picture, Area { left: 5, top: 1, width: 5, height: 3 }).unwrap();
    assert_eq!(size(&part), (5, 3));
    assert!(part.pixels().chunks(4).all(|pixel| pixel == BLUE));
    for (left, width) in [(6, 5), (0, 0), (u32::MAX, 2), (10, 1)] {
        assert!(matches!(crop(&picture, Area { left, top: 0, width, height: 1 }), Err(Error::Invalid(_))));
    }
}

#[test]
fn what_is_transparent_lies_on_white_in_a_jpeg() {
    let picture = Picture::from_pixels(8, 8, [0, 0, 0, 0].repeat(64)).unwrap();
    let again = decode(&encode(&picture, Encoding::Jpeg(90)).unwrap()).unwrap();
    assert!(again.pixels().iter().all(|&value| value > 250));
}

#[test]
fn bytes_that_are_no_picture_say_why() {
    assert!(matches!(decode(b"not a picture"), Err(Error::UnknownFormat)));
    assert!(matches!(decode(b""), Err(Error::UnknownFormat)));
    let file = encode(&flag(64, 64), Encoding::Png).unwrap();
    assert!(matches!(decode(&file[..60]), Err(Error::Malformed(_))));
}

/// The size a PNG claims stands in bytes 16 to 24, and a checksum of them in 29 to 33.
#[test]
fn a_header_that_claims_too_much_is_refused() {
    let mut file = encode(&flag(64, 64), Encoding::Png).unwrap();
    file[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let checksum = crc32(&file[12..29]);
    file[29..33].copy_from_slice(&checksum.to_be_bytes());
    assert_eq!(probe(&file).unwrap().width, 60_000);
    let error = decode(&file).err();
    assert!(matches!(error, Some(Error::TooLarge(size)) if (size.width, size.height) == (60_000, 60_000)));
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(
            crc ^ u32::from(byte),
            |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
            },
        )
    })
}
