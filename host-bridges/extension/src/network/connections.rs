//! How many connections are open at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the connections of one extension in one sandbox: sockets, HTTP requests, and names that are looked up.
#[derive(Debug, Default)]
pub(super) struct Connections(AtomicUsize);

/// Counts as one until it is dropped.
#[derive(Debug)]
pub(crate) struct Connection(Arc<Connections>);

impl Connections {
    /// One more, if it is not more than `most`.
    pub(super) fn open(self: &Arc<Self>, most: usize) -> Option<Connection> {
        let one_more = |open: usize| (open < most).then_some(open + 1);
        self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        Some(Connection(Arc::clone(self)))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Connections;

    #[test]
    fn what_is_closed_makes_room() {
        let connections = Arc::new(Connections::default());
        let first = connections.open(2).unwrap();
        let _second = connections.open(2).unwrap();
        assert!(connections.open(2).is_none());
        drop(first);
        assert!(connections.open(2).is_some());
        assert!(connections.open(0).is_none());
    }
}
