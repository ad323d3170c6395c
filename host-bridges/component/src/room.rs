//! What is left of what one call may carry.

use crate::fault::Fault;

/// Most values in the lists of one call that become JavaScript arrays. Each costs the host a handle of 8 bytes and V8 up to
/// 64 of its heap; V8 cannot be stopped meanwhile, and ends the process 1 GiB past its limit.
const ELEMENTS_MAX: u32 = 1 << 22;

/// What is left of what a call may carry in one direction.
pub(crate) struct Room {
    left: u64,
    allowed: u64,
    /// Values in lists that become JavaScript arrays.
    elements: u32,
}

impl Room {
    /// What is left of `allowed` bytes once `used` are gone.
    pub(crate) fn with(used: u64, allowed: usize) -> Self {
        let left = (allowed as u64).saturating_sub(used);
        Self { left, allowed: allowed as u64, elements: ELEMENTS_MAX }
    }

    /// Takes a list of `count` elements that are each made of so many values. A component may have all its lists share one
    /// memory, so their bytes say little of what V8 will need.
    pub(crate) fn take_elements(&mut self, count: u32, parts: u32) -> Result<(), Box<Fault>> {
        let wanted = u64::from(count) * u64::from(parts);
        let used = u64::from(ELEMENTS_MAX - self.elements) + wanted;
        match u32::try_from(used) {
            Ok(used) if used <= ELEMENTS_MAX => self.elements = ELEMENTS_MAX - used,
            _ => {
                let allowed = ELEMENTS_MAX.into();
                return Err(Fault::Limit { which: "list elements", used, allowed, unit: "" }.into());
            }
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn take(&mut self, bytes: u32) -> Result<(), Box<Fault>> {
        let used = self.allowed - self.left + u64::from(bytes);
        self.left = self.left.checked_sub(bytes.into()).ok_or_else(|| over(used, self.allowed))?;
        Ok(())
    }
}

/// The fault for more bytes than one call may carry.
pub(crate) fn over(used: u64, allowed: u64) -> Box<Fault> {
    Box::new(Fault::Limit { which: "crossing bytes", used, allowed, unit: "bytes" })
}
