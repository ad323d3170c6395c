//! Other sizes, and parts.

use fast_image_resize::images::{Image as Target, ImageRef as Source};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, Resizer};
use image::{DynamicImage, RgbImage, RgbaImage};

use crate::bindings::exports::innerbox::image::codec::{Area, Error, Filter, Fit, ResizeOptions};
use crate::limits;
use crate::picture::Picture;

/// The picture in another size.
pub(crate) fn resize(picture: &Picture, options: ResizeOptions) -> Result<Picture, Error> {
    let fit = options.fit.unwrap_or(Fit::Inside);
    let (width, height) = size(picture, &options, fit)?;
    limits::check(width, height, picture.bytes_per_pixel())?;
    let mut how = fast_image_resize::ResizeOptions::new().resize_alg(algorithm(options.filter));
    if fit == Fit::Cover {
        how = how.fit_into_destination(None);
    }
    let pixel_type = if picture.image.color().has_alpha() { PixelType::U8x4 } else { PixelType::U8x3 };
    let source = Source::new(picture.width(), picture.height(), picture.image.as_bytes(), pixel_type)
        .expect("a picture has as many bytes as its size says");
    let mut target = Target::new(width, height, pixel_type);
    Resizer::new()
        .resize(&source, &mut target, &how)
        .expect("both have one pixel type, and cutting is computed");
    Ok(picture.with(from_bytes(pixel_type, width, height, target.into_vec())))
}

/// The part of the picture within `area`.
pub(crate) fn crop(picture: &Picture, area: Area) -> Result<Picture, Error> {
    let Area { left, top, width, height } = area;
    let inside = |start: u32, length: u32, whole: u32| {
        length > 0 && start.checked_add(length).is_some_and(|end| end <= whole)
    };
    if !inside(left, width, picture.width()) || !inside(top, height, picture.height()) {
        return Err(Error::Invalid(format!(
            "{width} by {height} pixels at {left}, {top} do not lie within {} by {}",
            picture.width(),
            picture.height()
        )));
    }
    limits::check(width, height, picture.bytes_per_pixel())?;
    Ok(picture.with(picture.image.crop_imm(left, top, width, height)))
}

/// The size that `options` ask for.
fn size(picture: &Picture, options: &ResizeOptions, fit: Fit) -> Result<(u32, u32), Error> {
    if options.width == Some(0) || options.height == Some(0) {
        return Err(Error::Invalid("a picture needs a width and a height of at least 1".into()));
    }
    let (old_width, old_height) = (picture.width(), picture.height());
    match (fit, options.width, options.height) {
        (_, None, None) => Err(Error::Invalid("neither `width` nor `height` is named".into())),
        (Fit::Fill, width, height) => Ok((width.unwrap_or(old_width), height.unwrap_or(old_height))),
        (Fit::Cover, Some(width), Some(height)) => Ok((width, height)),
        (Fit::Cover, ..) => Err(Error::Invalid("`cover` needs a width and a height".into())),
        (Fit::Inside, Some(width), None) => Ok((width, in_proportion(old_height, width, old_width))),
        (Fit::Inside, None, Some(height)) => Ok((in_proportion(old_width, height, old_height), height)),
        (Fit::Inside, Some(width), Some(height)) => {
            let wider = u64::from(old_width) * u64::from(height) > u64::from(old_height) * u64::from(width);
            Ok(if wider {
                (width, in_proportion(old_height, width, old_width))
            } else {
                (in_proportion(old_width, height, old_height), height)
            })
        }
    }
}

/// `length * new / old`, rounded, and at least 1. What would not fit is far beyond every limit.
fn in_proportion(length: u32, new: u32, old: u32) -> u32 {
    let (length, new, old) = (u64::from(length), u64::from(new), u64::from(old));
    let rounded = (length * new + old / 2) / old;
    u32::try_from(rounded.max(1)).unwrap_or(u32::MAX)
}

fn algorithm(filter: Option<Filter>) -> ResizeAlg {
    match filter.unwrap_or(Filter::Lanczos3) {
        Filter::Nearest => ResizeAlg::Nearest,
        Filter::Bilinear => ResizeAlg::Convolution(FilterType::Bilinear),
        Filter::CatmullRom => ResizeAlg::Convolution(FilterType::CatmullRom),
        Filter::Lanczos3 => ResizeAlg::Convolution(FilterType::Lanczos3),
    }
}

fn from_bytes(pixel_type: PixelType, width: u32, height: u32, bytes: Vec<u8>) -> DynamicImage {
    let image = match pixel_type {
        PixelType::U8x4 => RgbaImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgba8),
        _ => RgbImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8),
    };
    image.expect("the target has as many bytes as its size says")
}
