//! `innerbox run --inspect`, as DevTools see it, and the files that it writes for them.

mod chromium;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::WebSocket;
use tokio_tungstenite::tungstenite::{Message, client};

use crate::cli::Scratch;
use crate::inspection::check_snapshot;

const LONG: Duration = Duration::from_secs(20);

/// A process that serves its inspector.
struct Served {
    child: Child,
    err: BufReader<ChildStderr>,
    /// `ws://127.0.0.1:1234/...`
    url: String,
}

impl Served {
    fn start(folder: &Path, flag: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_innerbox"));
        command.current_dir(folder).args(["run", &format!("{flag}=0"), "main.js"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        err.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("Debugger listening on ").unwrap_or_else(|| panic!("{line}"));
        Self { child, err, url: url.to_owned() }
    }

    /// `127.0.0.1:1234`
    fn host(&self) -> &str {
        self.url.strip_prefix("ws://").unwrap().split('/').next().unwrap()
    }

    fn path(&self) -> &str {
        &self.url["ws://".len() + self.host().len()..]
    }

    /// What is answered to a request with these headers.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        ask(self.host(), method, path, headers)
    }

    fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, &[("Host", self.host())]);
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.host()).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let (socket, _) = client(&self.url, stream).unwrap();
        Client { socket, next: 0 }
    }

    /// Waits until it has said this.
    fn wait_for(&mut self, expected: &str) {
        let said = self.err.by_ref().lines().map_while(Result::ok).find(|line| line == expected);
        assert!(said.is_some(), "it never says `{expected}`");
    }

    /// What it has written on its standard output, once it has ended.
    fn end(mut self) -> (ExitStatus, String) {
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        (self.child.wait().unwrap(), out)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status and the body that a server answers with, which closes the connection then or says how long the body is.
fn ask(host: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(stream, "{method} {path} HTTP/1.1\r\n{headers}\r\n").unwrap();
    let mut reader = BufReader::new(stream);
    let (mut status, mut length) = (String::new(), None);
    reader.read_line(&mut status).unwrap();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        match header.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok()
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = String::new();
    reader.take(length.unwrap_or(u64::MAX)).read_to_string(&mut body).unwrap();
    (status.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default(), body)
}

/// A client of the protocol.
struct Client {
    socket: WebSocket<TcpStream>,
    next: u64,
}

impl Client {
    fn send(&mut self, method: &str, params: &Value) -> u64 {
        self.next += 1;
        let message = json!({ "id": self.next, "method": method, "params": params });
        self.socket.send(Message::text(message.to_string())).unwrap();
        self.next
    }

    /// The first message for which this holds; those before it are dropped.
    #[track_caller]
    fn wait(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.socket.read().expect("a message in time");
            let message: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
            if is_it(&message) {
                return message;
            }
        }
    }

    #[track_caller]
    fn call(&mut self, method: &str, params: &Value) -> Value {
        let id = self.send(method, params);
        let answer = self.wait(|message| message["id"] == id);
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    #[track_caller]
    fn event(&mut self, method: &str) -> Value {
        self.wait(|message| message["method"] == method)["params"].clone()
    }

    /// What DevTools ask for when they open.
    fn open(&mut self) {
        self.call("Runtime.enable", &json!({}));
        self.call("Debugger.enable", &json!({}));
        self.call("Debugger.setAsyncCallStackDepth", &json!({ "maxDepth": 32 }));
        self.send("Runtime.runIfWaitingForDebugger", &json!({}));
    }

    fn close(mut self) {
        self.socket.close(None).unwrap();
        while self.socket.read().is_ok() {}
    }
}

const SCRIPT: &str = "import { join } from 'node:path';
const start = 20;
function twice(value) {
  const sum = value + value;
  return sum;
}
console.log(join('a', 'b'), twice(start));
";

#[test]
fn a_debugger_sets_breakpoints_steps_and_resumes() {
    let scratch = Scratch::with(&[("main.js", SCRIPT)]);
    let mut served = Served::start(&scratch.0, "--inspect-brk");
    let mut client = served.connect();
    client.open();
    let parsed = client.wait(|message| {
        message["params"]["url"]
            .as_str()
            .is_some_and(|url| url.starts_with("file:") && url.ends_with("/main.js"))
    });
    let first = client.event("Debugger.paused");
    let frame = &first["callFrames"][0];
    assert_eq!(first["reason"], "Break on start");
    assert_eq!(frame["location"]["scriptId"], parsed["params"]["scriptId"]);
    assert_eq!(frame["location"]["lineNumber"], 1);
    let params = json!({ "scriptId": frame["location"]["scriptId"] });
    assert_eq!(client.call("Debugger.getScriptSource", &params)["scriptSource"], SCRIPT);
    let params = json!({ "location": { "scriptId": frame["location"]["scriptId"], "lineNumber": 3 } });
    client.call("Debugger.setBreakpoint", &params);
    client.call("Debugger.resume", &json!({}));
    let paused = client.event("Debugger.paused");
    assert_eq!(paused["callFrames"][0]["functionName"], "twice");
    assert_eq!(paused["hitBreakpoints"].as_array().map(Vec::len), Some(1));
    let frame = &paused["callFrames"][0]["callFrameId"];
    let params = json!({ "callFrameId": frame, "expression": "value = value + 1" });
    assert_eq!(client.call("Debugger.evaluateOnCallFrame", &params)["result"]["value"], 21);
    client.call("Debugger.stepOver", &json!({}));
    let stepped = client.event("Debugger.paused");
    assert_eq!(stepped["callFrames"][0]["location"]["lineNumber"], 4);
    let scope = &stepped["callFrames"][0]["scopeChain"][0]["object"]["objectId"];
    let local = client.call("Runtime.getProperties", &json!({ "objectId": scope, "ownProperties": true }));
    let sum = local["result"].as_array().unwrap().iter().find(|property| property["name"] == "sum").unwrap();
    assert_eq!(sum["value"]["value"], 42);
    client.call("Debugger.resume", &json!({}));
    served.wait_for("Waiting for the debugger to disconnect...");
    let params =
        json!({ "expression": "Promise.resolve([1, 2].map((n) => n * 2).join())", "awaitPromise": true });
    assert_eq!(client.call("Runtime.evaluate", &params)["result"]["value"], "2,4");
    client.close();
    let (status, out) = served.end();
    assert_eq!((status.code(), out.as_str()), (Some(0), "a/b 42\n"));
}

#[test]
fn a_run_waits_for_its_debugger() {
    let scratch = Scratch::with(&[("main.js", "console.log('ran')")]);
    let served = Served::start(&scratch.0, "--inspect-wait");
    let mut client = served.connect();
    let params = json!({ "expression": "globalThis.waited = true; typeof console.log" });
    assert_eq!(client.call("Runtime.evaluate", &params)["result"]["value"], "function");
    client.call("Runtime.runIfWaitingForDebugger", &json!({}));
    client.close();
    let (status, out) = served.end();
    assert_eq!((status.code(), out.as_str()), (Some(0), "ran\n"));
}

#[test]
fn a_loop_is_paused_and_ended_from_outside() {
    let scratch = Scratch::with(&[("main.js", "let count = 0;\nfor (;;) count += 1;")]);
    let served = Served::start(&scratch.0, "--inspect");
    let mut client = served.connect();
    client.open();
    client.send("Debugger.pause", &json!({}));
    let paused = client.event("Debugger.paused");
    let params = json!({ "callFrameId": paused["callFrames"][0]["callFrameId"], "expression": "count > 0" });
    assert_eq!(client.call("Debugger.evaluateOnCallFrame", &params)["result"]["value"], true);
    client.call("Debugger.resume", &json!({}));
    client.send("Runtime.terminateExecution", &json!({}));
    let (status, _) = served.end();
    assert_eq!(status.code(), Some(4));
}

#[test]
fn targets_are_told() {
    let scratch = Scratch::with(&[("main.js", "setTimeout(() => {}, 60_000)")]);
    let served = Served::start(&scratch.0, "--inspect");
    let list = served.get("/json");
    assert_eq!(list, served.get("/json/list"));
    assert_eq!(list[0]["webSocketDebuggerUrl"], json!(served.url));
    assert_eq!((&list[0]["type"], &list[0]["title"]), (&json!("node"), &json!("main.js")));
    let file = format!("file://{}", scratch.0.join("main.js").display());
    assert_eq!(list[0]["url"], json!(file));
    assert!(
        list[0]["devtoolsFrontendUrl"]
            .as_str()
            .is_some_and(|url| url.ends_with(&served.url["ws://".len()..]))
    );
    let version = served.get("/json/version");
    assert_eq!(version["Protocol-Version"], "1.3");
    assert_eq!(version["Browser"], concat!("innerbox/", env!("CARGO_PKG_VERSION")));
}

#[test]
fn web_pages_have_no_access() {
    let scratch = Scratch::with(&[("main.js", "setTimeout(() => {}, 60_000)")]);
    let served = Served::start(&scratch.0, "--inspect");
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let foreign = ["example.org", "example.org:9229", "10.0.0.1", "127.0.0.1.example.org", "0.0.0.0", ""];
    for path in ["/json", served.path()] {
        for host in foreign {
            let headers = [&[("Host", host)], &upgrade[..]].concat();
            assert_eq!(served.ask("GET", path, &headers).0, 403, "{path} of {host}");
        }
        assert_eq!(served.ask("GET", path, &[]).0, 403);
        assert_eq!(served.ask("GET", path, &[("Host", "localhost"), ("Host", "example.org")]).0, 403);
        for origin in ["http://localhost", "https://example.org", "null", "http://127.0.0.1:9229", "file://"]
        {
            let headers = [&[("Host", served.host()), ("Origin", origin)], &upgrade[..]].concat();
            assert_eq!(served.ask("GET", path, &headers).0, 403, "{path} of {origin}");
        }
    }
    let host = [("Host", served.host())];
    for (method, path, expected) in [
        ("GET", "/", 404),
        ("GET", "/json/new", 404),
        ("GET", "/00000000-0000-4000-a000-000000000000", 404),
        ("POST", "/json", 405),
        ("PUT", "/json/new", 405),
        ("GET", served.path(), 400),
    ] {
        assert_eq!(served.ask(method, path, &host).0, expected, "{method} {path}");
    }
    for host in ["localhost", "LOCALHOST:9229", "127.0.0.1", "[::1]:9229"] {
        let headers = [("Host", host), ("Origin", "devtools://devtools")];
        assert_eq!(served.ask("GET", "/json/version", &headers).0, 200, "{host}");
    }
    served.connect().close();
}

#[test]
fn what_cannot_be_served_is_refused() {
    let scratch = Scratch::with(&[("main.js", "")]);
    for (flags, expected) in [
        (&["--inspect=0.0.0.0:9229"][..], "`0.0.0.0` is no address of this machine alone"),
        (&["--inspect-brk=example.org"], "`example.org` is no address of this machine alone"),
        (&["--inspect", "--wall", "1s"], "cannot be used with"),
        (&["--inspect", "--inspect-brk"], "cannot be used with"),
    ] {
        let ended = scratch.innerbox(&[&["run"], flags, &["main.js"]].concat());
        assert_eq!(ended.code, 2, "{flags:?}");
        assert!(ended.err.contains(expected), "{flags:?}: {}", ended.err);
    }
}

#[test]
fn profiles_are_written_to_files() {
    let scratch = Scratch::with(&[(
        "main.js",
        "globalThis.kept = 'mine'; function busy() { for (const end = Date.now() + 60; Date.now() < end;); } busy(); throw new Error('why');",
    )]);
    let flags = ["--heap-snapshot=a.heapsnapshot", "--cpu-prof", "a.cpuprofile", "--coverage", "a.json"];
    let ended = scratch.innerbox(&[&["run"], &flags[..], &["main.js"]].concat());
    assert_eq!(ended.code, 1, "{}", ended.err);
    let read = |name: &str| std::fs::read(scratch.0.join(name)).unwrap();
    check_snapshot(&read("a.heapsnapshot"), "kept");
    let profile: Value = serde_json::from_slice(&read("a.cpuprofile")).unwrap();
    let mut nodes = profile["nodes"].as_array().unwrap().iter();
    assert!(nodes.any(|node| node["callFrame"]["functionName"] == "busy"), "{profile}");
    let coverage: Value = serde_json::from_slice(&read("a.json")).unwrap();
    let url = coverage["result"][0]["url"].as_str().unwrap();
    assert!(url.starts_with("file://") && url.ends_with("/main.js"), "{url}");
    let ended = scratch.innerbox(&["run", "--cpu-prof", "missing/a.cpuprofile", "main.js"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("`missing/a.cpuprofile` cannot be written"), "{}", ended.err);
}
