//! Random numbers of the operating system.

use innerbox_binding::{Arguments, Failure, Outcome, reference, value};

/// Most bytes at once, as the web has it.
const BYTES_MAX: usize = 65_536;

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    value::set_function(scope, host, "fillRandomly", fill_randomly);
    value::set_function(scope, host, "randomUUID", random_uuid);
}

pub(crate) fn references() -> Vec<v8::ExternalReference> {
    vec![reference(fill_randomly), reference(random_uuid)]
}

/// `fillRandomly(view)`.
fn fill_randomly<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let view = v8::Local::<v8::ArrayBufferView>::try_from(args.get(0))
        .map_err(|_| Failure::type_error("`array`: expected typed array"))?;
    let (start, length) = (view.byte_offset(), view.byte_length().min(BYTES_MAX));
    let mut bytes = vec![0; length];
    fill(&mut bytes)?;
    if let Some(store) = view.get_backing_store() {
        // A detached buffer has no cells, and then nothing is written.
        let cells = store.get(start..).unwrap_or_default();
        for (cell, byte) in cells.iter().zip(bytes) {
            cell.set(byte);
        }
    }
    Ok(value::undefined(scope))
}

/// `randomUUID()`: version 4.
fn random_uuid<'s>(scope: &mut v8::PinScope<'s, '_>, _: Arguments<'s>) -> Outcome<'s> {
    let mut bytes = [0; 16];
    fill(&mut bytes)?;
    let bits = (u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let mut text = format!("{bits:032x}");
    for position in [20, 16, 12, 8] {
        text.insert(position, '-');
    }
    Ok(value::string(scope, &text).into())
}

fn fill(bytes: &mut [u8]) -> Result<(), Failure> {
    getrandom::fill(bytes).map_err(|error| {
        Failure::error(format!("host fault: no random numbers: {error}")).code("ERR_HOST_FAULT")
    })
}
