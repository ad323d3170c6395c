//! What waits for one thread of a pool: a line for each tenant, and whose turn it is.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::lost::Lost;
use crate::sandbox::{Sandbox, SandboxHandle};

/// A task whose type is forgotten.
pub(super) trait Work: Send {
    /// Does it, or goes on with it, until it is done or waits.
    fn run(&mut self, sandbox: &mut Sandbox) -> Progress;

    /// Tells whoever waits what came of it, or why nothing did.
    fn finish(self: Box<Self>, lost: Option<Lost>);
}

/// What has become of a piece of work.
pub(super) enum Progress {
    /// It waits for what will come for its sandbox, no longer than until then.
    Waits {
        until: Option<Instant>,
    },
    Done,
}

/// A piece of work.
pub(super) struct Piece {
    pub(super) id: u64,
    pub(super) work: Box<dyn Work>,
}

/// To drop a sandbox takes as long as a small run, so it waits for a quiet moment, unless so many have gathered.
const GONE_MAX: usize = 16;

/// A tenant has as much waiting as it may.
pub(super) struct Full {
    pub(super) waiting: usize,
}

/// The lines of one thread.
pub(super) struct Queues {
    state: Mutex<State>,
    /// Something is to be done.
    work: Condvar,
    /// A line has become shorter.
    room: Condvar,
    most: usize,
    next_id: AtomicU64,
}

#[derive(Default)]
struct State {
    lines: HashMap<u64, Line>,
    /// Tenants with work that can begin, each once, by turns.
    turns: VecDeque<u64>,
    /// Tenants for whose sandboxes something has come from others, each once.
    rung: VecDeque<u64>,
    /// Whose turn was the last: pieces of work and what others ask for alternate.
    served_last: bool,
    /// Tenants whose sandboxes are to be dropped.
    gone: Vec<u64>,
    phase: Phase,
}

/// One tenant's.
#[derive(Default)]
struct Line {
    pieces: VecDeque<Piece>,
    /// The piece that has begun. Until it is done, no other one does.
    running: Option<Running>,
    handle: Option<SandboxHandle>,
    disposed: bool,
    /// It is among those that were rung for.
    rung: bool,
}

struct Running {
    piece: u64,
    lost: Option<Lost>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// What waits is done, and nothing more is taken.
    Draining,
    Stopped,
}

/// What the thread does next.
pub(super) enum Step {
    /// A piece of this tenant's work.
    Run(u64, Piece),
    /// Does what has come for tenants from others, or is due.
    Serve,
    /// Drops this tenant's sandbox.
    Drop(u64),
    /// Nothing is to be done now.
    Idle,
    Stop,
}

impl Queues {
    pub(super) fn new(most: usize) -> Self {
        let (work, room) = (Condvar::new(), Condvar::new());
        Self { state: Mutex::default(), work, room, most: most.max(1), next_id: AtomicU64::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn fresh_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn tenants(&self) -> usize {
        self.lock().lines.len()
    }

    pub(super) fn enter(&self, tenant: u64) {
        self.lock().lines.insert(tenant, Line::default());
    }

    /// Nobody holds the tenant any more, and it has no work.
    pub(super) fn leave(&self, tenant: u64) {
        let mut state = self.lock();
        state.lines.remove(&tenant);
        state.gone.push(tenant);
        self.work.notify_one();
    }

    pub(super) fn push(&self, tenant: u64, piece: Piece) -> Result<(), Full> {
        self.push_where_room(self.lock(), tenant, piece).map_err(|(full, piece)| {
            // Whoever is told that it is full holds no ticket.
            drop(piece);
            full
        })
    }

    pub(super) fn push_waiting(&self, tenant: u64, piece: Piece) {
        let mut piece = piece;
        loop {
            match self.push_where_room(self.lock(), tenant, piece) {
                Ok(()) => return,
                Err((_, refused)) => piece = refused,
            }
            let state = self.lock();
            if state.is_full(tenant, self.most) {
                drop(self.room.wait(state).unwrap_or_else(PoisonError::into_inner));
            }
        }
    }

    /// Something has come for a tenant's sandbox from another one.
    pub(super) fn ring(&self, tenant: u64) {
        let mut state = self.lock();
        if state.ring(tenant) {
            self.work.notify_one();
        }
    }

    /// The tenants that were rung for since this was last asked.
    pub(super) fn take_rung(&self) -> VecDeque<u64> {
        let mut state = self.lock();
        let rung = std::mem::take(&mut state.rung);
        for tenant in &rung {
            if let Some(line) = state.lines.get_mut(tenant) {
                line.rung = false;
            }
        }
        rung
    }

    fn push_where_room(
        &self,
        mut state: MutexGuard<'_, State>,
        tenant: u64,
        piece: Piece,
    ) -> Result<(), (Full, Piece)> {
        let open = state.phase == Phase::Open;
        let lost = match state.lines.get_mut(&tenant) {
            Some(line) if open && !line.disposed => {
                let waiting = line.pieces.len();
                if waiting >= self.most {
                    return Err((Full { waiting }, piece));
                }
                line.pieces.push_back(piece);
                if waiting == 0 && line.running.is_none() {
                    state.turns.push_back(tenant);
                }
                // Whoever is woken would have to wait for the lock.
                drop(state);
                self.work.notify_one();
                return Ok(());
            }
            Some(line) if line.disposed => Lost::Disposed,
            _ => Lost::Closed,
        };
        drop(state);
        piece.work.finish(Some(lost));
        Ok(())
    }

    /// What the thread does next. It waits for something, unless it has something to do `meanwhile`, and no longer than
    /// something is due.
    pub(super) fn next(&self, meanwhile: bool, due: Option<Instant>) -> Step {
        let mut state = self.lock();
        loop {
            if state.phase == Phase::Stopped {
                return Step::Stop;
            }
            if state.gone.len() > GONE_MAX
                && let Some(tenant) = state.gone.pop()
            {
                return Step::Drop(tenant);
            }
            let serve = !state.rung.is_empty() || due.is_some_and(|due| due <= Instant::now());
            if serve && (!state.served_last || state.turns.is_empty()) {
                state.served_last = true;
                return Step::Serve;
            }
            state.served_last = false;
            if let Some((tenant, piece)) = state.take() {
                self.room.notify_all();
                return Step::Run(tenant, piece);
            }
            if let Some(tenant) = state.gone.pop() {
                return Step::Drop(tenant);
            }
            if state.phase == Phase::Draining && state.lines.values().all(|line| line.running.is_none()) {
                return Step::Stop;
            }
            if meanwhile {
                return Step::Idle;
            }
            state = match due {
                None => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(due) => {
                    let left = due.saturating_duration_since(Instant::now());
                    self.work.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Notes how what runs is ended; false where it has been taken back already.
    pub(super) fn begin(&self, tenant: u64, handle: &SandboxHandle) -> bool {
        let mut state = self.lock();
        let Some(line) = state.lines.get_mut(&tenant) else { return false };
        line.handle = Some(handle.clone());
        line.running.as_ref().is_some_and(|running| running.lost.is_none())
    }

    /// Notes that the tenant's piece of work is over; why it does not count, if so.
    pub(super) fn end(&self, tenant: u64) -> Option<Lost> {
        let mut state = self.lock();
        let line = state.lines.get_mut(&tenant)?;
        let ended = line.running.take();
        if !line.pieces.is_empty() {
            state.turns.push_back(tenant);
        }
        ended.and_then(|running| running.lost)
    }

    pub(super) fn cancel(&self, tenant: u64, piece: u64) {
        let mut state = self.lock();
        let Some(line) = state.lines.get_mut(&tenant) else { return };
        if line.running.as_ref().is_some_and(|running| running.piece == piece) {
            line.end(Lost::Cancelled);
            state.ring(tenant);
            self.work.notify_one();
            return;
        }
        let Some(place) = line.pieces.iter().position(|waiting| waiting.id == piece) else { return };
        let taken = line.pieces.remove(place);
        if line.pieces.is_empty() {
            state.turns.retain(|turn| *turn != tenant);
        }
        drop(state);
        self.room.notify_all();
        if let Some(taken) = taken {
            taken.work.finish(Some(Lost::Cancelled));
        }
    }

    pub(super) fn dispose(&self, tenant: u64) {
        let mut state = self.lock();
        let Some(line) = state.lines.get_mut(&tenant) else { return };
        line.disposed = true;
        let waiting = std::mem::take(&mut line.pieces);
        line.end(Lost::Disposed);
        // Another tenant of the thread may wait for it, and this one cannot be dropped meanwhile: it is told.
        state.ring(tenant);
        state.turns.retain(|turn| *turn != tenant);
        state.gone.push(tenant);
        drop(state);
        self.work.notify_one();
        self.room.notify_all();
        for piece in waiting {
            piece.work.finish(Some(Lost::Disposed));
        }
    }

    pub(super) fn drain(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Open {
            state.phase = Phase::Draining;
        }
        self.work.notify_one();
        self.room.notify_all();
    }

    /// Ends what runs; what waits is lost.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.phase = Phase::Stopped;
        // All of them: one may run from within the run of another, and one that waits has to be told.
        state.lines.values_mut().for_each(|line| line.end(Lost::Closed));
        let lost: Vec<_> = state.lines.values_mut().flat_map(|line| line.pieces.drain(..)).collect();
        state.turns.clear();
        drop(state);
        self.work.notify_one();
        self.room.notify_all();
        for piece in lost {
            piece.work.finish(Some(Lost::Closed));
        }
    }
}

impl State {
    fn is_full(&self, tenant: u64, most: usize) -> bool {
        self.phase == Phase::Open
            && self.lines.get(&tenant).is_some_and(|line| !line.disposed && line.pieces.len() >= most)
    }

    /// The next piece of the tenant whose turn it is; if it has more, its next turn is the last.
    fn take(&mut self) -> Option<(u64, Piece)> {
        while let Some(tenant) = self.turns.pop_front() {
            let Some(line) = self.lines.get_mut(&tenant) else { continue };
            let Some(piece) = line.pieces.pop_front() else { continue };
            line.running = Some(Running { piece: piece.id, lost: None });
            return Some((tenant, piece));
        }
        None
    }

    /// Notes that something has come for a tenant's sandbox; false where that was noted before, or it has none.
    fn ring(&mut self, tenant: u64) -> bool {
        let Some(line) = self.lines.get_mut(&tenant) else { return false };
        let is_new = !std::mem::replace(&mut line.rung, true);
        if is_new {
            self.rung.push_back(tenant);
        }
        is_new
    }
}

impl Line {
    /// Ends the sandbox, and what runs in it: under the lock under which work begins and ends.
    fn end(&mut self, why: Lost) {
        if let Some(running) = &mut self.running {
            running.lost.get_or_insert(why);
        }
        if let Some(handle) = &self.handle {
            handle.terminate_quietly();
        }
    }
}
