//! ArrayBuffers that the host fills, charged to the sandbox's quota of array-buffer bytes.

mod allocator;
mod memory;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use allocator::Buffers;

use crate::failure::{Failure, OrPending};
use crate::meter::Meter;
use memory::Block;

/// The array-buffer bytes of one sandbox: those that scripts allocate and those that the host makes for them.
#[derive(Debug)]
pub struct Quota {
    used: AtomicUsize,
    allowed: usize,
    meter: Meter,
}

impl Quota {
    /// A quota of `allowed` bytes.
    pub fn new(allowed: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), allowed, meter: Meter::default() })
    }

    /// Charges `bytes`; false, and nothing charged, where they do not fit.
    pub fn charge(&self, bytes: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).filter(|total| *total <= self.allowed);
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(before) => self.meter.used(before + bytes),
            Err(used) => {
                self.meter.refused(used.saturating_add(bytes));
                return false;
            }
        }
        true
    }

    /// Gives back what `charge` took. V8 frees buffers on its own threads too.
    pub fn release(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Bytes charged now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Most bytes that may be charged.
    pub fn allowed(&self) -> usize {
        self.allowed
    }

    /// What was used at most, and what was refused.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Puts the quota where [`array_buffer`] finds it.
    pub fn install(self: &Arc<Self>, isolate: &mut v8::Isolate) {
        isolate.set_slot(Arc::clone(self));
    }
}

/// Bytes that were made elsewhere, which give their charge back when V8 frees them.
struct Made {
    bytes: Vec<u8>,
    quota: Option<Arc<Quota>>,
}

impl AsMut<[u8]> for Made {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if let Some(quota) = &self.quota {
            quota.release(self.bytes.len());
        }
    }
}

/// Makes an ArrayBuffer that holds a copy of `bytes`: one allocation, one copy.
///
/// # Errors
/// A `RangeError` with code `ERR_LIMIT` where the sandbox's quota has no room, even after a collection.
pub fn array_buffer<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bytes: &[u8],
) -> Result<v8::Local<'s, v8::ArrayBuffer>, Failure> {
    let Some(buffers) = scope.get_slot::<Arc<Buffers>>().cloned() else {
        return array_buffer_from(scope, bytes.to_vec());
    };
    charge(scope, &buffers.quota, bytes.len())?;
    let Some(block) = Block::copy_of(bytes) else {
        buffers.quota.release(bytes.len());
        return Err(Failure::range_error(format!("out of memory: an ArrayBuffer of {} bytes", bytes.len())));
    };
    Ok(allocator::hand(scope, block, bytes.len()))
}

/// Makes an ArrayBuffer of `bytes` themselves: no copy.
///
/// # Errors
/// As [`array_buffer`].
pub fn array_buffer_from<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bytes: Vec<u8>,
) -> Result<v8::Local<'s, v8::ArrayBuffer>, Failure> {
    let quota = scope.get_slot::<Arc<Quota>>().cloned();
    if let Some(quota) = &quota {
        charge(scope, quota, bytes.len())?;
    }
    let made = Box::new(Made { bytes, quota });
    let store = v8::ArrayBuffer::new_backing_store_from_bytes(made).make_shared();
    Ok(v8::ArrayBuffer::with_backing_store(scope, &store))
}

/// Makes a Uint8Array that holds a copy of `bytes`; see [`array_buffer`].
///
/// # Errors
/// As [`array_buffer`].
pub fn uint8_array<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bytes: &[u8],
) -> Result<v8::Local<'s, v8::Uint8Array>, Failure> {
    let buffer = array_buffer(scope, bytes)?;
    v8::Uint8Array::new(scope, buffer, 0, bytes.len()).or_pending()
}

/// Makes a Uint8Array of `bytes` themselves; see [`array_buffer_from`].
///
/// # Errors
/// As [`array_buffer`].
pub fn uint8_array_from<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bytes: Vec<u8>,
) -> Result<v8::Local<'s, v8::Uint8Array>, Failure> {
    let length = bytes.len();
    let buffer = array_buffer_from(scope, bytes)?;
    v8::Uint8Array::new(scope, buffer, 0, length).or_pending()
}

/// Makes sure that an ArrayBuffer of so many bytes could be made now, before they are computed.
///
/// # Errors
/// As [`array_buffer`].
pub fn require_room(scope: &mut v8::PinScope<'_, '_>, bytes: usize) -> Result<(), Failure> {
    if let Some(quota) = scope.get_slot::<Arc<Quota>>().cloned() {
        charge(scope, &quota, bytes)?;
        quota.release(bytes);
    }
    Ok(())
}

/// Bytes that the host keeps for a script, charged to the sandbox's quota until this is dropped.
#[must_use = "what is dropped is charged no longer"]
pub struct Held {
    bytes: usize,
    quota: Option<Arc<Quota>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(quota) = &self.quota {
            quota.release(self.bytes);
        }
    }
}

/// Charges bytes that the host is to keep for a script, before it copies them.
///
/// # Errors
/// As [`array_buffer`].
pub fn hold(scope: &mut v8::PinScope<'_, '_>, bytes: usize) -> Result<Held, Failure> {
    let quota = scope.get_slot::<Arc<Quota>>().cloned();
    if let Some(quota) = &quota {
        charge(scope, quota, bytes)?;
    }
    Ok(Held { bytes, quota })
}

fn charge(isolate: &mut v8::Isolate, quota: &Quota, bytes: usize) -> Result<(), Failure> {
    if quota.charge(bytes) {
        return Ok(());
    }
    // What the script has let go of still counts until it is collected.
    isolate.low_memory_notification();
    if quota.charge(bytes) {
        return Ok(());
    }
    let (used, allowed) = (quota.used(), quota.allowed());
    let message =
        format!("limit reached: array-buffer bytes: {used} used and {bytes} wanted, {allowed} allowed");
    Err(Failure::range_error(message).code("ERR_LIMIT"))
}

#[cfg(test)]
mod tests {
    use super::Quota;

    #[test]
    fn a_quota_holds_at_its_limit_and_one_past_it() {
        let quota = Quota::new(10);
        assert!(quota.charge(10));
        assert!(!quota.charge(1));
        assert!(!quota.charge(usize::MAX));
        quota.release(1);
        assert!(quota.charge(1));
        assert_eq!(quota.used(), 10);
    }
}
