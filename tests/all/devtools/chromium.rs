//! The DevTools of a real Chromium, where there is one: `chromium` on the PATH, or what INNERBOX_CHROMIUM names.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client;

use super::{Client, LONG, SCRIPT, Served, ask};
use crate::cli::Scratch;

/// Chromium starts in a second where nothing else runs.
const VERY_LONG: Duration = Duration::from_secs(60);

/// What the page of DevTools says of what it debugs, once it is paused: the target's type, the function, its line, its file,
/// and the length of its text.
const PAUSED: &str = "(async () => {
  const { TargetManager, DebuggerModel } = await import('./core/sdk/sdk.js');
  const target = TargetManager.TargetManager.instance().targets()[0];
  const frame = target?.model(DebuggerModel.DebuggerModel)?.debuggerPausedDetails()?.callFrames[0];
  if (frame === undefined) return null;
  const { text } = await frame.script.requestContentData();
  return [target.type(), frame.location().lineNumber, frame.script.sourceURL, text.length];
})()";

const RESUME: &str = "(async () => {
  const { TargetManager, DebuggerModel } = await import('./core/sdk/sdk.js');
  TargetManager.TargetManager.instance().targets()[0].model(DebuggerModel.DebuggerModel).resume();
})()";

/// What its console gives.
const CONSOLE: &str = "(async () => {
  const { TargetManager, RuntimeModel } = await import('./core/sdk/sdk.js');
  const [context] = TargetManager.TargetManager.instance().targets()[0].model(RuntimeModel.RuntimeModel).executionContexts();
  const { object } = await context.evaluate({ expression: '[6 * 7, typeof queryObjects].join()', includeCommandLineAPI: true }, false, false);
  return [context.name, object.value];
})()";

struct Chromium {
    child: Child,
    /// `127.0.0.1:1234`
    host: String,
}

impl Chromium {
    fn start(program: &Path, profile: &Path) -> Self {
        let mut command = Command::new(program);
        command.args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--remote-debugging-port=0",
        ]);
        command.arg(format!("--user-data-dir={}", profile.display())).arg("about:blank");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines.map_while(Result::ok).find_map(|line| {
            let url = line.strip_prefix("DevTools listening on ws://")?;
            Some(url.split('/').next()?.to_owned())
        });
        Self { child, host: url.expect("Chromium tells where it listens") }
    }

    /// Opens a page.
    fn open(&self, url: &str) -> Client {
        let (status, page) = ask(&self.host, "PUT", &format!("/json/new?{url}"), &[("Host", &self.host)]);
        assert_eq!(status, 200, "{page}");
        let page: Value = serde_json::from_str(&page).unwrap();
        let stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let (socket, _) = client(page["webSocketDebuggerUrl"].as_str().unwrap(), stream).unwrap();
        Client { socket, next: 0 }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the page makes of an expression; nothing where it is not ready to.
fn evaluate(page: &mut Client, expression: &str) -> Value {
    let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
    page.call("Runtime.evaluate", &params)["result"]["value"].clone()
}

fn program() -> Option<PathBuf> {
    let named = std::env::var_os("INNERBOX_CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    named.or_else(|| {
        std::env::split_paths(&path).map(|folder| folder.join("chromium")).find(|file| file.is_file())
    })
}

#[test]
fn a_real_chromium_debugs_a_run() {
    let Some(program) = program() else {
        eprintln!("not tried: there is no `chromium` on the PATH, and INNERBOX_CHROMIUM names none");
        return;
    };
    let scratch = Scratch::with(&[("main.js", SCRIPT)]);
    let served = Served::start(&scratch.0, "--inspect-brk");
    let target = &served.get("/json")[0];
    let chromium = Chromium::start(&program, &scratch.0.join("profile"));
    // As in `devtoolsFrontendUrl`, without the parameters that Chromium would take for its own here.
    let frontend = format!("devtools://devtools/bundled/js_app.html?ws={}", &served.url["ws://".len()..]);
    let mut page = chromium.open(&frontend);
    let start = Instant::now();
    let paused = loop {
        let paused = evaluate(&mut page, PAUSED);
        if paused.is_array() {
            break paused;
        }
        assert!(start.elapsed() < VERY_LONG, "DevTools do not pause");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(paused, json!(["node", 1, target["url"], SCRIPT.len()]));
    evaluate(&mut page, RESUME);
    let console = evaluate(&mut page, CONSOLE);
    assert_eq!(console, json!(["innerbox", "42,undefined"]));
    drop(chromium);
    let (status, out) = served.end();
    assert_eq!((status.code(), out.as_str()), (Some(0), "a/b 40\n"));
}
