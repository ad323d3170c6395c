//! Sessions of V8's inspector, in the process.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use innerbox::{Completion, ConsoleSink, Error, InspectorSession, Limit, Limits, Outcome, Sandbox, Stream};
use serde_json::{Value, json};

use super::{check_snapshot, sandbox, text};
use crate::support::ENGINE;

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(300);

/// A session, and what V8 has said to it.
struct Client {
    session: InspectorSession,
    said: Receiver<Value>,
}

impl Client {
    fn new(sandbox: &mut Sandbox) -> Self {
        let (sender, said) = channel();
        let session = sandbox.inspector().unwrap().session(move |message| {
            let _ = sender.send(serde_json::from_str(message.json()).unwrap());
        });
        Self { session, said }
    }

    fn send(&self, id: u32, method: &str, params: &Value) {
        self.session.send(json!({ "id": id, "method": method, "params": params }).to_string());
    }

    /// The first message for which this holds; those before it are dropped.
    #[track_caller]
    fn wait(&self, mut is_it: impl FnMut(&Value) -> bool) -> Value {
        let until = Instant::now() + LONG;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let message = self.said.recv_timeout(left).expect("V8 says it in time");
            if is_it(&message) {
                return message;
            }
        }
    }

    #[track_caller]
    fn answer(&self, id: u32) -> Value {
        self.wait(|message| message["id"] == id)
    }

    #[track_caller]
    fn event(&self, method: &str) -> Value {
        self.wait(|message| message["method"] == method)
    }

    /// The answer between two runs.
    #[track_caller]
    fn call(&self, sandbox: &mut Sandbox, method: &str, params: &Value) -> Value {
        self.send(1, method, params);
        sandbox.attend_inspector(LONG);
        self.answer(1)
    }

    #[track_caller]
    fn evaluate(&self, sandbox: &mut Sandbox, expression: &str) -> Value {
        let params =
            json!({ "expression": expression, "returnByValue": true, "includeCommandLineAPI": true });
        self.call(sandbox, "Runtime.evaluate", &params)["result"]["result"]["value"].clone()
    }
}

struct Written(Sender<String>);

impl ConsoleSink for Written {
    fn write(&mut self, _: Stream, text: &str) {
        let _ = self.0.send(text.to_owned());
    }
}

/// Runs something while another thread speaks to the inspector.
fn beside(
    sandbox: &mut Sandbox,
    client: Client,
    talk: impl FnOnce(Client) + Send,
    run: impl FnOnce(&mut Sandbox) -> Completion,
) -> Completion {
    std::thread::scope(|scope| {
        let talking = scope.spawn(move || talk(client));
        let completion = run(sandbox);
        talking.join().expect("the session went as it should");
        completion
    })
}

#[test]
fn messages_are_answered_between_runs() {
    let mut sandbox = sandbox();
    let client = Client::new(&mut sandbox);
    text(&mut sandbox, "var mine = { answer: 42, text: 'h\u{e9}llo \u{1f980}' }; 'made'");
    assert_eq!(
        client.evaluate(&mut sandbox, "[mine.answer, mine.text, 'h\u{e9}']"),
        json!([42, "h\u{e9}llo \u{1f980}", "h\u{e9}"])
    );
    assert_eq!(client.evaluate(&mut sandbox, "mine.more = 1"), json!(1));
    assert_eq!(text(&mut sandbox, "String(mine.more)"), "1");
    assert_eq!(
        client.call(&mut sandbox, "No.such", &json!({}))["error"]["message"],
        "'No.such' wasn't found"
    );
    client.session.send("no JSON");
    sandbox.attend_inspector(LONG);
    assert_eq!(client.wait(|message| message["error"].is_object())["error"]["code"], -32700);
    let other = Client::new(&mut sandbox);
    assert_eq!(sandbox.inspector().unwrap().sessions(), 2);
    assert_eq!(other.evaluate(&mut sandbox, "mine.more"), json!(1));
    drop(client);
    sandbox.attend_inspector(LONG);
    assert_eq!(sandbox.inspector().unwrap().sessions(), 1);
    let start = Instant::now();
    sandbox.attend_inspector(Duration::from_millis(30));
    assert!(start.elapsed() >= Duration::from_millis(30));
}

#[test]
fn a_run_stops_at_a_breakpoint_and_goes_on_by_steps() {
    let mut sandbox = sandbox();
    let client = Client::new(&mut sandbox);
    client.call(&mut sandbox, "Debugger.enable", &json!({}));
    client.call(&mut sandbox, "Debugger.setBreakpointByUrl", &json!({ "url": "main.js", "lineNumber": 1 }));
    let talk = |client: Client| {
        let paused = client.event("Debugger.paused");
        let frame = &paused["params"]["callFrames"][0];
        assert_eq!((&frame["functionName"], &frame["location"]["lineNumber"]), (&json!("twice"), &json!(1)));
        let params = json!({ "callFrameId": frame["callFrameId"], "expression": "value = 21" });
        client.send(2, "Debugger.evaluateOnCallFrame", &params);
        assert_eq!(client.answer(2)["result"]["result"]["value"], 21);
        client.send(3, "Debugger.stepOver", &json!({}));
        let stepped = client.event("Debugger.paused");
        assert_eq!(stepped["params"]["callFrames"][0]["location"]["lineNumber"], 2);
        client.send(4, "Debugger.resume", &json!({}));
        client.event("Debugger.resumed");
    };
    let source =
        "function twice(value) {\n  const sum = value + value;\n  return sum;\n}\nexport default twice(1);";
    let completion =
        beside(&mut sandbox, client, talk, |sandbox| sandbox.run_module_source("main.js", source));
    assert_eq!(completion.into_value::<u32>().unwrap(), 42);
}

#[test]
fn a_loop_and_a_wait_are_reached_from_another_thread() {
    let mut sandbox = sandbox();
    for source in [
        "while (!globalThis.stop); 'stopped'",
        "new Promise((resolve) => { globalThis.resolve = resolve; setTimeout(() => {}, 20000); })",
    ] {
        let client = Client::new(&mut sandbox);
        let talk = |client: Client| {
            std::thread::sleep(Duration::from_millis(50));
            let expression = "globalThis.stop = true; globalThis.resolve?.('stopped'); typeof resolve === 'function' && process.exit(0)";
            client.send(1, "Runtime.evaluate", &json!({ "expression": expression }));
            client.answer(1);
        };
        let start = Instant::now();
        let completion = beside(&mut sandbox, client, talk, |sandbox| sandbox.eval(source));
        assert!(start.elapsed() < Duration::from_secs(10), "{source}");
        let stopped = matches!(completion.outcome, Outcome::Returned { .. } | Outcome::Exited { code: 0 });
        assert!(stopped, "{source}: {:?}", completion.outcome);
    }
}

/// V8 would end the process if its debugger were switched off in the middle of a breakpoint.
#[test]
fn a_breakpoint_that_its_debugger_leaves_is_left() {
    const SOURCE: &str = "function go(on) {\n  on = `${on} on`;\n  return on;\n}\ngo('went')";
    for way in ["closed", "disabled", "resumed and closed", "stepped and closed"] {
        let mut sandbox = sandbox();
        for _ in 0..2 {
            let client = Client::new(&mut sandbox);
            client.call(&mut sandbox, "Debugger.enable", &json!({}));
            let at = json!({ "url": "main.js", "lineNumber": 1 });
            client.call(&mut sandbox, "Debugger.setBreakpointByUrl", &at);
            let talk = |client: Client| {
                client.event("Debugger.paused");
                match way {
                    "disabled" => {
                        client.send(1, "Debugger.disable", &json!({}));
                        client.answer(1);
                    }
                    "resumed and closed" => client.send(1, "Debugger.resume", &json!({})),
                    "stepped and closed" => client.send(1, "Debugger.stepOver", &json!({})),
                    _ => {}
                }
            };
            let completion = beside(&mut sandbox, client, talk, |sandbox| sandbox.eval_as("main.js", SOURCE));
            assert_eq!(completion.into_value::<String>().unwrap(), "went on", "{way}");
        }
    }
}

#[test]
fn limits_hold_beside_the_inspector() {
    let limited = |wall| {
        let limits = Limits { wall: Some(wall), heap_bytes: 32 << 20, ..Limits::default() };
        Sandbox::builder(&ENGINE).limits(limits).build().unwrap()
    };
    let hit = |completion: &Completion| match &completion.outcome {
        Outcome::Limit { limit, .. } => limit.which,
        other => panic!("{other:?}"),
    };
    let mut sandbox = limited(SHORT);
    let client = Client::new(&mut sandbox);
    client.call(&mut sandbox, "Debugger.enable", &json!({}));
    let completion = sandbox.eval("debugger; for (;;);");
    assert_eq!(hit(&completion), Limit::WallMs);
    assert!(completion.usage.wall < Duration::from_secs(5), "{:?}", completion.usage.wall);
    client.event("Debugger.paused");

    let mut sandbox = limited(LONG);
    let client = Client::new(&mut sandbox);
    client.call(&mut sandbox, "Debugger.enable", &json!({}));
    assert_eq!(hit(&sandbox.eval("const list = []; for (;;) list.push({ list })")), Limit::HeapBytes);

    let mut sandbox = limited(SHORT);
    let client = Client::new(&mut sandbox);
    client.send(1, "Runtime.evaluate", &json!({ "expression": "for (;;);" }));
    sandbox.attend_inspector(LONG);
    assert!(sandbox.death().is_some_and(|why| why.contains("wall")), "{:?}", sandbox.death());
}

#[test]
fn a_heap_snapshot_comes_by_the_protocol_too() {
    let mut sandbox = sandbox();
    let client = Client::new(&mut sandbox);
    text(&mut sandbox, "var kept = { mine: 1 }; 'made'");
    client.send(1, "HeapProfiler.takeHeapSnapshot", &json!({ "reportProgress": false }));
    sandbox.attend_inspector(LONG);
    let mut bytes = Vec::new();
    loop {
        let message = client.wait(|_| true);
        match message["params"]["chunk"].as_str() {
            Some(chunk) => bytes.extend_from_slice(chunk.as_bytes()),
            None if message["id"] == 1 => break,
            None => {}
        }
    }
    check_snapshot(&bytes, "kept");
}

#[test]
fn scripts_see_nothing_of_an_inspector() {
    const WORLD: &str = "JSON.stringify([globalThis, console, Object.prototype, Function.prototype, process]
        .map((object) => Reflect.ownKeys(object).map(String).sort())
        .concat(Object.values(console).map((method) => [method.name, method.length])))";
    const DESCRIPTION: &str = "JSON.stringify(Object.getOwnPropertyDescriptor(globalThis, 'console'))";
    let mut sandbox = sandbox();
    let before = [WORLD, DESCRIPTION].map(|source| text(&mut sandbox, source));
    let client = Client::new(&mut sandbox);
    for method in
        ["Runtime.enable", "Debugger.enable", "Console.enable", "HeapProfiler.enable", "Profiler.enable"]
    {
        client.call(&mut sandbox, method, &json!({}));
    }
    assert_eq!([WORLD, DESCRIPTION].map(|source| text(&mut sandbox, source)), before);
    let powers = "const powers = ['queryObjects', 'debug', 'undebug', 'monitor', 'inspect', 'copy', 'keys', 'values', 'dir', '$_', '$0', 'getEventListeners'];
        var look = () => powers.filter((name) => name in globalThis).join() || 'none';
        var code = () => { try { return Function('return 1')(); } catch (error) { return error.name; } };
        'made'";
    text(&mut sandbox, powers);
    assert_eq!(
        client.evaluate(&mut sandbox, "[look(), code(), typeof queryObjects]"),
        json!(["none", "EvalError", "undefined"])
    );
}

#[test]
fn sessions_are_told_what_the_console_is_told() {
    let (sender, written) = channel();
    let mut sandbox = Sandbox::builder(&ENGINE).console(Written(sender)).build().unwrap();
    sandbox.eval("console.info = () => { throw new Error('its own'); }; delete console.debug; 1");
    let client = Client::new(&mut sandbox);
    client.call(&mut sandbox, "Runtime.enable", &json!({}));
    let source = "const { log } = console;
        function speak() { log('a %s', 'line', { deep: [1] }); }
        speak(); console.warn(1); console.error(new TypeError('bad')); console.table([{ a: 1 }]);
        console.groupCollapsed('group'); console.log(console.log('in') === undefined); console.groupEnd();
        console.count(); console.assert(false, 'no'); console.trace('here');
        [typeof console.debug, (() => { try { console.info() } catch (error) { return error.message } })()].join()";
    assert_eq!(text(&mut sandbox, source), "undefined,its own");
    client.send(2, "Runtime.evaluate", &json!({ "expression": "1" }));
    sandbox.attend_inspector(LONG);
    let mut calls = Vec::new();
    client.wait(|message| {
        if message["method"] == "Runtime.consoleAPICalled" {
            calls.push(message["params"].clone());
        }
        message["id"] == 2
    });
    let kinds: Vec<_> = calls.iter().map(|call| call["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "log",
            "warning",
            "error",
            "table",
            "startGroupCollapsed",
            "log",
            "log",
            "endGroup",
            "count",
            "assert",
            "trace"
        ]
    );
    assert_eq!(calls[0]["args"][2]["preview"]["properties"][0]["name"], "deep");
    let frame = &calls[0]["stackTrace"]["callFrames"][0];
    assert_eq!((frame["functionName"].as_str(), frame["lineNumber"].as_u64()), (Some("speak"), Some(1)));
    let lines: String = written.try_iter().collect();
    for line in
        ["a line { deep: [ 1 ] }\n", "TypeError: bad", "  true\n", "default: 1\n", "Assertion failed: no\n"]
    {
        assert!(lines.contains(line), "{line}: {lines}");
    }
    let trace = lines.split("Trace: here\n").nth(1).expect("a trace");
    assert!(trace.trim_start().starts_with("at [eval]:5"), "{trace}");
}

#[test]
fn every_context_is_seen() {
    let mut sandbox = sandbox();
    let before = sandbox.new_context().unwrap();
    let client = Client::new(&mut sandbox);
    let after = sandbox.new_context().unwrap();
    client.send(1, "Runtime.enable", &json!({}));
    client.send(2, "Debugger.enable", &json!({}));
    sandbox.attend_inspector(LONG);
    let mut names = Vec::new();
    client.wait(|message| {
        let context = &message["params"]["context"];
        let is_told = message["method"] == "Runtime.executionContextCreated";
        names.extend(is_told.then(|| context["name"].as_str().unwrap().to_owned()));
        message["id"] == 2
    });
    names.sort();
    assert_eq!(names, ["innerbox", "innerbox, another context", "innerbox, another context"]);
    let talk = |client: Client| {
        for _ in 0..2 {
            client.event("Debugger.paused");
            client.send(9, "Debugger.resume", &json!({}));
            assert_eq!(client.event("Runtime.consoleAPICalled")["params"]["args"][0]["value"], "from there");
        }
    };
    beside(&mut sandbox, client, talk, |sandbox| {
        sandbox.switch_to(&before).unwrap();
        text(sandbox, "debugger; console.log('from there'); 'first'");
        sandbox.switch_to(&after).unwrap();
        sandbox.eval("debugger; console.log('from there'); 'second'")
    });
    drop((before, after));
    assert_eq!(text(&mut sandbox, "'lives'"), "lives");
}

#[test]
fn a_script_cannot_stand_in_the_way_of_an_inspector() {
    for (source, connects) in [
        (
            "Object.defineProperty(globalThis, 'console', { get() { for (;;); }, configurable: true, enumerable: true })",
            true,
        ),
        (
            "delete globalThis.console; Object.defineProperty(Object.prototype, 'console', { get() { for (;;); }, configurable: true })",
            true,
        ),
        ("globalThis.console = new Proxy({}, { get() { for (;;); }, defineProperty() { for (;;); } })", true),
        ("Object.prototype.get = Object.prototype.set = () => { for (;;); }", true),
        ("Object.defineProperty(globalThis, 'console', { get() { for (;;); }, configurable: false })", false),
        ("Object.freeze(globalThis)", false),
    ] {
        let mut sandbox = sandbox();
        sandbox.eval(&format!("{source}; 1"));
        const DESCRIPTION: &str = "(() => { const of = Object.getOwnPropertyDescriptor(globalThis, 'console');
            return `${of?.enumerable} ${of?.configurable} ${of?.writable} ${typeof of?.get} ${typeof of?.value}`; })()";
        let before = text(&mut sandbox, DESCRIPTION);
        match sandbox.inspector() {
            Ok(_) => assert!(connects, "{source}"),
            Err(Error::Inspect(why)) => assert!(!connects && why.contains("console"), "{source}: {why}"),
            Err(other) => panic!("{source}: {other}"),
        }
        assert_eq!(text(&mut sandbox, DESCRIPTION), before, "{source}");
    }
}

#[test]
fn a_sandbox_goes_before_its_sessions() {
    let mut sandbox = sandbox();
    let client = Client::new(&mut sandbox);
    let inspector = sandbox.inspector().unwrap();
    let panics = inspector.session(|_| panic!("by design"));
    panics.send(r#"{ "id": 1, "method": "Runtime.enable" }"#);
    client.call(&mut sandbox, "Debugger.enable", &json!({}));
    drop(sandbox);
    client.send(2, "Runtime.enable", &json!({}));
    drop(inspector.session(|_| panic!("never called")));
    assert!(client.said.iter().all(|message| message["id"] != 2), "it is told that nothing more comes");
    drop(panics);
}
