//! The same grants, as options of the command line.

use super::servers;
use crate::cli::{Scratch, need_guest};

const ASK: &str = "
    import * as net from 'fixture-network';
    const [address, datagrams] = process.argv.slice(2);
    const text = (bytes) => new TextDecoder().decode(bytes);
    const hello = new TextEncoder().encode('hello');
    const caught = (call) => { try { return call(); } catch (error) { return error.payload; } };
    const asking = { method: 'GET', scheme: 'http', authority: address, path: '/', headers: [] };
    console.log(caught(() => text(net.fetch(asking).body)));
    console.log(caught(() => text(net.tcp(address, hello)).split(' ')[0]));
    console.log(caught(() => text(net.udp(`127.0.0.1:${datagrams}`, hello, true))));
    console.log(caught(() => net.lookUp('localhost').length > 0));
";

/// What the guest that asks for the network gets with these options, line by line. `ADDRESS` and `PORT` in them are a
/// server's of TCP, and a port of UDP.
#[track_caller]
fn check(options: &[&str], expected: [&str; 4]) {
    need_guest("fixture-network");
    let (server, datagrams) = (servers::answering("200 OK", "", "answer"), servers::datagrams().to_string());
    let address = server.address();
    let filled = |option: &&str| option.replace("ADDRESS", &address).replace("PORT", &datagrams);
    let options: Vec<_> = options.iter().map(filled).collect();
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let arguments = [&["run"], &options[..], &["main.js", &address, &datagrams]].concat();
    let ended = Scratch::with(&[("main.js", ASK)]).innerbox(&arguments);
    let lines: Vec<_> = ended.out.lines().collect();
    assert_eq!((ended.code, lines), (0, expected.to_vec()), "{options:?}: {}", ended.err);
}

const DENIED: &str = "ErrorCode::HttpRequestDenied";
const NO_ACCESS: &str = "access-denied";

#[test]
fn each_option_lends_one_thing_of_the_network() {
    check(&[], [DENIED, NO_ACCESS, NO_ACCESS, NO_ACCESS]);
    let http = ["--ext-allow-http", "fixture-network=http://ADDRESS"];
    check(&http, ["answer", NO_ACCESS, NO_ACCESS, NO_ACCESS]);
    let https = ["--ext-allow-http", "fixture-network=ADDRESS"];
    check(&https, [DENIED, NO_ACCESS, NO_ACCESS, NO_ACCESS]);
    let udp = ["--ext-allow-udp", "fixture-network=127.0.0.0/8:PORT"];
    check(&udp, [DENIED, NO_ACCESS, "hello", NO_ACCESS]);
    let name = ["--ext-allow-tcp", "fixture-network=localhost:1", "--ext-allow-private", "fixture-network"];
    check(&name, [DENIED, NO_ACCESS, NO_ACCESS, "true"]);
    let none = ["--ext-connections", "0", "--ext-allow-http", "fixture-network=http://ADDRESS"];
    check(&none, ["ErrorCode::ConnectionLimitReached", "new-socket-limit", "new-socket-limit", NO_ACCESS]);
}

#[test]
fn grants_of_the_network_that_cannot_be_are_told() {
    need_guest("fixture-network");
    let cases = [
        (
            ["--ext-allow-http", "fixture-network"],
            "`--ext-allow-http fixture-network`: expected NAME=[http://]HOST",
        ),
        (["--ext-allow-http", "fixture-network=a/b"], "grant of HTTP: `a/b`: expected HOST"),
        (["--ext-allow-tcp", "fixture-network=a"], "grant of sockets: `a`: expected ADDRESS:PORT"),
        (["--ext-allow-udp", "fixture-network=a:0"], "grant of sockets: `a:0`: expected ADDRESS:PORT"),
        (["--ext-allow-private", "network"], "no extension is called `network`"),
    ];
    for (option, message) in cases {
        let ended = Scratch::new().innerbox(&["eval", option[0], option[1], "import('fixture-network')"]);
        assert_eq!(ended.code, 2, "{option:?}: {ended:?}");
        assert!(ended.err.contains(message), "{option:?}: {ended:?}");
    }
}

#[test]
fn what_lends_the_network_is_told() {
    need_guest("fixture-network");
    let info = Scratch::new().innerbox(&["ext", "info", "fixture-network"]);
    assert_eq!(info.code, 0, "{info:?}");
    for part in [
        "HTTP requests  none: every request is denied",
        "HTTP requests  --ext-allow-http fixture-network=[http://]HOST[:PORT]",
        "sockets        --ext-allow-tcp fixture-network=HOST:PORT, --ext-allow-udp fixture-network=HOST:PORT",
    ] {
        assert!(info.out.contains(part), "{part}: {}", info.out);
    }
}
