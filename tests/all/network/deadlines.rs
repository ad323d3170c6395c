//! Servers that never answer: the wait ends with the call, with the run, and with the sandbox.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use innerbox::{DoorChoice, ExtensionGrant, ExtensionLimits, Limit, Limits, Outcome, Sandbox};
use serde_json::json;

use super::{PRELUDE, component, plain, run, sandbox, servers};
use crate::support::{ENGINE, tight};

/// Everything here is over long before this.
pub(super) const SOON: Duration = Duration::from_secs(5);

/// Waits until the other ends of all connections of a silent server are closed.
#[track_caller]
pub(super) fn all_close(closed: &Mutex<Vec<bool>>, connections: usize) {
    let start = Instant::now();
    let is_over = || {
        let closed = closed.lock().unwrap();
        closed.len() == connections && closed.iter().all(|closed| *closed)
    };
    while !is_over() {
        assert!(start.elapsed() < SOON, "open still: {:?}", closed.lock().unwrap());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Each way to wait for a server, as an expression of a script.
fn waits(server: &servers::Server, datagrams: u16) -> [String; 4] {
    let address = server.address();
    [
        format!("net.fetch(asking('{address}'))"),
        format!("net.upload(asking('{address}', {{ method: 'POST' }}), 1n << 40n)"),
        format!("net.tcp('{address}', bytes('hello'))"),
        format!("net.udp('127.0.0.1:{datagrams}', bytes('hello'), true)"),
    ]
}

/// A server that says nothing, in each way that there is.
fn quiet() -> (servers::Server, Arc<Mutex<Vec<bool>>>, std::net::UdpSocket, Vec<ExtensionGrant>) {
    let (server, closed) = servers::silent();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let udp = ExtensionGrant::udp(socket.local_addr().unwrap().to_string());
    let grants = vec![plain(&server), ExtensionGrant::tcp(server.address()), udp];
    (server, closed, socket, grants)
}

#[test]
fn a_call_that_waits_ends_at_its_limit_and_the_next_is_fine() {
    let (server, closed, socket, mut grants) = quiet();
    let answering = servers::answering("200 OK", "", "hello");
    grants.push(plain(&answering));
    let limits = ExtensionLimits { call_wall: Some(Duration::from_millis(200)), ..tight() };
    let mut sandbox = sandbox(&grants, limits);
    for wait in waits(&server, socket.local_addr().unwrap().port()) {
        let start = Instant::now();
        let source = format!("export default [caught(() => {wait}), get('{}')]", answering.address());
        let seen = run(&mut sandbox, &source);
        assert_eq!(seen, json!(["LimitError wall time of one call", "200 hello"]), "{wait}");
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(200) && took < SOON, "{wait}: {took:?}");
    }
    all_close(&closed, 3);
}

#[test]
fn a_run_that_waits_ends_at_its_limit() {
    let (server, closed, socket, grants) = quiet();
    let limits = Limits { wall: Some(Duration::from_millis(200)), ..Limits::default() };
    for wait in waits(&server, socket.local_addr().unwrap().port()) {
        let builder = Sandbox::builder(&ENGINE).extension(&component(DoorChoice::Auto)).limits(limits);
        let mut sandbox = builder.extension_grants("net", grants.clone()).build().unwrap();
        let start = Instant::now();
        let completion = sandbox.run_module_source("test.js", &format!("{PRELUDE}caught(() => {wait})"));
        let Outcome::Limit { limit, .. } = completion.outcome else { panic!("{wait}: {completion:?}") };
        assert_eq!(limit.which, Limit::WallMs, "{wait}");
        assert!(start.elapsed() < SOON, "{wait}");
    }
    all_close(&closed, 3);
}

#[test]
fn a_wait_on_another_thread_ends_with_its_signal() {
    let (server, closed, socket, grants) = quiet();
    let limits = ExtensionLimits { call_wall: None, ..tight() };
    let waits = waits(&server, socket.local_addr().unwrap().port());
    for wait in &waits {
        let (function, arguments) = wait.split_once('(').unwrap();
        let source = format!(
            "import {{ promising }} from 'innerbox:component';
             const controller = new AbortController();
             const waiting = promising({function}, {{ signal: controller.signal }})({arguments};
             setTimeout(() => controller.abort(new Error('enough')), 100);
             const seen = await waiting.catch((error) => error.message);
             const denied = promising(net.tcpListen)().catch((error) => error.payload);
             export default [seen, await denied];"
        );
        let start = Instant::now();
        assert_eq!(run(&mut sandbox(&grants, limits), &source), json!(["enough", "access-denied"]), "{wait}");
        assert!(start.elapsed() < SOON, "{wait}");
    }
    all_close(&closed, 3);
}

#[test]
fn a_sandbox_that_goes_takes_its_connections_with_it() {
    let (server, closed, _socket, grants) = quiet();
    let mut sandbox = sandbox(&grants, tight());
    // One that is kept, one that was begun, and one that another thread waits for when the run ends.
    let source = format!(
        "import {{ instantiate, promising }} from 'innerbox:component';
         net.tcpOpen('{0}');
         net.begin(asking('{0}'));
         promising(instantiate('net').fetch)(asking('{0}'));
         setTimeout(() => {{ throw 'enough'; }}, 200);",
        server.address()
    );
    let completion = sandbox.run_module_source("test.js", &format!("{PRELUDE}{source}"));
    assert!(matches!(completion.outcome, Outcome::Threw { .. }), "{completion:?}");
    assert_eq!(closed.lock().unwrap()[..2], [false, false]);
    drop(sandbox);
    all_close(&closed, 3);
}
