//! How large a picture may be.

use crate::bindings::exports::innerbox::image::codec::{Error, Size};

/// Most pixels along a side: what a JPEG can hold, and more than any camera makes.
pub(crate) const SIDE_MAX: u32 = 65_535;

/// Most pixels in all.
///
/// A header of thirty bytes can claim any size, and memory is taken by what it claims. This many pixels take 300 MB.
pub(crate) const PIXELS_MAX: u64 = 100_000_000;

/// Refuses a size that is beyond the limits, or for which there is no memory now.
///
/// Memory is asked for and given back: what is allocated next, infallibly, finds it there. Otherwise the allocation
/// would be a trap, and every picture of this instance would be lost with it.
pub(crate) fn check(width: u32, height: u32, bytes_per_pixel: u64) -> Result<(), Error> {
    let too_large = Error::TooLarge(Size { width, height });
    let pixels = u64::from(width) * u64::from(height);
    if width > SIDE_MAX || height > SIDE_MAX || pixels > PIXELS_MAX {
        return Err(too_large);
    }
    let Ok(bytes) = usize::try_from(pixels * bytes_per_pixel) else {
        return Err(too_large);
    };
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| too_large)
}
