//! The few requests of HTTP that clients of the inspector make.

use std::io::{Error, ErrorKind, Result};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::address::is_local;

/// Most bytes of a request's head, and most headers in it.
const HEAD_BYTES_MAX: usize = 16 << 10;
const HEADERS_MAX: usize = 64;

/// The origins of DevTools themselves. Those of web pages begin with other words.
const ORIGINS: [&str; 2] = ["devtools://", "chrome-devtools://"];

/// What a client wants.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without what follows `?`.
    pub(super) path: String,
    /// By which name the client has called this machine. Empty where that is not clear.
    pub(super) host: String,
    origins: Vec<String>,
    upgrade: String,
    version: String,
    key: String,
}

/// Reads a request's head; and what the client has sent after it.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<(Request, Vec<u8>)> {
    let mut bytes = Vec::new();
    while bytes.len() < HEAD_BYTES_MAX {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if let Some((request, length)) = parse(&bytes)? {
            return Ok((request, bytes.split_off(length)));
        }
    }
    Err(ErrorKind::InvalidData.into())
}

fn parse(bytes: &[u8]) -> Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes).map_err(Error::other)? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Ok(None),
    };
    let path = parsed.path.unwrap_or_default();
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.split('?').next().unwrap_or_default().to_owned(),
        ..Request::default()
    };
    let mut hosts = Vec::new();
    for header in parsed.headers.iter() {
        let value = String::from_utf8_lossy(header.value).trim().to_owned();
        match header.name.to_ascii_lowercase().as_str() {
            "host" => hosts.push(value),
            "origin" => request.origins.push(value),
            "upgrade" => request.upgrade = value,
            "sec-websocket-version" => request.version = value,
            "sec-websocket-key" => request.key = value,
            _ => {}
        }
    }
    if let [host] = &mut hosts[..] {
        request.host = std::mem::take(host);
    }
    Ok(Some((request, length)))
}

impl Request {
    /// Refuses what a web page has sent.
    ///
    /// # Errors
    /// Why.
    pub(super) fn check(&self) -> std::result::Result<(), &'static str> {
        if !is_local(&self.host) {
            return Err(
                "the `Host` header has to name this machine: an address such as `127.0.0.1`, or `localhost`",
            );
        }
        let is_known = |origin: &String| ORIGINS.iter().any(|known| origin.starts_with(known));
        if !self.origins.iter().all(is_known) {
            return Err("web pages have no access: the `Origin` header is none of DevTools");
        }
        Ok(())
    }

    /// The answer that makes the connection a WebSocket.
    ///
    /// # Errors
    /// Why it cannot be one.
    pub(super) fn upgrade(&self) -> std::result::Result<Response, &'static str> {
        if !self.upgrade.eq_ignore_ascii_case("websocket") || self.key.is_empty() {
            return Err("this is a WebSocket");
        }
        if self.version != "13" {
            return Err("the version of WebSocket has to be 13");
        }
        let headers = vec![
            ("Upgrade", "websocket".to_owned()),
            ("Connection", "Upgrade".to_owned()),
            ("Sec-WebSocket-Accept", derive_accept_key(self.key.as_bytes())),
        ];
        Ok(Response { status: 101, headers, body: String::new() })
    }
}

/// What a client gets.
pub(super) struct Response {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Response {
    pub(super) fn json(value: &Value) -> Self {
        Self::closing(200, "application/json; charset=UTF-8", format!("{value:#}\n"))
    }

    pub(super) fn refusal(status: u16, why: &str) -> Self {
        Self::closing(status, "text/plain; charset=UTF-8", format!("{why}\n"))
    }

    fn closing(status: u16, kind: &str, body: String) -> Self {
        let headers = vec![
            ("Content-Type", kind.to_owned()),
            ("Content-Length", body.len().to_string()),
            ("Cache-Control", "no-cache".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
            ("Connection", "close".to_owned()),
        ];
        Self { status, headers, body }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let reason = match self.status {
            101 => "Switching Protocols",
            200 => "OK",
            400 => "Bad Request",
            403 => "Forbidden",
            405 => "Method Not Allowed",
            _ => "Not Found",
        };
        let mut text = format!("HTTP/1.1 {} {reason}\r\n", self.status);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(&self.body);
        text.into_bytes()
    }
}
