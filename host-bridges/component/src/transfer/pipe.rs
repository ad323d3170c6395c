//! A stream on its way between a script and a component: a bounded queue with a script at one end and a component, on another
//! thread, at the other.
//!
//! Whoever writes into a full queue waits, and so does who reads from an empty one: a slow reader stops its writer.

use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use innerbox_binding::Completer;

use crate::fault::Fault;
use crate::plan::Scalar;
use crate::scalar;

/// Most bytes in the queue.
const QUEUE_BYTES: usize = 64 << 10;

/// See the module.
pub struct Pipe {
    element: Scalar,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    queue: Vec<u8>,
    /// How the writer ended, if it has.
    end: Option<Result<(), Box<Fault>>>,
    /// True once somebody reads.
    read: bool,
    /// True once nobody reads any more.
    dropped: bool,
    /// Whoever waits for the queue to change.
    waker: Option<Waker>,
    waiting: Option<Completer<()>>,
    /// Who wants to know that nobody reads any more.
    watching: Option<Completer<()>>,
}

/// What a read found.
#[derive(Debug)]
pub enum Chunk {
    /// Bytes of whole elements, at least one.
    Bytes(Vec<u8>),
    /// The writer has ended.
    End,
    /// The writer came to no good end.
    Failed(Box<Fault>),
    /// Nothing is there yet.
    Nothing,
}

impl Pipe {
    /// A pipe of these elements.
    pub fn new(element: Scalar) -> Arc<Self> {
        Arc::new(Self { element, state: Mutex::default() })
    }

    /// What it carries.
    pub fn element(&self) -> Scalar {
        self.element
    }

    /// Bytes of one element.
    pub fn element_bytes(&self) -> usize {
        scalar::size(self.element) as usize
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes as much of `bytes` as there is room for, and says how much: whole elements.
    pub fn push(&self, bytes: &[u8]) -> usize {
        let mut state = self.state();
        if state.end.is_some() || state.dropped {
            return bytes.len();
        }
        let room = QUEUE_BYTES.saturating_sub(state.queue.len());
        let size = self.element_bytes();
        let taken = bytes.len().min(room) / size * size;
        state.queue.extend_from_slice(&bytes[..taken]);
        state.notify();
        taken
    }

    /// Ends the stream in order. What is queued can still be read.
    pub fn finish(&self) {
        self.end(Ok(()));
    }

    /// Ends the stream with a fault, after what is queued.
    pub fn fail(&self, fault: Box<Fault>) {
        self.end(Err(fault));
    }

    fn end(&self, end: Result<(), Box<Fault>>) {
        let mut state = self.state();
        if state.end.is_none() {
            state.end = Some(end);
            state.notify();
        }
    }

    /// Says that nobody reads any more.
    pub fn drop_reader(&self) {
        let mut state = self.state();
        state.dropped = true;
        state.queue = Vec::new();
        state.notify();
        if let Some(watching) = state.watching.take() {
            watching.complete(());
        }
    }

    /// Says that somebody reads from here on.
    pub fn attach(&self) {
        self.state().read = true;
    }

    /// As [`drop_reader`](Self::drop_reader), where nobody ever began to read.
    pub(crate) fn drop_unread(&self) {
        if !self.state().read {
            self.drop_reader();
        }
    }

    /// True once nobody reads any more.
    pub fn is_dropped(&self) -> bool {
        self.state().dropped
    }

    /// Reads at most `most` elements.
    pub fn take(&self, most: usize) -> Chunk {
        self.state().take(most.saturating_mul(self.element_bytes()))
    }

    /// As [`take`](Self::take); where nothing is there, the task of `cx` is woken when that changes.
    pub fn poll_take(&self, cx: &mut Context<'_>, most: usize) -> Chunk {
        let mut state = self.state();
        let chunk = state.take(most.saturating_mul(self.element_bytes()));
        if matches!(chunk, Chunk::Nothing) {
            state.waker = Some(cx.waker().clone());
        }
        chunk
    }

    /// How many elements there is room for, at least one, or `None` where nobody reads any more.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Option<usize>> {
        let mut state = self.state();
        if state.dropped {
            return Poll::Ready(None);
        }
        match QUEUE_BYTES.saturating_sub(state.queue.len()) / self.element_bytes() {
            0 => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
            room => Poll::Ready(Some(room)),
        }
    }

    /// True where a read would find something; else the task of `cx` is woken when it would.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> bool {
        let mut state = self.state();
        let readable = !state.queue.is_empty() || state.end.is_some();
        if !readable {
            state.waker = Some(cx.waker().clone());
        }
        readable
    }

    /// Takes all of `bytes`: for a writer that has asked for room and could not take any back.
    pub fn push_all(&self, bytes: &[u8]) {
        let mut state = self.state();
        if state.end.is_none() && !state.dropped {
            state.queue.extend_from_slice(bytes);
            state.notify();
        }
    }

    /// True once its writer has ended or its reader has gone.
    pub fn is_over(&self) -> bool {
        let state = self.state();
        state.end.is_some() || state.dropped
    }

    /// True where a read would find something.
    pub(crate) fn is_readable(&self) -> bool {
        let state = self.state();
        !state.queue.is_empty() || state.end.is_some() || state.dropped
    }

    /// Tells `waiting` when a read finds something.
    pub(crate) fn when_readable(&self, waiting: Completer<()>) {
        let mut state = self.state();
        match !state.queue.is_empty() || state.end.is_some() || state.dropped {
            true => waiting.complete(()),
            false => state.waiting = Some(waiting),
        }
    }

    /// Tells `waiting` when there is room, or nobody reads any more.
    pub(crate) fn when_writable(&self, waiting: Completer<()>) {
        let mut state = self.state();
        match state.queue.len() + self.element_bytes() <= QUEUE_BYTES || state.dropped {
            true => waiting.complete(()),
            false => state.waiting = Some(waiting),
        }
    }

    /// Tells `watching` when nobody reads any more.
    pub(crate) fn when_dropped(&self, watching: Completer<()>) {
        let mut state = self.state();
        match state.dropped {
            true => watching.complete(()),
            false => state.watching = Some(watching),
        }
    }
}

impl State {
    fn take(&mut self, most: usize) -> Chunk {
        if self.queue.is_empty() {
            return match &self.end {
                None => Chunk::Nothing,
                Some(Ok(())) => Chunk::End,
                Some(Err(fault)) => Chunk::Failed(fault.clone()),
            };
        }
        let bytes = match most >= self.queue.len() {
            true => take(&mut self.queue),
            false => self.queue.drain(..most).collect(),
        };
        self.notify();
        Chunk::Bytes(bytes)
    }

    fn notify(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
        if let Some(waiting) = self.waiting.take() {
            waiting.complete(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_pipe_takes_no_more_than_there_is_room_for() {
        let pipe = Pipe::new(Scalar::U8);
        assert_eq!(pipe.push(&vec![1; QUEUE_BYTES - 1]), QUEUE_BYTES - 1);
        assert_eq!(pipe.push(&[2, 3]), 1);
        assert_eq!(pipe.push(&[3]), 0);
        assert!(matches!(pipe.take(2), Chunk::Bytes(bytes) if bytes == [1, 1]));
        assert_eq!(pipe.push(&[3, 4, 5]), 2);
    }

    #[test]
    fn what_was_written_is_read_before_the_end() {
        let pipe = Pipe::new(Scalar::U16);
        assert!(matches!(pipe.take(1), Chunk::Nothing));
        assert_eq!(pipe.push(&[1, 0, 2, 0, 3]), 4, "whole elements");
        pipe.fail(Fault::Busy.into());
        pipe.finish();
        assert_eq!(pipe.push(&[4, 0]), 2, "it goes nowhere");
        assert!(matches!(pipe.take(1), Chunk::Bytes(bytes) if bytes == [1, 0]));
        assert!(matches!(pipe.take(9), Chunk::Bytes(bytes) if bytes == [2, 0]));
        assert!(matches!(pipe.take(1), Chunk::Failed(fault) if matches!(*fault, Fault::Busy)));
    }

    #[test]
    fn nothing_is_kept_for_a_reader_that_has_gone() {
        let pipe = Pipe::new(Scalar::U8);
        pipe.push(&[1]);
        pipe.drop_reader();
        assert_eq!(pipe.push(&vec![1; 1 << 20]), 1 << 20);
        assert!(pipe.is_dropped() && pipe.is_readable() && pipe.state().queue.is_empty());
    }
}
