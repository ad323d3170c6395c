//! Tiny servers on this machine, each on a thread of its own until the process ends.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server that speaks TCP.
pub(super) struct Server {
    pub(super) port: u16,
    /// What each connection began with.
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `127.0.0.1` and the port.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// The value of a header of the only request.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        let mut lines = seen[0].lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }
}

/// Serves each connection on a thread of its own. What it begins with, up to an empty line for HTTP, is noted first.
fn serve(
    begin: fn(&mut TcpStream) -> String,
    work: impl Fn(&str, TcpStream) + Send + Sync + 'static,
) -> Server {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let server = Server { port: listener.local_addr().unwrap().port(), seen: Arc::default() };
    let (seen, work) = (Arc::clone(&server.seen), Arc::new(work));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (seen, work) = (Arc::clone(&seen), Arc::clone(&work));
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                let beginning = begin(&mut stream);
                seen.lock().unwrap().push(beginning.clone());
                work(&beginning, stream);
            });
        }
    });
    server
}

/// Serves HTTP: `work` is given the connection behind the head of the request.
pub(super) fn http(work: impl Fn(TcpStream) + Send + Sync + 'static) -> Server {
    serve(head, move |_, stream| work(stream))
}

/// Answers every request of HTTP in the same way, once it was read.
pub(super) fn answering(status: &str, headers: &str, body: &str) -> Server {
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}");
    serve(head, move |head, mut stream| {
        let mut data = Vec::new();
        let mut byte = [0];
        while head.contains("chunked") && !data.ends_with(b"0\r\n\r\n") && stream.read(&mut byte).is_ok() {
            data.push(byte[0]);
        }
        drop(stream.write_all(answer.as_bytes()));
    })
}

/// Sends back what it is sent.
pub(super) fn echoing() -> Server {
    let nothing = |_: &mut TcpStream| String::new();
    serve(nothing, |_, mut stream| {
        let mut data = Vec::new();
        let _ = stream.read_to_end(&mut data);
        let _ = stream.write_all(&data).and_then(|()| stream.shutdown(Shutdown::Write));
    })
}

/// Takes connections and says nothing, nor closes them. Gives, for each, whether its other end was closed.
pub(super) fn silent() -> (Server, Arc<Mutex<Vec<bool>>>) {
    let closed: Arc<Mutex<Vec<bool>>> = Arc::default();
    let noted = Arc::clone(&closed);
    let server = serve(
        |_| String::new(),
        move |_, mut stream| {
            let place = {
                let mut noted = noted.lock().unwrap();
                noted.push(false);
                noted.len() - 1
            };
            // A client that goes with our bytes unread resets: an error is an end, too.
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
            noted.lock().unwrap()[place] = true;
            std::mem::forget(stream);
        },
    );
    (server, closed)
}

/// Notes the first bytes of a connection, as they are, and ends it.
pub(super) fn listening() -> Server {
    let some = |stream: &mut TcpStream| {
        let mut data = vec![0; 512];
        let length = stream.read(&mut data).unwrap_or(0);
        data[..length].iter().map(|byte| char::from(*byte)).collect()
    };
    serve(some, |_, mut stream| drop(stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")))
}

/// Answers each datagram: first from another port with `wrong`, then from this one with what came.
pub(super) fn datagrams() -> u16 {
    let [socket, other] = [(); 2].map(|()| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let port = socket.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut data = vec![0; 1 << 16];
        while let Ok((length, from)) = socket.recv_from(&mut data) {
            other.send_to(b"wrong", from).unwrap();
            thread::sleep(std::time::Duration::from_millis(20));
            socket.send_to(&data[..length], from).unwrap();
        }
    });
    port
}

/// Reads the head of a request.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|length| length == 1) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}
