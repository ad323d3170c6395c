//! What a component looks at when wasmtime's epoch has moved: whether it is meant.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Longest time between two looks of the watchdog, and so by how much a limit can be passed.
pub const TICK: Duration = Duration::from_millis(10);

/// Set in a call's mark when the watchdog found its time to be over.
const EXPIRED: u64 = 1 << 63;

/// No call is being made.
const NONE: u64 = 0;

/// A call is being made that may take as long as it likes.
const UNLIMITED: u64 = EXPIRED - 1;

/// Milliseconds since the engine was made, as of the watchdog's last look: reading it costs a nanosecond.
pub struct Clock {
    start: Instant,
    now: AtomicU64,
}

impl Clock {
    /// One that stands at zero.
    #[expect(clippy::new_without_default, reason = "when it is made is what it counts from")]
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now(), now: AtomicU64::new(0) }
    }

    /// Has it show the time `now`, until it is set again.
    pub fn set_to(&self, now: Instant) {
        let milliseconds = now.saturating_duration_since(self.start).as_millis();
        self.now.store(u64::try_from(milliseconds).unwrap_or(u64::MAX) & !EXPIRED, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }
}

/// How the watchdog reaches the component calls of one sandbox.
///
/// It moves the epoch of all stores on; each store that notices asks its sandbox's interrupt whether it must stop: for
/// good, since the run is over ([`fired`](Self::fired)), or only the call that it is in
/// (`call_expired`).
///
/// Each component of the sandbox has an interrupt of its own, for calls of several may go on at once.
pub struct Interrupt {
    clock: Arc<Clock>,
    fired: Arc<AtomicBool>,
    /// When the innermost call's time is over, by `clock`, with [`EXPIRED`] once it is; or [`NONE`].
    call: AtomicU64,
    /// Of the sandbox's components; all of them know each other.
    parts: Arc<Mutex<Vec<Weak<Interrupt>>>>,
}

impl Interrupt {
    /// The interrupt of a sandbox, whose calls are timed by `clock`.
    #[must_use]
    pub fn new(clock: Arc<Clock>) -> Self {
        Self { clock, fired: Arc::default(), call: AtomicU64::new(NONE), parts: Arc::default() }
    }

    /// An interrupt for one component of the sandbox, from the sandbox's own or from another one's.
    pub fn part(&self) -> Arc<Self> {
        let part = Arc::new(Self {
            clock: Arc::clone(&self.clock),
            fired: Arc::clone(&self.fired),
            call: AtomicU64::new(NONE),
            parts: Arc::clone(&self.parts),
        });
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.retain(|part| part.strong_count() > 0);
        parts.push(Arc::downgrade(&part));
        part
    }

    /// True once the run has passed a limit. It stays so: the sandbox is condemned.
    pub fn fired(&self) -> bool {
        self.fired.load(Ordering::Acquire)
    }

    /// True where the innermost call has had its time.
    pub(crate) fn call_expired(&self) -> bool {
        self.call.load(Ordering::Acquire) & EXPIRED != 0
    }

    /// Notes that a component is entered, which may take its allowance; until the answer is dropped.
    pub(crate) fn enter_call(&self, allowance: CallAllowance) -> Call<'_> {
        let outer = self.call.load(Ordering::Relaxed);
        let mark = match allowance.0 {
            NONE => UNLIMITED,
            milliseconds => self.clock.now().saturating_add(milliseconds).min(UNLIMITED),
        };
        self.call.store(mark, Ordering::Release);
        Call { interrupt: self, outer }
    }

    /// Ends the call that is being made, if there is one, as if its time were over.
    pub(crate) fn cancel_call(&self) {
        let expired = |mark: u64| (mark != NONE).then_some(mark | EXPIRED);
        // Where there is none, there is nothing to end.
        let _ = self.call.fetch_update(Ordering::AcqRel, Ordering::Acquire, expired);
    }

    /// Ends every component call of the sandbox, and any later one, once the epoch moves.
    pub fn fire(&self) {
        self.fired.store(true, Ordering::Release);
    }

    /// Marks the calls as expired whose time is over; true where the epoch must move on for one.
    pub fn expire_calls(&self) -> bool {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        // All of them, not only the first.
        let expired = parts.iter().filter_map(Weak::upgrade).filter(|part| part.expire_call()).count();
        expired > 0
    }

    /// Marks the innermost call as expired if its time is over; true where the epoch must move on for it.
    ///
    /// The mark is exchanged only against the one that was read. Should another call have begun in between with the very
    /// same mark, its time is over as well.
    fn expire_call(&self) -> bool {
        let mark = self.call.load(Ordering::Acquire);
        if mark & EXPIRED != 0 {
            return true;
        }
        let over = mark != NONE && self.clock.now() >= mark;
        over && self.call.compare_exchange(mark, mark | EXPIRED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// How long one call may take: computed once, since a call is counted in nanoseconds.
#[derive(Clone, Copy)]
pub(crate) struct CallAllowance(u64);

impl CallAllowance {
    /// `wall` and the watchdog's tick, in milliseconds; `None` for no limit.
    pub(crate) fn new(wall: Option<Duration>) -> Self {
        let milliseconds = |wall: Duration| u64::try_from((wall + TICK).as_millis()).unwrap_or(u64::MAX);
        Self(wall.map_or(NONE, milliseconds))
    }
}

/// A component call that is being made.
#[must_use = "the call is over when this is dropped"]
pub(crate) struct Call<'a> {
    interrupt: &'a Interrupt,
    outer: u64,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.interrupt.call.store(self.outer, Ordering::Release);
    }
}

#[cfg(test)]
impl Interrupt {
    /// One that nothing watches.
    pub(crate) fn idle() -> Self {
        Self::new(Arc::new(Clock::new()))
    }

    /// As the watchdog does at the end of a run.
    pub(crate) fn end(&self) {
        self.fire();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Interrupt {
        let interrupt = Interrupt::new(Arc::new(Clock::new()));
        set(&interrupt, milliseconds);
        interrupt
    }

    fn set(interrupt: &Interrupt, milliseconds: u64) {
        interrupt.clock.set_to(interrupt.clock.start + Duration::from_millis(milliseconds));
    }

    const WALL: Option<Duration> = Some(Duration::from_millis(100));

    #[test]
    fn a_call_expires_when_its_time_is_over_and_not_before() {
        let interrupt = at(1000);
        let call = interrupt.enter_call(CallAllowance::new(WALL));
        set(&interrupt, 1109);
        assert!(!interrupt.expire_call() && !interrupt.call_expired());
        set(&interrupt, 1110);
        assert!(interrupt.expire_call() && interrupt.call_expired());
        drop(call);
        assert!(!interrupt.expire_call() && !interrupt.call_expired());
    }

    #[test]
    fn a_nested_call_leaves_the_outer_ones_time_as_it_was() {
        let interrupt = at(1000);
        let _outer = interrupt.enter_call(CallAllowance::new(WALL));
        set(&interrupt, 1200);
        let inner = interrupt.enter_call(CallAllowance::new(WALL));
        assert!(!interrupt.expire_call());
        drop(inner);
        assert!(interrupt.expire_call());
    }

    #[test]
    fn a_call_can_be_cancelled_and_the_next_one_is_not() {
        let interrupt = at(1000);
        interrupt.cancel_call();
        assert!(!interrupt.call_expired() && !interrupt.expire_call());
        let call = interrupt.enter_call(CallAllowance::new(None));
        interrupt.cancel_call();
        assert!(interrupt.call_expired() && interrupt.expire_call());
        drop(call);
        assert!(!interrupt.call_expired() && !interrupt.expire_call());
    }

    #[test]
    fn calls_of_two_components_expire_by_themselves() {
        let whole = at(1000);
        let (first, second) = (whole.part(), whole.part());
        let _first = first.enter_call(CallAllowance::new(WALL));
        set(&whole, 1060);
        let _second = second.enter_call(CallAllowance::new(WALL));
        set(&whole, 1110);
        assert!(whole.expire_calls());
        assert!(first.call_expired() && !second.call_expired());
        whole.fire();
        assert!(first.fired() && second.fired());
    }

    #[test]
    fn a_call_without_a_limit_never_expires() {
        let interrupt = at(1000);
        let _call = interrupt.enter_call(CallAllowance::new(None));
        set(&interrupt, u64::from(u32::MAX));
        assert!(!interrupt.expire_call());
    }
}
