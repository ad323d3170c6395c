//! The console of a sandbox, as its components write to it.
//!
//! An instance may run on another thread than its sandbox, and a console cannot leave its own. So consoles are kept, by
//! numbers, on the threads of their sandboxes; what is written elsewhere waits in the console's queue.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use innerbox_bridge_web::{Console, ConsoleFull, ConsoleQueue, Stream};

use innerbox_extension::Output;

thread_local! {
    static CONSOLES: RefCell<HashMap<u64, Console>> = RefCell::default();
}

/// The console of a sandbox, from its thread.
pub(super) struct Stdio(Arc<Line>);

/// The way to a console, from any thread.
struct Line {
    number: u64,
    /// Missing as long as there is no console.
    queue: OnceLock<Arc<ConsoleQueue>>,
}

impl Stdio {
    /// Without a console as yet.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(Arc::new(Line { number: NEXT.fetch_add(1, Ordering::Relaxed), queue: OnceLock::new() }))
    }

    /// Writes to this console from now on. There is one for a sandbox.
    pub(super) fn connect(&self, console: Console) {
        self.0.queue.get_or_init(|| console.queue());
        CONSOLES.with_borrow_mut(|consoles| consoles.insert(self.0.number, console));
    }

    /// What counts the bytes that are written.
    pub(super) fn queue(&self) -> Option<&ConsoleQueue> {
        self.0.queue.get().map(|queue| &**queue)
    }

    /// What components write to.
    pub(super) fn output(&self) -> Output {
        let line = Arc::clone(&self.0);
        Arc::new(move |stream, text| line.write(stream, text))
    }

    /// Writes what waits.
    pub(super) fn deliver(&self) {
        if let Some(console) = self.0.console() {
            console.deliver();
        }
    }
}

impl Drop for Stdio {
    fn drop(&mut self) {
        // A sandbox in a thread-local variable may outlive the table, which has dropped the console then.
        let _ = CONSOLES.try_with(|consoles| consoles.borrow_mut().remove(&self.0.number));
    }
}

impl Line {
    /// The console, if this is its thread.
    fn console(&self) -> Option<Console> {
        CONSOLES.with_borrow(|consoles| consoles.get(&self.number).cloned())
    }

    fn write(&self, stream: Stream, text: &str) -> Result<(), ConsoleFull> {
        // Without a console there is no isolate that could have made an instance.
        let Some(queue) = self.queue.get() else { return Ok(()) };
        queue.charge(text.len())?;
        match self.console() {
            Some(console) => console.write(stream, text),
            None => queue.push(stream, text.to_owned()),
        }
        Ok(())
    }
}
