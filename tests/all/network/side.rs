//! The same grants, for asynchronous components: WASI 0.3.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use innerbox::{DoorKind, Extension, ExtensionGrant, ExtensionLimits, Limit, Limits, Outcome, Sandbox};
use serde_json::{Value, json};

use super::deadlines::{SOON, all_close};
use super::{plain, servers};
use crate::support::{ENGINE, component_with, tight};

static REACH: LazyLock<Extension> = LazyLock::new(|| {
    let module = wat::parse_str(include_str!("../wat/reach.wat")).unwrap();
    let bytes = component_with(include_str!("../wat/reach.wit"), module);
    Extension::from_bytes(&ENGINE, "reach", &bytes).unwrap()
});

/// Places of errors among those of WASI.
const DENIED: u32 = 15;
const SENSELESS: u32 = 19;
const LIMIT_REACHED: u32 = 11;
const OTHER: u32 = 14;

fn ask(grants: &[ExtensionGrant], limits: ExtensionLimits, source: &str) -> Value {
    let builder = Sandbox::builder(&ENGINE).extension_with(&REACH, limits);
    let mut sandbox = builder.extension_grants("reach", grants.iter().cloned()).build().unwrap();
    let head = "import * as net from 'reach';";
    let completion = sandbox.run_module_source("test.js", &format!("{head}{source}"));
    let record = serde_json::to_value(&completion).unwrap();
    assert_eq!(record["outcome"], "returned", "{record:#}");
    record["value"].clone()
}

#[test]
fn an_asynchronous_component_reaches_what_was_lent() {
    assert_eq!(REACH.door_kind(), DoorKind::Concurrent);
    let (web, echo, other) =
        (servers::answering("200 OK", "", "hello"), servers::echoing(), servers::echoing());
    let source = format!(
        "const [web, echo, other] = [{}, {}, {}];
         export default [
           await net.fetch(`127.0.0.1:${{web}}`), await net.fetch(`localhost:${{web}}`), await net.fetch(`a@127.0.0.1:${{web}}`),
           await net.connect(echo), await net.connect(other), await net.connect(web), await net.datagrams(),
           await net.lookUp('localhost') > 1000, await net.lookUp('example.com'), await net.lookUp('no name'),
         ];",
        web.port, echo.port, other.port
    );
    let nothing = json!([DENIED, DENIED, SENSELESS, 100, 100, 100, 100, false, 0, 1]);
    assert_eq!(ask(&[], tight(), &source), nothing);
    assert_eq!((web.seen().len(), echo.seen().len()), (0, 0));
    let grants = [
        plain(&web),
        ExtensionGrant::tcp(echo.address()),
        ExtensionGrant::tcp("localhost:1"),
        ExtensionGrant::udp("127.0.0.1:1"),
    ];
    let lent = json!([200, DENIED, SENSELESS, 0, 1, 1, 0, true, 0, 1]);
    assert_eq!(ask(&grants, tight(), &source), lent);
    assert_eq!(other.seen().len(), 0);
}

#[test]
fn the_connections_of_an_asynchronous_component_are_counted() {
    let (echo, (silent, _)) = (servers::echoing(), servers::silent());
    let grants = [ExtensionGrant::tcp(echo.address()), plain(&silent), ExtensionGrant::udp("127.0.0.1:1")];
    let source = format!(
        "const first = [await net.connect({0}), await net.datagrams(), await net.datagrams(), await net.connect({0})];
         export default [...first, await net.connect({0}), await net.datagrams(), await net.fetch('{1}')];",
        echo.port,
        silent.address()
    );
    let limits = ExtensionLimits { connections: 2, ..tight() };
    let expected = json!([0, 0, 0, 0, 100 + OTHER, 100 + OTHER, LIMIT_REACHED]);
    assert_eq!(ask(&grants, limits, &source), expected);
}

#[test]
fn an_asynchronous_wait_for_a_server_ends_with_its_run_and_its_connection_with_it() {
    let (silent, closed) = servers::silent();
    let limits = Limits { wall: Some(Duration::from_millis(300)), ..Limits::default() };
    let builder = Sandbox::builder(&ENGINE).extension_with(&REACH, tight()).limits(limits);
    let mut sandbox = builder.extension_grants("reach", [plain(&silent)]).build().unwrap();
    let source = format!("import {{ fetch }} from 'reach'; await fetch('{}');", silent.address());
    let start = Instant::now();
    let completion = sandbox.run_module_source("test.js", &source);
    let Outcome::Limit { limit, .. } = completion.outcome else { panic!("{completion:?}") };
    assert_eq!(limit.which, Limit::WallMs);
    assert!(start.elapsed() < SOON);
    drop(sandbox);
    all_close(&closed, 1);
}
