//! Turning a picture upright.

use image::metadata::Orientation;
use image::{DynamicImage, RgbImage, RgbaImage};

use crate::bindings::exports::innerbox::image::codec::Error;
use crate::limits;
use crate::picture::Picture;

/// Pixels along the side of a tile: small enough that the rows a tile touches stay in the processor's first cache.
const TILE: usize = 32;

/// The picture turned and mirrored as its orientation says.
///
/// By tiles, since a quarter turn reads columns and writes rows: pixel by pixel from the top, as the `image` crate does
/// it, takes twice as long, and as long as the decoding.
pub(crate) fn upright(picture: &Picture) -> Result<Picture, Error> {
    if picture.orientation == Orientation::NoTransforms {
        return Ok(picture.clone());
    }
    limits::check(picture.width(), picture.height(), picture.bytes_per_pixel())?;
    let walk = Walk::new(picture.orientation, picture.width() as usize, picture.height() as usize);
    let (width, height) = (walk.width as u32, walk.height as u32);
    let image = match picture.image.as_ref() {
        DynamicImage::ImageRgba8(image) => {
            RgbaImage::from_raw(width, height, walk.collect::<4>(image)).map(DynamicImage::ImageRgba8)
        }
        image => RgbImage::from_raw(width, height, walk.collect::<3>(image.as_bytes()))
            .map(DynamicImage::ImageRgb8),
    };
    let mut upright = picture.with(image.expect("turning keeps the number of pixels"));
    upright.orientation = Orientation::NoTransforms;
    Ok(upright)
}

/// The way through the old pixels that meets them in the order of the new ones. Distances are counted in pixels.
struct Walk {
    width: usize,
    height: usize,
    /// Where the new upper left corner was.
    start: isize,
    /// From a new pixel to the one on its right.
    right: isize,
    /// From a new pixel to the one below.
    down: isize,
}

impl Walk {
    fn new(orientation: Orientation, width: usize, height: usize) -> Self {
        let row = width as isize;
        let (top_right, bottom_left) = (row - 1, (height as isize - 1) * row);
        let bottom_right = bottom_left + top_right;
        let (turned, start, right, down) = match orientation {
            Orientation::NoTransforms => (false, 0, 1, row),
            Orientation::FlipHorizontal => (false, top_right, -1, row),
            Orientation::Rotate180 => (false, bottom_right, -1, -row),
            Orientation::FlipVertical => (false, bottom_left, 1, -row),
            Orientation::Rotate90FlipH => (true, 0, row, 1),
            Orientation::Rotate90 => (true, bottom_left, -row, 1),
            Orientation::Rotate270FlipH => (true, bottom_right, -row, -1),
            Orientation::Rotate270 => (true, top_right, row, -1),
        };
        let (width, height) = if turned { (height, width) } else { (width, height) };
        Self { width, height, start, right, down }
    }

    /// The new pixels, of `N` bytes each.
    fn collect<const N: usize>(&self, old: &[u8]) -> Vec<u8> {
        let (old, _) = old.as_chunks::<N>();
        let mut new = vec![0; self.width * self.height * N];
        let (pixels, _) = new.as_chunks_mut::<N>();
        for top in (0..self.height).step_by(TILE) {
            for left in (0..self.width).step_by(TILE) {
                for y in top..(top + TILE).min(self.height) {
                    let end = (left + TILE).min(self.width);
                    let mut from = self.start + self.down * y as isize + self.right * left as isize;
                    for pixel in &mut pixels[y * self.width..][left..end] {
                        *pixel = old[from as usize];
                        from += self.right;
                    }
                }
            }
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture wider and higher than a tile, no two pixels of which are alike.
    #[test]
    fn each_orientation_turns_as_the_image_crate_does() {
        let pixels: Vec<u8> = (0..70_u32 * 45).flat_map(|number| (number * 16_001).to_le_bytes()).collect();
        for number in 1..=8 {
            let mut picture = Picture::from_pixels(70, 45, pixels.clone()).unwrap();
            picture.orientation = Orientation::from_exif(number).unwrap();
            let mut expected = picture.image.as_ref().clone();
            expected.apply_orientation(picture.orientation);
            let upright = upright(&picture).unwrap();
            assert_eq!(
                (upright.width(), upright.height()),
                (expected.width(), expected.height()),
                "{number}"
            );
            assert!(upright.image.as_bytes() == expected.as_bytes(), "{number}");
        }
    }
}
