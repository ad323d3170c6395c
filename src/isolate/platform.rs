//! Starts V8: once for the process, whatever thread asks first.

use std::sync::Once;

/// Threads that V8 has for compiling and collecting in the background, for all isolates together.
///
/// They are not billed to any tenant, so they are few: what one tenant makes them do is another's latency.
const BACKGROUND_THREADS: u32 = 2;

/// Heap of the isolate that keeps V8's shared read-only heap alive. It runs nothing.
const KEEPER_HEAP_BYTES: usize = 8 << 20;

/// Starts V8, or does nothing where it runs already.
pub(crate) fn start() {
    static START: Once = Once::new();
    START.call_once(|| {
        for flag in innerbox_realm::FLAGS {
            v8::V8::set_flags_from_string(flag);
        }
        v8::V8::set_entropy_source(|bytes: &mut [u8]| getrandom::fill(bytes).is_ok());
        // Without its tables, the first `toLocaleDateString()` of a script ends the process.
        v8::icu::set_common_data_78(deno_core_icudata::ICU_DATA)
            .expect("the ICU data is of the version V8 was built with");
        // Not the protected platform: it demands that each thread which ever enters an isolate was made after this point
        // and by this thread's descendants, and a library cannot know which threads its process made before.
        let platform = v8::new_unprotected_default_platform(BACKGROUND_THREADS, false).make_shared();
        v8::V8::initialize_platform(platform);
        v8::V8::initialize();
        keep_read_only_heap();
    });
}

/// Runs the tasks that V8 has posted for this isolate: clean-up of finalised objects, incremental collection.
pub(crate) fn pump(isolate: &v8::Isolate) {
    let platform = v8::V8::get_current_platform();
    while v8::Platform::pump_message_loop(&platform, isolate, false) {}
}

/// Leaves one isolate alive for good: when the last one goes, V8 tears down what all isolates share, and the next one
/// takes a quarter of a millisecond longer to make.
fn keep_read_only_heap() {
    let keeper = v8::Isolate::new(v8::CreateParams::default().heap_limits(0, KEEPER_HEAP_BYTES));
    super::entry::leave_for_good(keeper);
}
