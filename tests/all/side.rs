//! Asynchronous components: calls side by side, streams, futures.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use innerbox::{ConsoleSink, DoorKind, Extension, ExtensionGrant, Limit, Limits, Outcome, Sandbox, Stream};

use crate::support::{ENGINE, component_with, tight};

pub(crate) static SIDE: LazyLock<Extension> = LazyLock::new(|| {
    let bytes =
        component_with(include_str!("wat/side.wit"), wat::parse_str(include_str!("wat/side.wat")).unwrap());
    Extension::from_bytes(&ENGINE, "side", &bytes).unwrap()
});

fn sandbox() -> Sandbox {
    let limits = Limits { wall: Some(Duration::from_secs(30)), ..Limits::default() };
    Sandbox::builder(&ENGINE).limits(limits).extension_with(&SIDE, tight()).build().unwrap()
}

const HEAD: &str = "
    import * as side from 'side';
    import { promising } from 'innerbox:component';
    const thrown = async (call) => {
      try { await call(); return 'nothing'; } catch (error) { return `${error.name} ${error.code ?? '-'} ${error.message}`; }
    };
    const tick = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const collect = async (stream) => {
      const chunks = [];
      for await (const chunk of stream) chunks.push(...chunk);
      return chunks;
    };
    const bytes = (...values) => ReadableStream.from(values.map((value) => Uint8Array.from(value)));";

fn run_in(sandbox: &mut Sandbox, body: &str) -> serde_json::Value {
    let completion = sandbox.run_module_source("side.js", &format!("{HEAD}\n{body}"));
    let json = serde_json::to_value(&completion).unwrap();
    assert_eq!(json["outcome"], "returned", "{json:#}");
    json["value"].clone()
}

#[track_caller]
fn check(body: &str, expected: &str) {
    let seen = run_in(&mut sandbox(), body);
    assert_eq!(seen, serde_json::from_str::<serde_json::Value>(expected).unwrap(), "{seen}");
}

#[test]
fn an_asynchronous_function_returns_a_promise() {
    assert_eq!(SIDE.door_kind(), DoorKind::Concurrent);
    check(
        "const nine = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i\u{e9}'];
         export default [
           side.add(1, 2) instanceof Promise, await side.add(40, 2), await side.greet('h\u{e9}llo'),
           await side.aged({ name: 'Ada', age: 36 }, 5), await side.check('fine'), typeof await side.nothing(),
           (await side.many(...nine)).join(''), side.plain(21), await promising(side.add)(2, 3), await promising(side.plain)(4),
         ];",
        r#"[true, 42, "hello, héllo", {"name": "Ada", "age": 41}, "fine", "undefined", "abcdefghié", 42, 5, 8]"#,
    );
}

#[test]
fn wasi_0_3_lends_what_was_granted_and_nothing_else() {
    for (grants, expected) in [(vec![], 0), (vec![ExtensionGrant::variable("LANG", "en")], 1)] {
        let builder =
            Sandbox::builder(&ENGINE).extension_with(&SIDE, tight()).extension_grants("side", grants);
        let seen = run_in(&mut builder.build().unwrap(), "export default side.variables();");
        assert_eq!(seen, serde_json::json!(expected));
    }
}

/// Keeps what is written.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<String>>);

impl ConsoleSink for Written {
    fn write(&mut self, _: Stream, text: &str) {
        self.0.borrow_mut().push_str(text);
    }
}

#[test]
fn what_is_said_by_wasi_0_3_comes_to_the_console() {
    for (grants, expected) in [(vec![], "end\n"), (vec![ExtensionGrant::stdio()], "h\u{e9}llo\nend\n")] {
        let written = Written::default();
        let builder =
            Sandbox::builder(&ENGINE).extension_with(&SIDE, tight()).extension_grants("side", grants);
        let mut sandbox = builder.console(written.clone()).build().unwrap();
        let source = "const text = new TextEncoder().encode('h\u{e9}llo\\n');
            side.say(bytes(text.slice(0, 2), text.slice(2)));
            await tick(200);
            console.log('end');
            export default 0;";
        run_in(&mut sandbox, source);
        assert_eq!(*written.0.borrow(), expected);
    }
}

#[test]
fn declarations_say_promises_and_streams() {
    let typings = SIDE.typings();
    for line in [
        "add(a: number, b: number): Promise<number>;",
        "plain(a: number): number;",
        "copy(bytes: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;",
        "later(number_: PromiseLike<number> | number): Promise<number>;",
        "promise(n: number): Promise<Promise<string>>;",
    ] {
        assert!(typings.contains(line), "{line}\n{typings}");
    }
}

#[test]
fn what_does_not_fit_or_fails_is_a_rejection() {
    check(
        "export default [
           await thrown(() => side.add(1, -1)), await side.add(1).catch((error) => error.message),
           await thrown(() => side.check('')), await thrown(() => side.check('!odd')), await thrown(() => promising(side.add, { instances: 2 })),
           (() => { try { side.plain('x'); } catch (error) { return error.message; } })(),
         ];",
        r#"["TypeError - `b`: expected u32, got number -1", "`b`: expected u32, got undefined",
            "ComponentError ERR_COMPONENT `check`: empty", "ComponentError ERR_COMPONENT `check`: odd: !odd",
            "TypeError - `add` of component `side` runs side by side with itself in one instance",
            "`a`: expected u32, got string x"]"#,
    );
}

#[test]
fn calls_go_on_side_by_side_in_one_instance() {
    let start = Instant::now();
    check(
        "const all = Array.from({ length: 20 }, (_, tag) => side.sleep(200n - BigInt(tag), tag));
         const first = await Promise.race([...all, side.add(500, 1)]);
         export default [first, (await Promise.all(all)).join()];",
        r#"[501, "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19"]"#,
    );
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[test]
fn resources_live_in_the_instance() {
    check(
        "const counter = new side.Counter(40);
         const sums = await Promise.all([counter.add(1), counter.add(1)]);
         const value = counter.value();
         counter[Symbol.dispose]();
         const gone = await thrown(() => counter.add(1));
         const other = new side.Counter(7);
         await thrown(() => side.trap());
         export default [sums, value, gone.split(' ')[1], (await thrown(() => other.add(1))).split(' ')[1], new side.Counter(1).value()];",
        r#"[[41, 42], 42, "ERR_STALE_HANDLE", "ERR_STALE_HANDLE", 1]"#,
    );
}

#[test]
fn streams_are_read_and_written() {
    check(
        "const large = new Uint8Array(300_000).map((_, i) => i);
         const copied = await collect(await side.copy(bytes(large, [1, 2, 3])));
         export default [
           Number(await side.sum(bytes([1, 2], [], [3]))), Number(await side.sum(bytes())),
           await collect(await side.pass(bytes([1], [2, 3]))), await collect(await side.copy(bytes([4], [5, 6]))),
           copied.length, copied.every((byte, i) => byte === (i < 300_000 ? i & 255 : i - 299_999)),
           Number(await side.wide(ReadableStream.from([Uint16Array.of(1000, 2000), Uint16Array.of(65535)]))),
         ];",
        "[6, 0, [1, 2, 3], [4, 5, 6], 300003, true, 68535]",
    );
}

#[test]
fn what_streams_are_in_a_context_is_of_its_own_classes() {
    let mut sandbox = sandbox();
    let first = sandbox.context();
    let second = sandbox.new_context().unwrap();
    for context in [&first, &second, &first] {
        sandbox.switch_to(context).unwrap();
        let body = "const copied = await side.copy(bytes([1], [2]));
             export default [copied instanceof ReadableStream, (await copied.getReader().read()).value instanceof Uint8Array];";
        assert_eq!(run_in(&mut sandbox, body), serde_json::json!([true, true]));
    }
}

#[test]
fn a_slow_reader_stops_the_component_and_its_source() {
    check(
        "let pulled = 0;
         const source = new ReadableStream({
           pull(controller) { pulled += 1; controller.enqueue(new Uint8Array(16 << 10).fill(pulled)); if (pulled === 100) controller.close(); },
         }, { highWaterMark: 0 });
         const reader = (await side.copy(source)).getReader();
         await tick(200);
         const early = pulled;
         let length = 0;
         for (let next; !(next = await reader.read()).done;) length += next.value.length;
         export default [early > 0 && early < 20, pulled, length];",
        "[true, 100, 1638400]",
    );
}

#[test]
fn a_stream_that_nobody_reads_any_more_is_cancelled() {
    check(
        "let reason = 'none';
         const endless = () => new ReadableStream({
           pull(controller) { controller.enqueue(new Uint8Array(1024)); }, cancel(why) { reason = `cancelled ${why}`; },
         });
         const stream = await side.copy(endless());
         for await (const chunk of stream) { if (chunk.length > 0) break; }
         await tick(50);
         const first = reason;
         reason = 'none';
         // A source that is silent is told as well, here by the end of the instance.
         const summing = thrown(() => side.sum(new ReadableStream({ cancel() { reason = 'silent'; } })));
         await thrown(() => side.trap());
         await summing;
         await tick(50);
         // One that is held and never read keeps nothing from ending.
         await side.hold(endless());
         export default [first, reason, await side.add(1, 1)];",
        r#"["cancelled undefined", "silent", 2]"#,
    );
}

#[test]
fn streams_that_are_left_open_are_counted() {
    check(
        "const streams = [];
         const refused = await thrown(async () => { for (;;) streams.push(await side.copy(bytes([1]))); });
         for (const stream of streams) await stream.cancel();
         await tick(50);
         export default [streams.length > 300, refused, await collect(await side.copy(bytes([1, 2])))];",
        r#"[true, "RangeError ERR_LIMIT limit reached: open streams and futures: 1024 allowed", [1, 2]]"#,
    );
}

#[test]
fn a_source_that_fails_ends_the_call() {
    check(
        "const failing = () => new ReadableStream({ async pull(controller) { await tick(5); controller.error(new RangeError('disk')); } });
         const wrong = () => ReadableStream.from(['text']);
         const locked = bytes([1]);
         locked.getReader();
         export default [
           await thrown(() => side.sum(failing())), await thrown(() => side.sum(wrong())), await thrown(() => side.sum(locked)),
           await thrown(() => side.sum([1, 2])), await side.add(1, 2),
         ];",
        r#"["TrapError ERR_TRAP `sum`: component `side` trapped: a stream that was passed to it failed: RangeError: disk",
            "TrapError ERR_TRAP `sum`: component `side` trapped: a stream that was passed to it failed: TypeError: `chunk`: expected bytes of `stream<u8>`, got string",
            "TypeError - `bytes`: the stream is locked", "TypeError - `bytes`: expected stream<u8>, got array", 3]"#,
    );
}

#[test]
fn futures_are_promises() {
    check(
        "export default [
           await side.later(Promise.resolve(41)), await side.later(1), await side.later(tick(20).then(() => 9)),
           await (await side.promise(1)), await thrown(async () => await (await side.promise(0))),
           await thrown(() => side.later(Promise.reject(new Error('no')))), await thrown(() => side.later('text')), await side.add(1, 1),
         ];"
        ,
        r#"[42, 2, 10, "some", "ComponentError ERR_COMPONENT `future`: none",
            "TrapError ERR_TRAP `later`: component `side` trapped: a promise that was passed to it came to nothing that fits: Error: no",
            "TrapError ERR_TRAP `later`: component `side` trapped: a promise that was passed to it came to nothing that fits: TypeError: `future()`: expected u32, got string text", 2]"#,
    );
}

#[test]
fn a_trap_ends_all_that_goes_on_in_its_instance() {
    check(
        "const sleeping = thrown(() => side.sleep(10_000n, 1));
         const stream = await side.copy(new ReadableStream({}));
         const read = thrown(() => stream.getReader().read());
         const trapped = await thrown(() => side.trap());
         export default [trapped, (await sleeping).split(' ')[0], (await read).split(' ')[0], await side.add(2, 2)];",
        r#"["TrapError ERR_TRAP `trap`: component `side` trapped: wasm `unreachable` instruction executed", "TrapError", "TrapError", 4]"#,
    );
}

#[test]
fn a_loop_ends_at_the_limit_of_a_call_and_waiting_does_not_count() {
    let start = Instant::now();
    check(
        "const slept = await side.sleep(1500n, 7);
         const spun = await thrown(() => side.spin());
         export default [slept, spun, await side.add(1, 1)];",
        r#"[7, "LimitError ERR_LIMIT `spin`: component `side` reached its limit of wall time of one call: 1000 ms wanted, 1000 allowed", 2]"#,
    );
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[test]
fn a_signal_ends_the_wait() {
    check(
        "const call = promising(side.sleep, { signal: AbortSignal.timeout(50) })(5_000n, 1);
         export default [await thrown(() => call), await side.add(1, 1)];",
        r#"["TimeoutError 23 The operation was aborted due to timeout", 2]"#,
    );
}

#[test]
fn the_end_of_a_run_ends_what_it_left() {
    let mut sandbox = sandbox();
    for _ in 0..3 {
        let source = "import { sleep, copy, spin, add } from 'side';
            await add(1, 1);
            sleep(60_000n, 1); spin();
            const stream = await copy(new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(100)); } }));
            stream.getReader().read();
            throw new Error('gone');";
        let start = Instant::now();
        let completion = sandbox.run_module_source("gone.js", source);
        assert!(matches!(completion.outcome, Outcome::Threw { .. }), "{completion:?}");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
    let answer = run_in(&mut sandbox, "export default await side.add(20, 22);");
    assert_eq!(answer, serde_json::json!(42));
}

#[test]
fn the_end_of_the_sandbox_in_the_middle_of_a_stream_leaves_nothing() {
    for _ in 0..20 {
        let limits = Limits { wall: Some(Duration::from_millis(100)), ..Limits::default() };
        let mut sandbox =
            Sandbox::builder(&ENGINE).limits(limits).extension_with(&SIDE, tight()).build().unwrap();
        let source = "import { copy, sleep } from 'side';
            const stream = await copy(new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(5000)); } }));
            sleep(60_000n, 1);
            for await (const chunk of stream) ;";
        let completion = sandbox.run_module_source("endless.js", source);
        assert!(
            matches!(completion.outcome, Outcome::Limit { limit, .. } if limit.which == Limit::WallMs),
            "{completion:?}"
        );
    }
    assert_eq!(run_in(&mut sandbox(), "export default await side.add(1, 1);"), serde_json::json!(2));
}

#[test]
fn many_sandboxes_stream_at_once() {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                for _ in 0..5 {
                    let seen = run_in(
                        &mut sandbox(),
                        "const parts = Array.from({ length: 8 }, (_, i) => bytes(new Uint8Array(20_000).fill(i), [i]));
                         const copies = await Promise.all(parts.map((part) => side.copy(part)));
                         const sums = await Promise.all(copies.map((copy) => side.sum(copy)));
                         export default sums.map(Number);",
                    );
                    let expected: Vec<_> = (0..8).map(|i| i * 20_001).collect();
                    assert_eq!(seen, serde_json::json!(expected));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
