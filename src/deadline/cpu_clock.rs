//! The processor time of a thread, which another thread can read.
#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "the clocks of other threads are reached through libc")
)]

use std::time::Duration;

#[cfg(target_os = "linux")]
use thread::CpuClock;
#[cfg(not(target_os = "linux"))]
use wall::CpuClock;

/// The processor time that a thread has spent on one thing, which it may leave and take up again.
#[derive(Clone, Copy, Debug)]
pub(super) struct CpuUse {
    clock: CpuClock,
    /// Until it was last taken up.
    before: Duration,
    /// The clock's time then; `None` while the thread does other things.
    since: Option<Duration>,
}

impl CpuUse {
    /// Of the calling thread, from now on.
    pub(super) fn begin() -> Self {
        let clock = CpuClock::of_this_thread();
        Self { clock, before: Duration::ZERO, since: Some(clock.now()) }
    }

    /// So far; any thread may ask.
    pub(super) fn used(&self) -> Duration {
        let lately = self.since.map(|since| self.clock.now().saturating_sub(since));
        self.before + lately.unwrap_or_default()
    }

    pub(super) fn is_paused(&self) -> bool {
        self.since.is_none()
    }

    pub(super) fn pause(&mut self) {
        (self.before, self.since) = (self.used(), None);
    }

    pub(super) fn go_on(&mut self) {
        self.since.get_or_insert_with(|| self.clock.now());
    }
}

#[cfg(target_os = "linux")]
mod thread {
    use std::mem::MaybeUninit;
    use std::time::Duration;

    /// The clock that counts the processor time of one thread.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct CpuClock(Option<libc::clockid_t>);

    impl CpuClock {
        /// The clock of the calling thread.
        pub(super) fn of_this_thread() -> Self {
            // SAFETY: it has no preconditions.
            let thread = unsafe { libc::pthread_self() };
            let mut clock = MaybeUninit::uninit();
            // SAFETY: `thread` runs (it is this one), and `clock` is valid for a write.
            let error = unsafe { libc::pthread_getcpuclockid(thread, clock.as_mut_ptr()) };
            // SAFETY: without an error, the call has written the clock's number.
            Self((error == 0).then(|| unsafe { clock.assume_init() }))
        }

        /// The processor time so far; zero where the thread is gone.
        pub(super) fn now(self) -> Duration {
            let Some(clock) = self.0 else { return Duration::ZERO };
            let mut time = MaybeUninit::<libc::timespec>::uninit();
            // SAFETY: `time` is valid for a write. A number whose thread is gone is an error, not undefined behaviour: the
            // kernel looks it up by the thread's number.
            let error = unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) };
            if error != 0 {
                return Duration::ZERO;
            }
            // SAFETY: without an error, the call has written the time.
            let time = unsafe { time.assume_init() };
            let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
            Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
        }
    }
}

/// Where the system gives no such clock, the time that passes stands in for it: no run gets more than it was allowed.
#[cfg(not(target_os = "linux"))]
mod wall {
    use std::time::{Duration, Instant};

    #[derive(Clone, Copy, Debug)]
    pub(super) struct CpuClock(Instant);

    impl CpuClock {
        pub(super) fn of_this_thread() -> Self {
            Self(Instant::now())
        }

        pub(super) fn now(self) -> Duration {
            self.0.elapsed()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn another_thread_reads_what_this_one_takes() {
        let clock = CpuClock::of_this_thread();
        let before = clock.now();
        let end = std::time::Instant::now() + Duration::from_millis(30);
        while std::time::Instant::now() < end {
            std::hint::spin_loop();
        }
        let after = std::thread::spawn(move || clock.now()).join().expect("it only reads a clock");
        assert!(after > before, "{before:?} before, {after:?} after");
    }

    #[test]
    fn what_is_done_in_a_pause_does_not_count() {
        let spin = || {
            let end = std::time::Instant::now() + Duration::from_millis(30);
            while std::time::Instant::now() < end {
                std::hint::spin_loop();
            }
        };
        let mut cpu = CpuUse::begin();
        cpu.pause();
        let before = cpu.used();
        spin();
        assert!(cpu.is_paused() && cpu.used() == before);
        cpu.go_on();
        assert!(cpu.used() < before + Duration::from_millis(10));
        spin();
        assert!(cpu.used() > before);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_sleeps_takes_nothing() {
        let clock = CpuClock::of_this_thread();
        let before = clock.now();
        std::thread::sleep(Duration::from_millis(30));
        assert!(clock.now() - before < Duration::from_millis(10));
    }
}
