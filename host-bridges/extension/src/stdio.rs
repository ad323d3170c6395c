//! Where what a component writes to its standard streams goes.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use innerbox_bridge_web::{ConsoleFull, Stream};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// Bytes kept of what a component writes to its standard error stream.
const LAST_WORDS_BYTES: usize = 2048;

/// Bytes that a component may write at once.
const WRITE_BYTES: usize = 64 << 10;

/// The console of a sandbox, as its components see it, on whatever thread they run.
pub type Output = Arc<dyn Fn(Stream, &str) -> Result<(), ConsoleFull> + Send + Sync>;

/// One of a component's output streams, which leads to the console of its sandbox.
#[derive(Clone)]
pub(super) struct ToConsole {
    stream: Stream,
    output: Output,
    /// The beginning of a character whose end was not written yet.
    unfinished: Arc<Mutex<Vec<u8>>>,
    last_words: LastWords,
}

impl ToConsole {
    pub(super) fn new(stream: Stream, output: &Output, last_words: &LastWords) -> Self {
        let (output, last_words) = (Arc::clone(output), last_words.clone());
        Self { stream, output, unfinished: Arc::default(), last_words }
    }
}

impl IsTerminal for ToConsole {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for ToConsole {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Asynchronous(self.clone()))
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for ToConsole {
    async fn ready(&mut self) {}
}

impl OutputStream for ToConsole {
    fn write(&mut self, written: bytes::Bytes) -> StreamResult<()> {
        if self.stream == Stream::Err {
            self.last_words.keep(&written);
        }
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        unfinished.extend_from_slice(&written);
        let text = finished(&mut unfinished);
        if text.is_empty() {
            return Ok(());
        }
        (self.output)(self.stream, &text).map_err(|full| StreamError::Trap(full.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

/// A stream in the form that WASI 0.3 asks for. It never waits.
struct Asynchronous<S>(S);

impl<S: OutputStream + Unpin> AsyncWrite for Asynchronous<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let count = bytes.len().min(WRITE_BYTES);
        let written = self.0.write(bytes::Bytes::copy_from_slice(&bytes[..count]));
        Poll::Ready(written.map(|()| count).map_err(std::io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Takes the text out of `bytes`, but for the beginning of a character at the end. What is no UTF-8 becomes U+FFFD.
fn finished(bytes: &mut Vec<u8>) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut kept = 0;
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        text.push_str(chunk.valid());
        let invalid = chunk.invalid();
        let begins = std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
        match invalid {
            [] => {}
            _ if begins && chunks.peek().is_none() => kept = invalid.len(),
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
    bytes.drain(..bytes.len() - kept);
    text
}

/// The end of what a component wrote to its standard error stream.
#[derive(Clone, Default)]
pub(super) struct LastWords {
    bytes: Arc<Mutex<VecDeque<u8>>>,
}

impl LastWords {
    fn keep(&self, written: &[u8]) {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.extend(written.iter().skip(written.len().saturating_sub(LAST_WORDS_BYTES)));
        let excess = bytes.len().saturating_sub(LAST_WORDS_BYTES);
        bytes.drain(..excess);
    }

    /// The lines, as one, and forgets them.
    pub(super) fn take(&self) -> Option<String> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let text: Vec<u8> = bytes.drain(..).collect();
        let text = String::from_utf8_lossy(&text);
        let lines =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("note: "));
        let words = lines.collect::<Vec<_>>().join(" ");
        (!words.is_empty()).then_some(words)
    }
}

impl IsTerminal for LastWords {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LastWords {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Asynchronous(self.clone()))
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for LastWords {
    async fn ready(&mut self) {}
}

impl OutputStream for LastWords {
    fn write(&mut self, written: bytes::Bytes) -> StreamResult<()> {
        self.keep(&written);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LAST_WORDS_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::finished;

    #[track_caller]
    fn check(written: &[&[u8]], expected: &[&str]) {
        let mut bytes = Vec::new();
        let texts = written.iter().map(|written| {
            bytes.extend_from_slice(written);
            finished(&mut bytes)
        });
        assert_eq!(texts.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_character_is_told_when_it_is_whole() {
        check(&[b"a\xf0\x9f", b"\x98", b"\x80b"], &["a", "", "\u{1f600}b"]);
        check(&[b"a\xc3", b"b", b"c"], &["a", "\u{fffd}b", "c"]);
        check(&[b"\xff\xfe", b"\xed\xa0\x80"], &["\u{fffd}\u{fffd}", "\u{fffd}\u{fffd}\u{fffd}"]);
        check(&[b"", b"plain\n"], &["", "plain\n"]);
    }
}
