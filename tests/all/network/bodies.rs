//! Bodies: whole, of any size, and without end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use innerbox::ExtensionLimits;
use serde_json::json;

use super::{ask, plain, run, sandbox, servers};
use crate::support::tight;

/// Several MiB, and no multiple of anything.
const LENGTH: usize = (5 << 20) + 12_345;

/// More than an answer without end may have sent before it has to wait: what is buffered on the way.
const BUFFERED: usize = 16 << 20;

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| place as u8).collect()
}

/// Sends bytes for ever, and counts those that were taken.
fn endless(taken: &AtomicUsize, stream: &mut TcpStream) {
    let piece = pattern(1 << 16);
    while let Ok(length) = stream.write(&piece) {
        taken.fetch_add(length, Ordering::Relaxed);
    }
}

#[test]
fn an_answer_arrives_whole() {
    let counted = servers::http(|mut stream| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {LENGTH}\r\n\r\n");
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&pattern(LENGTH))).unwrap();
    });
    let chunked = servers::http(|mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        for piece in pattern(LENGTH).chunks(100_000) {
            write!(stream, "{:x}\r\n", piece.len()).unwrap();
            stream.write_all(piece).and_then(|()| stream.write_all(b"\r\n")).unwrap();
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
    });
    let source = format!(
        "const [one, other] = ['{}', '{}'];
         const whole = net.fetch(asking(one)).body;
         export default [net.download(asking(one)), net.download(asking(other)), BigInt(whole.length),
           BigInt(whole.every((byte, place) => byte === (place & 255)))].map(Number)",
        counted.address(),
        chunked.address()
    );
    assert_eq!(ask(&[plain(&counted), plain(&chunked)], &source), json!([LENGTH, LENGTH, LENGTH, 1]));
}

#[test]
fn a_request_is_sent_whole() {
    // Reads chunks, as a request without a length has them, and tells how many bytes were right.
    let server = servers::http(|stream| {
        let mut reader = std::io::BufReader::new(&stream);
        let mut received = Vec::new();
        loop {
            let mut line = String::new();
            std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
            let length = usize::from_str_radix(line.trim(), 16).unwrap();
            let mut chunk = vec![0; length + 2];
            reader.read_exact(&mut chunk).unwrap();
            received.extend_from_slice(&chunk[..length]);
            if length == 0 {
                break;
            }
        }
        let text = format!("{} {}", received.len(), received == pattern(received.len()));
        let length = text.len();
        write!(&stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{text}").unwrap();
    });
    let source = format!(
        "export default text(net.upload(asking('{}', {{ method: 'POST' }}), {LENGTH}n))",
        server.address()
    );
    assert_eq!(ask(&[plain(&server)], &source), json!(format!("{LENGTH} true")));
}

#[test]
fn an_answer_that_breaks_off_is_told() {
    let server = servers::http(|mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhello").unwrap();
    });
    let empty = servers::http(drop);
    let senseless = servers::http(|mut stream| drop(stream.write_all(b"hello to you, too\r\n\r\n")));
    let source = format!(
        "export default [get('{}'), get('{}'), get('{}')]",
        server.address(),
        empty.address(),
        senseless.address()
    );
    let seen = ask(&[plain(&server), plain(&empty), plain(&senseless)], &source);
    assert!(seen[0].as_str().unwrap().starts_with("StreamError::LastOperationFailed"), "{seen}");
    assert_eq!(seen[1], "ErrorCode::HttpResponseIncomplete");
    assert_eq!(seen[2], "ErrorCode::HttpProtocolError");
}

#[test]
fn an_answer_that_nobody_reads_waits_with_its_server() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let server = servers::http(move |mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        endless(&counted, &mut stream);
    });
    let source = format!(
        "net.begin(asking('{}'));
         await new Promise((done) => setTimeout(done, 500));
         export default 'waited';",
        server.address()
    );
    assert_eq!(ask(&[plain(&server)], &source), "waited");
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken > 0 && taken < BUFFERED, "{taken} bytes are buffered");
}

#[test]
fn an_answer_without_end_ends_at_a_limit_of_the_component() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let server = servers::http(move |mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        endless(&counted, &mut stream);
    });
    let grants = [plain(&server)];
    // The component keeps it all: its memory ends, and with it the connection.
    let source = format!("export default [get('{0}'), caught(() => net.tcpListen())]", server.address());
    let limits = ExtensionLimits { memory_bytes: 16 << 20, call_wall: None, ..tight() };
    let seen = run(&mut sandbox(&grants, limits), &source);
    assert_eq!(seen, json!(["LimitError linear memory", super::NO_ACCESS]));
    let all = taken.load(Ordering::Relaxed);
    assert!(all < (16 << 20) + BUFFERED, "{all} bytes were taken");
    // It keeps nothing: the time of its call ends.
    let source = format!("export default caught(() => net.download(asking('{}')))", server.address());
    assert_eq!(run(&mut sandbox(&grants, tight()), &source), "LimitError wall time of one call");
}

#[test]
fn an_answer_beyond_what_may_cross_ends_at_that_limit() {
    let server = servers::answering("200 OK", "", &"x".repeat(100_000));
    let limits = ExtensionLimits { crossing_bytes: 50_000, ..tight() };
    let source = format!("export default [get('{0}'), caught(() => net.tcpListen())]", server.address());
    let seen = run(&mut sandbox(&[plain(&server)], limits), &source);
    assert_eq!(seen, json!(["LimitError crossing bytes", super::NO_ACCESS]));
}

#[test]
fn headers_without_end_are_refused() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let server = servers::http(move |mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").unwrap();
        endless(&counted, &mut stream);
    });
    let long = servers::http(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"x: y\r\n").is_ok() {}
    });
    let source = format!("export default [get('{}'), get('{}')]", server.address(), long.address());
    let seen = ask(&[plain(&server), plain(&long)], &source);
    let refused = |text: &str| {
        ["ErrorCode::HttpProtocolError", "ErrorCode::HttpResponseHeaderSectionSize(None)"].contains(&text)
    };
    assert!(seen.as_array().unwrap().iter().all(|seen| refused(seen.as_str().unwrap())), "{seen}");
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken < BUFFERED, "{taken} bytes were taken");
}

#[test]
fn what_the_host_keeps_of_a_request_is_limited() {
    let server = servers::answering("200 OK", &format!("x: {}\r\n", "y".repeat(20_000)), "hello");
    let long = servers::answering("200 OK", &format!("x: {}\r\n", "y".repeat(200_000)), "hello");
    let source = format!(
        "const [lent, long] = ['{}', '{}'];
         const path = (length) => ({{ path: `/${{'p'.repeat(length - 1)}}` }});
         export default [
           get(lent, {{ method: 'M'.repeat(64) }}), get(lent, {{ method: 'M'.repeat(65) }}), get(lent, {{ method: 'M'.repeat(10_000_000) }}),
           get(lent, path(16 << 10)), get(lent, path((16 << 10) + 1)), get('a'.repeat((16 << 10) + 1)),
           get(lent, {{ headers: [['x', 'y'.repeat(30_000)]] }}), get(lent, {{ headers: [['x', 'y'.repeat(40_000)]] }}), get(long),
         ];",
        server.address(),
        long.address()
    );
    let hello = "200 hello";
    let (method, path) = ("senseless method", "senseless path");
    let expected = json!([
        hello,
        method,
        method,
        hello,
        path,
        "senseless authority",
        hello,
        "TrapError `fetch`: component `net` trapped: total size of fields exceeds limit",
        "ErrorCode::HttpResponseHeaderSectionSize(None)"
    ]);
    assert_eq!(ask(&[plain(&server), plain(&long)], &source), expected);
}
