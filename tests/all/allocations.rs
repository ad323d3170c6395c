//! Calls of scalars and short strings allocate nothing in Rust: the allocator of this process counts.
#![expect(unsafe_code, reason = "an allocator is unsafe to write; this one counts and asks the system's")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use innerbox::{DoorChoice, Extension, Sandbox};

use crate::support::{ENGINE, guest};

thread_local! {
    /// Allocations of this thread.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: each method passes on what it is given to the system's allocator, under the same contract. The counter is a `Cell`
// without a destructor, so it allocates nothing and outlives its thread's use of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's promise is the system's precondition.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Calls that each loop makes, the second time.
const CALLS: u64 = 10_000;

/// How many allocations more a loop of many calls needs than one of few, once everything is warm.
fn allocations(sandbox: &mut Sandbox, name: &str) -> u64 {
    let mut run = |times: u64| {
        let before = COUNT.get();
        sandbox.eval(&format!("{name}({times:09})")).into_value::<u32>().unwrap();
        COUNT.get() - before
    };
    run(CALLS);
    let few = run(1);
    run(CALLS).saturating_sub(few)
}

#[test]
fn calls_of_scalars_and_strings_allocate_nothing() {
    let echo = Extension::from_file(&ENGINE, guest("fixture-echo")).unwrap();
    let given = Extension::loader(&ENGINE)
        .function("test:given/host", "add", |a: u32, b: u32| a + b)
        .load_file(guest("fixture-given"))
        .unwrap();
    let mut sandbox = Sandbox::builder(&ENGINE).extension(&echo).extension(&given).build().unwrap();
    let source = "import { add, Counter, echoString } from 'fixture-echo'; import { instantiate } from 'innerbox:component';
        const nothing = () => {};
        class Sink { static largest() {} static open() {} }
        const host = { poke: nothing, greet: nothing, mirror: nothing, describe: nothing, bytes: nothing, parse: nothing, many: nothing, Sink };
        const { count } = instantiate('fixture-given', { host });
        const counter = new Counter(1);
        const args = [1, 2];
        Object.assign(globalThis, {
          fast(n) { let sum = 0; for (let i = 0; i < n; i++) sum = add(sum, 1); return sum; },
          slow(n) { let sum = 0; for (let i = 0; i < n; i++) sum = Reflect.apply(add, null, args); return sum; },
          method(n) { let sum = 0; for (let i = 0; i < n; i++) sum = counter.value(); return sum; },
          imported(n) { return count(0, n); },
          refused(n) { for (let i = 0; i < n; i++) try { add('no number', 1); } catch {} return n; },
          text(n) { let text; for (let i = 0; i < n; i++) text = echoString('text'); return text.length; },
        });";
    sandbox.run_module_source("allocations.js", source).into_value::<()>().unwrap();
    for name in ["fast", "slow", "method", "imported", "text"] {
        assert_eq!(allocations(&mut sandbox, name), 0, "{name}: of {CALLS} calls");
    }
    assert!(allocations(&mut sandbox, "refused") >= CALLS, "a message is text of Rust's");
}

#[test]
fn calls_of_scalars_through_the_general_door_allocate_nothing() {
    let bytes = std::fs::read(guest("fixture-echo")).unwrap();
    let echo = Extension::from_bytes_by(&ENGINE, "fixture-echo", &bytes, DoorChoice::General).unwrap();
    let mut sandbox = Sandbox::builder(&ENGINE).extension(&echo).build().unwrap();
    let source = "import { add } from 'fixture-echo';
        globalThis.loop = (n) => { let sum = 0; for (let i = 0; i < n; i++) sum = add(sum, 1); return sum; };";
    sandbox.run_module_source("allocations.js", source).into_value::<()>().unwrap();
    assert_eq!(allocations(&mut sandbox, "loop"), 0, "of {CALLS} calls");
}
