//! Turning a picture upright.

use image::metadata::Orientation;

use crate::bindings::exports::innerbox::image::codec::Error;
use crate::limits;
use crate::picture::Picture;

/// The picture turned and mirrored as its orientation says.
pub(crate) fn upright(picture: &Picture) -> Result<Picture, Error> {
    if picture.orientation == Orientation::NoTransforms {
        return Ok(picture.clone());
    }
    limits::check(picture.width(), picture.height(), picture.bytes_per_pixel())?;
    let mut image = picture.image.as_ref().clone();
    image.apply_orientation(picture.orientation);
    let mut upright = picture.with(image);
    upright.orientation = Orientation::NoTransforms;
    Ok(upright)
}
