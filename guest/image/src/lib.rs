//! The `image` component: a picture is decoded once and lives here, as a resource, until it is dropped.

mod decode;
mod encode;
mod limits;
mod orient;
mod picture;
mod resize;

#[cfg(test)]
mod tests;

use crate::bindings::exports::innerbox::image::codec::{
    Area, Encoding, Error, Guest, GuestImage, Image, Info, ResizeOptions,
};
use crate::picture::Picture;

mod bindings {
    wit_bindgen::generate!({ path: "image.wit" });
    export!(Component with_types_in self);
    use super::Component;
}

struct Component;

impl Guest for Component {
    type Image = Picture;

    fn probe(data: Vec<u8>) -> Result<Info, Error> {
        decode::probe(&data)
    }

    fn decode(data: Vec<u8>) -> Result<Image, Error> {
        decode::decode(&data).map(Image::new)
    }
}

impl GuestImage for Picture {
    fn from_pixels(width: u32, height: u32, pixels: Vec<u8>) -> Result<Image, Error> {
        Picture::from_pixels(width, height, pixels).map(Image::new)
    }

    fn info(&self) -> Info {
        Picture::info(self)
    }

    fn orient(&self) -> Result<Image, Error> {
        orient::upright(self).map(Image::new)
    }

    fn resize(&self, options: ResizeOptions) -> Result<Image, Error> {
        resize::resize(self, options).map(Image::new)
    }

    fn crop(&self, area: Area) -> Result<Image, Error> {
        resize::crop(self, area).map(Image::new)
    }

    fn encode(&self, encoding: Encoding) -> Result<Vec<u8>, Error> {
        encode::encode(self, encoding)
    }

    fn pixels(&self) -> Vec<u8> {
        Picture::pixels(self)
    }
}
