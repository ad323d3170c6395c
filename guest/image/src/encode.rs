//! From a picture to bytes of a file.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder, ImageError, RgbaImage};
use jpeg_encoder::{ColorType, Encoder, EncodingError};

use crate::bindings::exports::innerbox::image::codec::{Encoding, Error};
use crate::picture::Picture;

/// The picture as bytes of a file.
pub(crate) fn encode(picture: &Picture, encoding: Encoding) -> Result<Vec<u8>, Error> {
    match encoding {
        Encoding::Jpeg(quality @ 1..=100) => jpeg(picture, quality),
        Encoding::Jpeg(quality) => {
            Err(Error::Invalid(format!("quality {quality} does not lie within 1 and 100")))
        }
        Encoding::Png => {
            let mut file = Vec::new();
            let encoder =
                PngEncoder::new_with_quality(&mut file, CompressionType::Default, FilterType::Adaptive);
            write(picture, encoder)?;
            Ok(file)
        }
        Encoding::Webp => {
            let mut file = Vec::new();
            write(picture, WebPEncoder::new_lossless(&mut file))?;
            Ok(file)
        }
    }
}

fn jpeg(picture: &Picture, quality: u8) -> Result<Vec<u8>, Error> {
    let (Ok(width), Ok(height)) = (u16::try_from(picture.width()), u16::try_from(picture.height())) else {
        return Err(Error::Invalid("JPEG holds no more than 65535 pixels along a side".into()));
    };
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, quality);
    encoder.set_optimized_huffman_tables(true);
    if let Some(profile) = &picture.profile {
        encoder.add_icc_profile(profile).map_err(jpeg_error)?;
    }
    let result = match picture.image.as_ref() {
        DynamicImage::ImageRgba8(image) => encoder.encode(&on_white(image), width, height, ColorType::Rgb),
        image => encoder.encode(image.as_bytes(), width, height, ColorType::Rgb),
    };
    result.map_err(jpeg_error)?;
    Ok(file)
}

/// Red, green and blue of a picture that lies on white paper.
fn on_white(image: &RgbaImage) -> Vec<u8> {
    let blend = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    image.pixels().flat_map(|pixel| [0, 1, 2].map(|channel| blend(pixel[channel], pixel[3]))).collect()
}

fn write(picture: &Picture, mut encoder: impl ImageEncoder) -> Result<(), Error> {
    if let Some(profile) = &picture.profile {
        encoder.set_icc_profile(profile.to_vec()).map_err(|source| Error::Invalid(source.to_string()))?;
    }
    let image = &picture.image;
    encoder
        .write_image(image.as_bytes(), image.width(), image.height(), image.color().into())
        .map_err(|source: ImageError| Error::Invalid(source.to_string()))
}

fn jpeg_error(source: EncodingError) -> Error {
    Error::Invalid(source.to_string())
}
