//! The isolates of one thread: while one of them waits, the others can do what they are asked for.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

/// Who runs the isolates of a thread.
pub trait Neighbours {
    /// True where the isolate that has this number is of this thread, and does nothing.
    fn is_free(&self, isolate: u64) -> bool;

    /// Has those that do nothing do what has come for them and what is due, without waiting for anything.
    fn serve(&self) -> Served;
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// True where there was something to do; there may be more.
    pub ran: bool,
    /// When something is due next.
    pub next: Option<Instant>,
}

impl Served {
    /// There was nothing to do, and nothing will be due.
    pub const NOTHING: Self = Self { ran: false, next: None };
}

thread_local! {
    static NEIGHBOURS: RefCell<Option<Rc<dyn Neighbours>>> = const { RefCell::new(None) };
}

/// Tells who runs the isolates of this thread.
pub fn set_neighbours(neighbours: Rc<dyn Neighbours>) {
    NEIGHBOURS.set(Some(neighbours));
}

/// Who runs the isolates of this thread, if anybody but whoever made them.
#[must_use]
pub fn neighbours() -> Option<Rc<dyn Neighbours>> {
    NEIGHBOURS.with_borrow(Clone::clone)
}

/// See [`Neighbours::serve`]; nothing where there are none.
pub(crate) fn serve() -> Served {
    neighbours().map_or(Served::NOTHING, |neighbours| neighbours.serve())
}
