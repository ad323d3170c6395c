//! A picture in memory.

use std::rc::Rc;

use image::{DynamicImage, RgbaImage};

use crate::bindings::exports::innerbox::image::codec::{Error, Format, Info};
use crate::limits;

/// The resource `image`: pixels that never change, so that two pictures can share them, and what is known of them.
#[derive(Clone)]
pub(crate) struct Picture {
    /// Eight bits a channel; red, green, blue and, where there is any, alpha.
    pub(crate) image: Rc<DynamicImage>,
    pub(crate) format: Option<Format>,
    pub(crate) orientation: image::metadata::Orientation,
    /// The ICC colour profile, where it is one for red, green and blue.
    pub(crate) profile: Option<Rc<[u8]>>,
}

impl Picture {
    pub(crate) fn from_pixels(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, Error> {
        if width == 0 || height == 0 {
            return Err(Error::Invalid(format!("a picture of {width} by {height} pixels has none")));
        }
        limits::check(width, height, 0)?;
        let (came, expected) = (pixels.len(), u64::from(width) * u64::from(height) * 4);
        let image = (came as u64 == expected).then(|| RgbaImage::from_raw(width, height, pixels)).flatten();
        let Some(image) = image else {
            return Err(Error::Invalid(format!(
                "{width} by {height} pixels are {expected} bytes, and {came} came"
            )));
        };
        Ok(Self {
            image: Rc::new(DynamicImage::ImageRgba8(image)),
            format: None,
            orientation: image::metadata::Orientation::NoTransforms,
            profile: None,
        })
    }

    /// The same picture with other pixels.
    pub(crate) fn with(&self, image: DynamicImage) -> Self {
        Self { image: Rc::new(image), ..self.clone() }
    }

    pub(crate) fn width(&self) -> u32 {
        self.image.width()
    }

    pub(crate) fn height(&self) -> u32 {
        self.image.height()
    }

    pub(crate) fn bytes_per_pixel(&self) -> u64 {
        u64::from(self.image.color().bytes_per_pixel())
    }

    pub(crate) fn info(&self) -> Info {
        Info {
            width: self.width(),
            height: self.height(),
            format: self.format,
            orientation: self.orientation.to_exif(),
            alpha: self.image.color().has_alpha(),
        }
    }

    pub(crate) fn pixels(&self) -> Vec<u8> {
        self.image.to_rgba8().into_raw()
    }
}
