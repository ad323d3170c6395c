//! From bytes of a file to a picture.

use std::io::Cursor;
use std::rc::Rc;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};

use crate::bindings::exports::innerbox::image::codec::{Error, Format, Info};
use crate::limits;
use crate::picture::Picture;

/// What the picture in `data` is, by its header.
pub(crate) fn probe(data: &[u8]) -> Result<Info, Error> {
    let (format, mut decoder) = open(data)?;
    let (width, height) = decoder.dimensions();
    Ok(Info {
        width,
        height,
        format: Some(format),
        orientation: decoder.orientation().map_err(error)?.to_exif(),
        alpha: decoder.color_type().has_alpha(),
    })
}

/// The picture in `data`.
pub(crate) fn decode(data: &[u8]) -> Result<Picture, Error> {
    let (format, mut decoder) = open(data)?;
    let (width, height) = decoder.dimensions();
    limits::check(width, height, u64::from(decoder.color_type().bytes_per_pixel()))?;
    let orientation = decoder.orientation().map_err(error)?;
    let profile = decoder.icc_profile().map_err(error)?.filter(|profile| is_rgb(profile));
    let image = DynamicImage::from_decoder(decoder).map_err(error)?;
    Ok(Picture {
        image: Rc::new(eight_bit_rgb(image)),
        format: Some(format),
        orientation,
        profile: profile.map(Rc::from),
    })
}

/// Reads the header.
fn open(data: &[u8]) -> Result<(Format, impl ImageDecoder + '_), Error> {
    let mut reader = ImageReader::new(Cursor::new(data))
        .with_guessed_format()
        .map_err(|source| Error::Malformed(source.to_string()))?;
    let format = match reader.format() {
        Some(ImageFormat::Jpeg) => Format::Jpeg,
        Some(ImageFormat::Png) => Format::Png,
        Some(ImageFormat::WebP) => Format::Webp,
        Some(ImageFormat::Gif) => Format::Gif,
        _ => return Err(Error::UnknownFormat),
    };
    // The limits are ours: the reader's own would give an error without a size in it.
    reader.no_limits();
    Ok((format, reader.into_decoder().map_err(error)?))
}

/// Whether an ICC profile speaks of red, green and blue. One for grey or CMYK does not fit the pixels as they are kept.
fn is_rgb(profile: &[u8]) -> bool {
    profile.get(16..20) == Some(b"RGB ")
}

/// Every picture in one of two shapes, so that what follows need know no others.
fn eight_bit_rgb(image: DynamicImage) -> DynamicImage {
    if image.color().has_alpha() {
        DynamicImage::ImageRgba8(image.into_rgba8())
    } else {
        DynamicImage::ImageRgb8(image.into_rgb8())
    }
}

/// The fault lies in the bytes, but for what their makers may do and this component cannot.
fn error(source: ImageError) -> Error {
    match source {
        ImageError::Unsupported(source) => Error::Unsupported(source.to_string()),
        source => Error::Malformed(source.to_string()),
    }
}
