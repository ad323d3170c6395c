//! Each limit: what happens at it, and that the next run works.

use std::time::{Duration, Instant};

use innerbox::{Config, Engine, Limit, LimitHit, Limits, Outcome, Sandbox};

use crate::support::{ENGINE, extension};

fn engine() -> Engine {
    Engine::new(Config::new().cache_off()).expect("the default configuration works")
}

fn sandbox(engine: &Engine, limits: Limits) -> Sandbox {
    Sandbox::builder(engine).limits(limits).build().expect("the limits suffice for a realm")
}

fn wall(milliseconds: u64) -> Limits {
    Limits { wall: Some(Duration::from_millis(milliseconds)), ..Limits::default() }
}

/// The limit that ended the run of `source`, which also condemned the sandbox.
fn hit(sandbox: &mut Sandbox, source: &str) -> LimitHit {
    let Outcome::Limit { limit, .. } = sandbox.eval(source).outcome else {
        panic!("{source} hit no limit");
    };
    // Of the heap, less may be in use: it is the next allocation that does not fit.
    assert!(limit.used >= limit.allowed || limit.which == Limit::HeapBytes, "{limit:?}");
    assert!(matches!(sandbox.eval("1").outcome, Outcome::Died { .. }));
    limit
}

fn value(sandbox: &mut Sandbox, source: &str) -> String {
    sandbox.eval(source).into_value().expect("a string")
}

/// The limit that an exception stood for which nobody caught, and the exception. The sandbox lives on.
fn uncaught(sandbox: &mut Sandbox, source: &str) -> (LimitHit, String) {
    let Outcome::Limit { limit, error: Some(error) } = sandbox.eval(source).outcome else {
        panic!("{source} hit no limit by an exception");
    };
    assert_eq!(value(sandbox, "'lives'"), "lives", "after {source}");
    (limit, error.to_string())
}

#[test]
fn an_exception_that_nobody_caught_names_its_limit() {
    let limits =
        Limits { array_buffer_bytes: 1000, timers: 2, pending_promises: 3, console_bytes: 10, ..wall(5_000) };
    let mut sandbox = Sandbox::builder(&engine())
        .limits(limits)
        .grant(innerbox::Grant::read("/"))
        .build()
        .expect("the limits suffice");
    let stats = |count: u32| {
        format!(
            "import('node:fs/promises').then(({{ stat }}) => Promise.all(Array.from({{ length: {count} }}, () => stat('/')))).then(() => 'at the limit')"
        )
    };
    // At the limit, and one past it.
    for (at, past, which, used, allowed) in [
        ("new Uint8Array(1000); 'at the limit'", "new Uint8Array(1001)", Limit::ArrayBufferBytes, 1001, 1000),
        (
            "setTimeout(() => {}); setTimeout(() => {}); 'at the limit'",
            "for (let i = 0; i < 3; i++) setTimeout(() => {})",
            Limit::Timers,
            3,
            2,
        ),
        ("console.log('123456789'); 'at the limit'", "console.log('')", Limit::ConsoleBytes, 11, 10),
        (&stats(3), &stats(4), Limit::PendingPromises, 4, 3),
    ] {
        assert_eq!(value(&mut sandbox, at), "at the limit", "{which:?}");
        let (limit, error) = uncaught(&mut sandbox, past);
        assert_eq!(limit, LimitHit { which, used, allowed }, "{error}");
        assert!(error.starts_with("RangeError: "), "{error}");
    }
}

#[test]
fn resources_that_nobody_let_go_end_at_the_limit_of_handles() {
    let limits = Limits { handles: 10, ..wall(20_000) };
    let builder = Sandbox::builder(&ENGINE).limits(limits).extension(&extension("fixture-echo"));
    let mut sandbox = builder.build().expect("the limits suffice for a realm");
    let make = |count| {
        format!(
            "import('fixture-echo').then(({{ echo }}) => {{ globalThis.kept = []; for (let i = 0; i < {count}; i++) kept.push(new echo.Counter(i)); return 'made'; }})"
        )
    };
    assert_eq!(value(&mut sandbox, &make(10)), "made");
    value(&mut sandbox, "for (const one of kept) one[Symbol.dispose](); 'let go'");
    let (limit, error) = uncaught(&mut sandbox, &make(11));
    assert_eq!(limit, LimitHit { which: Limit::Handles, used: 11, allowed: 10 }, "{error}");
}

#[test]
fn an_exception_that_only_looks_like_a_limit_is_none() {
    let mut sandbox = sandbox(&engine(), wall(5_000));
    for forged in [
        "throw Object.assign(new RangeError('limit reached: timers: 1 allowed'), { code: 'ERR_LIMIT' })",
        "throw new RangeError('Array buffer allocation failed')",
        "throw new Error('Maximum call stack size exceeded')",
        "try { for (;;) setTimeout(() => {}) } catch {}; throw new RangeError('something else')",
    ] {
        assert!(matches!(sandbox.eval(forged).outcome, Outcome::Threw { .. }), "{forged}");
    }
}

#[test]
fn the_record_has_the_most_that_was_used_of_each_limit() {
    let limits = Limits { timers: 5, console_bytes: 100, array_buffer_bytes: 1 << 20, ..wall(5_000) };
    let mut sandbox = sandbox(&engine(), limits);
    let source = "{ let big = new Uint8Array(1000); big = null }
        const ids = [1, 2, 3].map(() => setTimeout(() => {})); ids.forEach(clearTimeout);
        console.log('12345'); let garbage = []; for (let i = 0; i < 2e6; i++) garbage = [garbage.length, {}]; 1";
    let completion = sandbox.eval(source);
    let peaks = completion.usage.peaks;
    let pair = |peak: innerbox::Peak| (peak.used, peak.allowed);
    assert_eq!(pair(peaks.timers), (3, Some(5)));
    assert_eq!(pair(peaks.console_bytes), (6, Some(100)));
    assert_eq!(pair(peaks.pending_promises), (0, Some(Limits::PENDING_PROMISES as u64)));
    assert_eq!(pair(peaks.handles), (0, Some(Limits::HANDLES as u64)));
    assert_eq!(pair(peaks.source_bytes), (source.len() as u64, Some(Limits::SOURCE_BYTES as u64)));
    assert!(peaks.array_buffer_bytes.used >= 1000 && peaks.array_buffer_bytes.allowed == Some(1 << 20));
    assert!(
        peaks.heap_bytes.used > completion.usage.heap_bytes,
        "garbage was in use before it was collected"
    );
    assert_eq!(peaks.heap_bytes.allowed, Some(Limits::HEAP_BYTES as u64));
    assert_eq!((peaks.wall_ms.allowed, peaks.cpu_ms.allowed), (Some(5_000), Some(10_000)));
    let next = sandbox.eval("1").usage.peaks;
    assert_eq!((next.timers.used, next.console_bytes.used), (0, 6), "what is counted for a run begins anew");
}

#[test]
fn a_warning_comes_before_the_limit_and_only_once() {
    let engine = engine();
    let warned = |limits: Limits, source: &str| {
        let (tell, told) = std::sync::mpsc::channel();
        let mut sandbox = Sandbox::builder(&engine)
            .limits(limits)
            .on_warning(0.5, move |limit| {
                let _ = tell.send((limit, Instant::now()));
            })
            .build()
            .expect("the limits suffice");
        let outcome = sandbox.eval(source).outcome;
        let ended = Instant::now();
        let told: Vec<_> = told.try_iter().collect();
        assert!(told.iter().all(|(_, at)| *at < ended), "{source}");
        (outcome, told.into_iter().map(|(limit, _)| limit).collect::<Vec<_>>())
    };
    let time = Some(Duration::from_millis(300));
    for (limits, source, which, allowed) in [
        (Limits { wall: time, ..Limits::default() }, "for (;;) {}", Limit::WallMs, 300),
        (Limits { cpu: time, ..wall(60_000) }, "for (;;) {}", Limit::CpuMs, 300),
        (
            Limits { heap_bytes: 32 << 20, ..wall(60_000) },
            "const all = []; for (;;) all.push({ a: [1, 2] })",
            Limit::HeapBytes,
            32 << 20,
        ),
    ] {
        let (outcome, warnings) = warned(limits, source);
        assert!(
            matches!(outcome, Outcome::Limit { limit, .. } if limit.which == which),
            "{which:?}: {outcome:?}"
        );
        let [warning] = warnings[..] else { panic!("{which:?}: {warnings:?}") };
        assert_eq!((warning.which, warning.allowed), (which, allowed));
        assert!(warning.used >= allowed / 2, "{warning:?}");
    }
    let (outcome, warnings) = warned(Limits { wall: time, ..Limits::default() }, "1");
    assert!(matches!(outcome, Outcome::Returned { .. }) && warnings.is_empty(), "{warnings:?}");
}

#[test]
fn a_share_to_warn_at_is_between_nothing_and_all() {
    let engine = engine();
    for share in [-0.1, 1.1, f64::NAN] {
        let refused = Sandbox::builder(&engine).on_warning(share, |_| {}).build();
        assert!(refused.is_err(), "{share}");
    }
}

#[test]
fn a_run_that_nothing_will_settle_ends_at_once_and_says_so() {
    let mut sandbox = sandbox(&engine(), wall(60_000));
    let begun = Instant::now();
    let Outcome::Threw { error } = sandbox.eval("new Promise(() => {})").outcome else {
        panic!("it must throw")
    };
    assert_eq!(
        (error.code.as_deref(), error.message.as_str()),
        (
            Some("ERR_UNSETTLED_PROMISE"),
            "nothing is left to wait for: the promise of the run will never be settled"
        )
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_endless_loop_ends_at_the_wall_limit() {
    let engine = engine();
    let begun = Instant::now();
    assert_eq!(hit(&mut sandbox(&engine, wall(100)), "for (;;) {}").which, Limit::WallMs);
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(value(&mut sandbox(&engine, wall(5_000)), "'the next run works'"), "the next run works");
}

/// V8's optimising compiler dropped the interrupt check of the outer loop once it had unrolled an inner one.
#[test]
fn a_loop_around_a_loop_that_v8_makes_itself_can_be_ended() {
    let limits = Limits { heap_bytes: 64 << 20, ..wall(20_000) };
    let bomb = "const all = []; for (;;) all.push(new Array(1000))";
    assert_eq!(hit(&mut sandbox(&engine(), limits), bomb).which, Limit::HeapBytes);
}

#[test]
fn endless_promises_end_at_the_wall_limit() {
    let endless = "(async () => { for (;;) await null })()";
    assert_eq!(hit(&mut sandbox(&engine(), wall(100)), endless).which, Limit::WallMs);
}

#[test]
fn a_loop_ends_at_the_processor_limit_before_the_wall_limit() {
    let limits = Limits { cpu: Some(Duration::from_millis(50)), ..wall(60_000) };
    let limit = hit(&mut sandbox(&engine(), limits), "for (;;) {}");
    assert_eq!(limit.which, Limit::CpuMs);
    assert!(limit.used < 2_000, "{limit:?}");
}

#[test]
fn waiting_ends_at_the_wall_limit() {
    let engine = engine();
    for endless in [
        "setInterval(() => {}, 1)",
        "setTimeout(() => {}, 1e6); 1",
        "await_ = new Promise(r => setTimeout(r, 1e6))",
    ] {
        let begun = Instant::now();
        assert_eq!(hit(&mut sandbox(&engine, wall(100)), endless).which, Limit::WallMs, "{endless}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{endless}");
    }
}

#[test]
fn timers_end_at_their_limit() {
    let mut sandbox = sandbox(&engine(), Limits { timers: 3, ..Limits::default() });
    let at = "for (let i = 0; i < 3; i++) setTimeout(() => {}); 'at the limit'";
    assert_eq!(value(&mut sandbox, at), "at the limit");
    let past = "var codes = []; for (let i = 0; i < 4; i++) try { setTimeout(() => {}) } catch (error) { codes.push(error.code) }
        codes.join()";
    assert_eq!(value(&mut sandbox, past), "ERR_LIMIT");
}

#[test]
fn a_run_waits_for_its_timers_and_leaves_none_behind() {
    let mut sandbox = sandbox(&engine(), wall(5_000));
    value(&mut sandbox, "var ticks = 0; setTimeout(() => ticks++, 5); 'begun'");
    assert_eq!(value(&mut sandbox, "String(ticks)"), "1");
    let thrown = "setInterval(() => ticks++, 1); throw new Error('ends the run')";
    assert!(matches!(sandbox.eval(thrown).outcome, Outcome::Threw { .. }));
    assert_eq!(value(&mut sandbox, "String(ticks)"), "1");
}

#[test]
fn an_error_in_a_timer_ends_the_run() {
    let mut sandbox = sandbox(&engine(), wall(5_000));
    let source = "setTimeout(() => { throw new Error('in a timer') }); setInterval(() => {}, 1)";
    let Outcome::Threw { error } = sandbox.eval(source).outcome else { panic!("it must throw") };
    assert_eq!(error.message, "in a timer");
}

#[test]
fn what_is_written_ends_at_its_limit() {
    let mut sandbox = sandbox(&engine(), Limits { console_bytes: 10, ..Limits::default() });
    let source = "console.log('12345'); try { console.log('12345') } catch (error) { error.code }";
    assert_eq!(value(&mut sandbox, source), "ERR_LIMIT");
}

#[test]
fn a_heap_bomb_ends_at_the_heap_limit() {
    let engine = engine();
    let limits = Limits { heap_bytes: 32 << 20, ..wall(60_000) };
    for bomb in [
        "const all = []; for (;;) all.push({ a: 1, b: [2, 3] })",
        "const all = new Map(); for (let i = 0; ; i++) all.set(i, 'x' + i)",
        "let text = 'x'; const all = []; for (;;) all.push(text += text.slice(0, 1000) + 'y')",
        "const all = []; for (;;) all.push(new Array(1e5).fill(1.5))",
        "const all = []; setInterval(() => {}, 1); (async () => { await null; for (;;) all.push([{}]) })()",
    ] {
        let limit = hit(&mut sandbox(&engine, limits), bomb);
        assert_eq!(limit.which, Limit::HeapBytes, "{bomb}");
        assert_eq!(limit.allowed, 32 << 20);
    }
    assert_eq!(value(&mut sandbox(&engine, limits), "'the next run works'"), "the next run works");
}

#[test]
fn a_recursion_bomb_is_a_range_error_and_the_isolate_lives() {
    let mut sandbox = sandbox(&engine(), Limits::default());
    let (limit, message) = uncaught(&mut sandbox, "(function deeper() { deeper() })()");
    assert_eq!((limit.which, limit.allowed), (Limit::StackBytes, 984 << 10));
    assert_eq!(message, "RangeError: Maximum call stack size exceeded");
    assert_eq!(value(&mut sandbox, "'lives'"), "lives");
}

#[test]
fn array_buffers_end_at_their_quota_and_are_given_back() {
    let limits = Limits { array_buffer_bytes: 1 << 20, ..Limits::default() };
    let mut sandbox = sandbox(&engine(), limits);
    assert_eq!(value(&mut sandbox, "var a = new ArrayBuffer(2 ** 20); 'at the quota'"), "at the quota");
    let past = "try { new Uint8Array(1) } catch (error) { error.name }";
    assert_eq!(value(&mut sandbox, past), "RangeError");
    assert_eq!(value(&mut sandbox, "a = null; new ArrayBuffer(2 ** 20); 'given back'"), "given back");
}

#[test]
fn a_refused_array_buffer_does_not_hurt_the_heap_limit() {
    let limits = Limits { array_buffer_bytes: 1 << 20, heap_bytes: 32 << 20, ..wall(60_000) };
    let mut sandbox = sandbox(&engine(), limits);
    let refused =
        "var refused = 0; for (let i = 0; i < 10; i++) try { new ArrayBuffer(2 ** 24) } catch { refused++ }
        String(refused)";
    assert_eq!(value(&mut sandbox, refused), "10");
    assert_eq!(hit(&mut sandbox, "const all = []; for (;;) all.push({ a: 1 })").which, Limit::HeapBytes);
}

#[test]
fn a_resizable_buffer_cannot_be_had() {
    let mut sandbox = sandbox(&engine(), Limits::default());
    let source = "try { new ArrayBuffer(1, { maxByteLength: 2 ** 30 }) } catch (error) { error.name }";
    assert_eq!(value(&mut sandbox, source), "RangeError");
    let gone = "[typeof SharedArrayBuffer, typeof WebAssembly, typeof ArrayBuffer.prototype.resize].join()";
    assert_eq!(value(&mut sandbox, gone), "undefined,undefined,undefined");
    let same = "class Mine extends ArrayBuffer {}
        [new Mine(3).byteLength, new Mine(1) instanceof ArrayBuffer, new Uint8Array(2).buffer instanceof ArrayBuffer,
        new Uint8Array(2).buffer.constructor === ArrayBuffer, ArrayBuffer.isView(new Uint8Array()),
        new ArrayBuffer(8, {}).slice(2).byteLength, ArrayBuffer.length, ArrayBuffer.name].join()";
    assert_eq!(value(&mut sandbox, same), "3,true,true,true,true,6,1,ArrayBuffer");
}

#[test]
fn what_would_abort_the_process_is_a_range_error() {
    let mut sandbox = sandbox(&engine(), Limits::default());
    for killer in [
        "Array.prototype.sort.call({ length: 2 ** 53 - 1 })",
        "Array.prototype.toSorted.call({ length: 2 ** 32 - 1 })",
        "Array.prototype.sort.call(new Proxy([], { get: (target, key) => key === 'length' ? 2 ** 53 - 1 : target[key] }))",
        "'a'.repeat(2 ** 28).split('')",
    ] {
        let Outcome::Threw { error } = sandbox.eval(killer).outcome else { panic!("{killer} must throw") };
        assert_eq!(error.name, "RangeError", "{killer}");
    }
}

#[test]
fn source_ends_at_its_limit() {
    let mut sandbox = sandbox(&engine(), Limits { source_bytes: 10, ..Limits::default() });
    assert_eq!(value(&mut sandbox, "'12345678'"), "12345678");
    let Outcome::Limit { limit, .. } = sandbox.eval("1").outcome else { panic!("it must hit the limit") };
    assert_eq!(limit, LimitHit { which: Limit::SourceBytes, used: 11, allowed: 10 });
}

#[test]
fn an_answer_that_is_too_large_or_too_deep_hits_a_limit_and_the_isolate_lives() {
    let mut sandbox = sandbox(&engine(), Limits { value_bytes: 1_000, ..Limits::default() });
    let mut which = |source: &str| match sandbox.eval(source).outcome {
        Outcome::Limit { limit, .. } => limit.which,
        outcome => panic!("{source}: {outcome:?}"),
    };
    assert_eq!(which("'x'.repeat(1000)"), Limit::ValueBytes);
    assert_eq!(which("new Array(2 ** 32 - 1)"), Limit::ValueBytes);
    assert_eq!(which("new Uint8Array(1000)"), Limit::ValueBytes);
    assert_eq!(which("2n ** 10000n"), Limit::ValueBytes);
    let mut sandbox = self::sandbox(&engine(), Limits::default());
    let deep = "let deep = []; for (let i = 0; i < 1000; i++) deep = [deep]; deep";
    assert!(
        matches!(sandbox.eval(deep).outcome, Outcome::Limit { limit, .. } if limit.which == Limit::ValueDepth)
    );
    assert_eq!(value(&mut sandbox, "'lives'"), "lives");
}

#[test]
fn a_getter_of_the_answer_is_within_the_deadline() {
    let endless = "({ get endless() { for (;;) {} } })";
    assert_eq!(hit(&mut sandbox(&engine(), wall(100)), endless).which, Limit::WallMs);
    let cause = "throw Object.defineProperty(new Error('x'), 'cause', { get() { for (;;) {} } })";
    assert_eq!(hit(&mut sandbox(&engine(), wall(100)), cause).which, Limit::WallMs);
}

#[test]
fn the_least_heap_suffices_and_less_is_refused() {
    let engine = engine();
    let heap = |heap_bytes| Limits { heap_bytes, ..Limits::default() };
    assert_eq!(value(&mut sandbox(&engine, heap(Limits::HEAP_BYTES_MIN)), "'suffices'"), "suffices");
    let refused = Sandbox::builder(&engine).limits(heap(Limits::HEAP_BYTES_MIN - 1)).build();
    assert_eq!(
        refused.err().map(|error| error.to_string()).as_deref(),
        Some("configuration: `heap_bytes`: 8388607 given, at least 8388608 needed")
    );
}

#[test]
fn nothing_waits_for_another_thread() {
    let mut sandbox = sandbox(&engine(), wall(5_000));
    let waits = "try { Atomics.wait(new Int32Array(4), 0, 0) } catch (error) { error.name }";
    assert_eq!(value(&mut sandbox, waits), "TypeError");
}
