//! What components reach over the network: each grant, and what is denied without it. All traffic stays on this machine.

mod bodies;
mod command;
mod deadlines;
mod servers;
mod side;

use std::net::ToSocketAddrs;
use std::sync::atomic::{AtomicU32, Ordering};

use innerbox::{DoorChoice, DoorKind, Error, Extension, ExtensionGrant, ExtensionLimits, Sandbox};
use serde_json::{Value, json};

use crate::support::{ENGINE, guest, tight};

/// What each script begins with.
const PRELUDE: &str = "
    import * as net from 'net';
    const told = (error) => error.name === 'ComponentError' ? error.payload : `${error.name} ${error.limit ?? error.message}`;
    const caught = (call) => { try { return call() ?? 'done'; } catch (error) { return told(error); } };
    const text = (bytes) => new TextDecoder().decode(bytes);
    const bytes = (text) => new TextEncoder().encode(text);
    const asking = (authority, more) =>
      ({ method: 'GET', scheme: 'http', authority, path: '/', headers: [], body: undefined, ...more });
    const got = ({ status, body }) => `${status} ${text(body)}`;
    const get = (authority, more) => caught(() => got(net.fetch(asking(authority, more))));
    const tcp = (address) => caught(() => text(net.tcp(address, bytes('hello'))));
    const udp = (address, connected) => caught(() => text(net.udp(address, bytes('hello'), connected)));
";

const DENIED: &str = "ErrorCode::HttpRequestDenied";
const NO_ACCESS: &str = "access-denied";

fn component(door: DoorChoice) -> Extension {
    let bytes = std::fs::read(guest("fixture-network")).unwrap();
    Extension::from_bytes_by(&ENGINE, "net", &bytes, door).unwrap()
}

fn sandbox(grants: &[ExtensionGrant], limits: ExtensionLimits) -> Sandbox {
    let builder = Sandbox::builder(&ENGINE).extension_with(&component(DoorChoice::Auto), limits);
    builder.extension_grants("net", grants.iter().cloned()).build().unwrap()
}

#[track_caller]
fn run(sandbox: &mut Sandbox, source: &str) -> Value {
    // Of one name there is one module.
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let name = format!("test-{}.js", RUNS.fetch_add(1, Ordering::Relaxed));
    let completion = sandbox.run_module_source(&name, &format!("{PRELUDE}{source}"));
    let record = serde_json::to_value(&completion).unwrap();
    assert_eq!(record["outcome"], "returned", "{record:#}");
    record["value"].clone()
}

/// What a script sees with these grants.
#[track_caller]
fn ask(grants: &[ExtensionGrant], source: &str) -> Value {
    run(&mut sandbox(grants, tight()), source)
}

#[track_caller]
fn check(grants: &[ExtensionGrant], source: &str, expected: &Value) {
    assert_eq!(ask(grants, source), *expected, "{source}");
}

fn plain(server: &servers::Server) -> ExtensionGrant {
    ExtensionGrant::http(format!("http://{}", server.address()))
}

#[test]
fn without_a_grant_every_request_has_an_answer_and_nobody_hears_of_it() {
    assert_eq!(component(DoorChoice::Auto).door_kind(), DoorKind::General);
    let web = servers::answering("200 OK", "", "hello");
    let (echo, datagrams) = (servers::echoing(), servers::datagrams());
    let source = format!(
        "const web = '{}', echo = '{}';
         export default [get(web), get('example.com', {{ scheme: 'https' }}), get('example.com', {{ scheme: '' }}), tcp(echo),
           udp('127.0.0.1:{datagrams}', false), caught(() => net.lookUp('localhost')), caught(() => net.tcpBind('0.0.0.0:0')),
           caught(() => net.tcpListen()), caught(() => net.udpBind('0.0.0.0:0')), get(web)];",
        web.address(),
        echo.address()
    );
    let mut expected = vec![DENIED; 3];
    expected.extend([NO_ACCESS; 6]);
    expected.push(DENIED);
    check(&[], &source, &json!(expected));
    assert_eq!((web.seen().len(), echo.seen().len()), (0, 0));
}

#[test]
fn an_origin_that_was_lent_answers_and_no_other() {
    let [lent, other] = [(); 2].map(|()| servers::answering("200 OK", "", "hello"));
    let source = format!(
        "const port = {}, other = {};
         export default [
           get(`127.0.0.1:${{port}}`), get(`127.1:${{port}}`), get(`127.0.0.1:${{port}}`, {{ method: 'POST', body: bytes('x') }}),
           get(`127.0.0.1:${{other}}`), get(`127.0.0.2:${{port}}`), get(`localhost:${{port}}`), get('127.0.0.1'),
           get(`127.0.0.1:${{port}}`, {{ scheme: 'https' }}), get(`127.0.0.1:${{port}}`, {{ scheme: '' }}),
           tcp(`127.0.0.1:${{port}}`),
         ];",
        lent.port, other.port
    );
    let hello = "200 hello";
    let expected = json!([hello, hello, hello, DENIED, DENIED, DENIED, DENIED, DENIED, DENIED, NO_ACCESS]);
    check(&[plain(&lent)], &source, &expected);
    assert_eq!((lent.seen().len(), other.seen().len()), (3, 0));
}

#[test]
fn localhost_leads_to_this_machine_without_more_grants() {
    let server = servers::answering("200 OK", "", "hello");
    let grant = ExtensionGrant::http(format!("http://localhost:{}", server.port));
    let source = format!("export default [get('LOCALHOST:{0}'), get('127.0.0.1:{0}')]", server.port);
    check(&[grant], &source, &json!(["200 hello", DENIED]));
    assert_eq!(server.header("host"), Some(format!("localhost:{}", server.port)));
}

#[test]
fn a_name_leads_to_no_private_address_unless_that_was_lent() {
    // A machine's own name leads to itself.
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_lowercase();
    if (name.as_str(), 0).to_socket_addrs().is_err() {
        return eprintln!("`{name}`, which this machine is called, leads nowhere: nothing is tested");
    }
    let server = servers::answering("200 OK", "", "hello");
    let http = ExtensionGrant::http(format!("http://{name}:{}", server.port));
    let lent = [http, ExtensionGrant::tcp(format!("{name}:{}", server.port))];
    let source = format!(
        "const prohibited = 'ErrorCode::DestinationIpProhibited', denied = 'access-denied';
         export default [get('{name}:{}') === prohibited, caught(() => net.lookUp('{name}')) === denied];",
        server.port
    );
    check(&lent, &source, &json!([true, true]));
    assert_eq!(server.seen(), [""; 0]);
    let all = [&lent[..], &[ExtensionGrant::private_addresses()]].concat();
    check(&all, &source, &json!([false, false]));
}

#[test]
fn a_redirect_is_an_answer_and_followed_by_nobody() {
    let other = servers::answering("200 OK", "", "secret");
    let location = format!("location: http://{}/\r\n", other.address());
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let lent = servers::answering(status, &location, "");
        let source = format!(
            "const {{ status, headers }} = net.fetch(asking('{}'));
             const next = headers.find(([name]) => name === 'location')[1];
             export default [status, get(next.split('/')[2])];",
            lent.address()
        );
        let code: u16 = status[..3].parse().unwrap();
        check(&[plain(&lent)], &source, &json!([code, DENIED]));
    }
    assert_eq!(other.seen(), [""; 0]);
}

#[test]
fn a_host_cannot_be_forged() {
    let server = servers::answering("200 OK", "", "hello");
    let source = format!(
        "const port = {};
         const heads = ['Host', 'Connection', 'Transfer-Encoding', 'Upgrade', 'Proxy-Authorization', 'Proxy-Connection'];
         export default [
           heads.map((name) => get(`127.0.0.1:${{port}}`, {{ headers: [[name, 'evil.example']] }})),
           get(`127.0.0.1:${{port}}`, {{ headers: [['x', 'a\\r\\nHost: evil.example']] }}),
           [`evil.example@127.0.0.1:${{port}}`, `127.0.0.1:${{port}}@evil.example`].map((authority) => get(authority)),
           ['http://evil.example/', 'evil.example', '*'].map((path) => get(`127.0.0.1:${{port}}`, {{ path }})),
           get(`127.0.0.1:${{port}}`, {{ method: 'CONNECT' }}),
           get(`127.1:${{port}}`, {{ path: '//evil.example/?q', headers: [['x', 'y']] }}),
         ];",
        server.port
    );
    let (forbidden, senseless) = ("HeaderError::Forbidden", "ErrorCode::HttpRequestUriInvalid");
    let expected = json!([
        vec![forbidden; 6],
        "HeaderError::InvalidSyntax",
        vec![senseless; 2],
        vec!["senseless path"; 3],
        "ErrorCode::HttpRequestMethodInvalid",
        "200 hello"
    ]);
    check(&[plain(&server)], &source, &expected);
    assert_eq!(server.header("host"), Some(server.address()));
    assert!(server.seen()[0].starts_with("GET //evil.example/?q HTTP/1.1\r\n"), "{:?}", server.seen());
}

#[test]
fn an_origin_without_a_scheme_is_spoken_to_under_tls_alone() {
    let server = servers::listening();
    let grant = ExtensionGrant::http(format!("localhost:{}", server.port));
    let source = format!(
        "export default ['https', '', 'http'].map((scheme) => get('localhost:{}', {{ scheme }}))",
        server.port
    );
    let failed = "ErrorCode::TlsProtocolError";
    check(&[grant], &source, &json!([failed, failed, DENIED]));
    // A handshake of TLS, which names the host.
    for beginning in server.seen() {
        assert!(beginning.starts_with('\u{16}') && beginning.contains("localhost"), "{beginning:?}");
    }
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_socket_is_connected_to_what_was_lent() {
    let [lent, other] = [(); 2].map(|()| servers::echoing());
    let source = format!(
        "const port = {};
         export default [tcp(`127.0.0.1:${{port}}`), tcp('{}'), tcp(`127.0.0.2:${{port}}`), tcp(`[::1]:${{port}}`), get(`127.0.0.1:${{port}}`),
           udp(`127.0.0.1:${{port}}`, false), caught(() => net.lookUp('localhost')), caught(() => net.lookUp('127.0.0.1'))];",
        lent.port,
        other.address()
    );
    let rest = json!([NO_ACCESS, NO_ACCESS, DENIED, NO_ACCESS, NO_ACCESS, ["127.0.0.1"]]);
    let expected = [json!(["hello", NO_ACCESS]), rest].map(|part| part.as_array().unwrap().clone()).concat();
    check(&[ExtensionGrant::tcp(lent.address())], &source, &json!(expected));
    let block = [ExtensionGrant::tcp(format!("127.0.0.0/31:{}", lent.port))];
    let source = format!("export default [tcp('{}'), tcp('127.0.0.2:{}')]", lent.address(), lent.port);
    check(&block, &source, &json!(["hello", NO_ACCESS]));
}

#[test]
fn nothing_listens() {
    let grants = [ExtensionGrant::tcp("0.0.0.0/0:1"), ExtensionGrant::udp("0.0.0.0/0:1")];
    let source = "
        const addresses = ['0.0.0.0:0', '0.0.0.0:1', '127.0.0.1:0', '127.0.0.1:1'];
        export default [caught(() => net.tcpListen()), ...[net.tcpBind, net.udpBind].map((bind) =>
          addresses.map((address) => caught(() => bind(address))))];";
    let bound = json!(["done", NO_ACCESS, NO_ACCESS, NO_ACCESS]);
    check(&grants, source, &json!([NO_ACCESS, bound, bound]));
}

#[test]
fn datagrams_go_to_what_was_lent_and_come_from_there() {
    let [lent, other] = [servers::datagrams(), servers::datagrams()];
    let source = format!(
        "export default [udp('127.0.0.1:{lent}', false), udp('127.0.0.1:{lent}', true), udp('127.0.0.1:{other}', false),
           udp('127.0.0.1:{other}', true), udp('127.0.0.2:{lent}', false), tcp('127.0.0.1:{lent}')];"
    );
    let expected = json!(["hello", "hello", NO_ACCESS, NO_ACCESS, NO_ACCESS, NO_ACCESS]);
    check(&[ExtensionGrant::udp(format!("127.0.0.1:{lent}"))], &source, &expected);
}

#[test]
fn a_name_that_was_lent_is_looked_up_and_leads_to_its_port() {
    let [lent, other] = [(); 2].map(|()| servers::echoing());
    let source = format!(
        "const to = (name, port) => caught(() => text(net.tcpTo(name, port, bytes('hello'))));
         const before = tcp('{}');
         const addresses = net.lookUp('LocalHost');
         export default [before, addresses.every((address) => ['127.0.0.1', '::1'].includes(address)), tcp('{0}'), to('localhost', {}),
           to('localhost', {}), caught(() => net.lookUp('example.com')), caught(() => net.lookUp('localhost.')),
           caught(() => net.lookUp('not a name')), caught(() => net.lookUp(''))];",
        lent.address(),
        lent.port,
        other.port
    );
    let senseless = "invalid-argument";
    let expected =
        json!([NO_ACCESS, true, "hello", "hello", NO_ACCESS, NO_ACCESS, NO_ACCESS, senseless, senseless]);
    check(&[ExtensionGrant::tcp(format!("localhost:{}", lent.port))], &source, &expected);
}

#[test]
fn connections_are_counted_for_all_instances_together() {
    let (silent, _) = servers::silent();
    let echo = servers::echoing();
    let grants = [plain(&silent), ExtensionGrant::tcp(echo.address())];
    let limits = ExtensionLimits { connections: 3, ..tight() };
    let source = format!(
        "import {{ instantiate }} from 'innerbox:component';
         const echo = '{}', other = instantiate('net');
         const open = (net) => caught(() => net.tcpOpen(echo));
         const first = [open(net), open(net), open(other), open(other), get('{}'), tcp(echo)];
         net.closeAll();
         const second = [tcp(echo), open(net), open(other), open(other)];
         net.closeAll();
         // Requests that nobody answers count, too, until their instance is gone.
         net.begin(asking('{1}'));
         const third = [tcp(echo), caught(() => net.finish())];
         const soon = Date.now() + 5_000;
         while (tcp(echo) !== 'hello' && Date.now() < soon) await new Promise((done) => setTimeout(done, 5));
         third.push(tcp(echo));
         export default [first, second, third];",
        echo.address(),
        silent.address()
    );
    let (full, crowded) = ("new-socket-limit", "ErrorCode::ConnectionLimitReached");
    let expected = json!([
        ["done", "done", "done", full, crowded, full],
        ["hello", "done", "done", full],
        [full, "LimitError wall time of one call", "hello"]
    ]);
    assert_eq!(run(&mut sandbox(&grants, limits), &source), expected);
}

#[test]
fn grants_that_cannot_be_are_refused() {
    for grant in [
        ExtensionGrant::http("http://example.com/path"),
        ExtensionGrant::http("ftp://example.com"),
        ExtensionGrant::http("*.example.com"),
        ExtensionGrant::tcp("example.com"),
        ExtensionGrant::tcp("10.0.0.1/8:80"),
        ExtensionGrant::udp("example.com:0"),
    ] {
        let builder = Sandbox::builder(&ENGINE).extension(&component(DoorChoice::Auto));
        let built = builder.extension_grants("net", [grant.clone()]).build();
        assert!(matches!(built.err(), Some(Error::Config(_))), "{grant:?}");
    }
}
