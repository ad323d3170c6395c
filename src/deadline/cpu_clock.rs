//! The processor time of a thread, which another thread can read.
#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "the clocks of other threads are reached through libc")
)]

#[cfg(target_os = "linux")]
pub(super) use thread::CpuClock;
#[cfg(not(target_os = "linux"))]
pub(super) use wall::CpuClock;

#[cfg(target_os = "linux")]
mod thread {
    use std::mem::MaybeUninit;
    use std::time::Duration;

    /// The clock that counts the processor time of one thread.
    #[derive(Clone, Copy, Debug)]
    pub(in crate::deadline) struct CpuClock(Option<libc::clockid_t>);

    impl CpuClock {
        /// The clock of the calling thread.
        pub(in crate::deadline) fn of_this_thread() -> Self {
            // SAFETY: it has no preconditions.
            let thread = unsafe { libc::pthread_self() };
            let mut clock = MaybeUninit::uninit();
            // SAFETY: `thread` runs (it is this one), and `clock` is valid for a write.
            let error = unsafe { libc::pthread_getcpuclockid(thread, clock.as_mut_ptr()) };
            // SAFETY: without an error, the call has written the clock's number.
            Self((error == 0).then(|| unsafe { clock.assume_init() }))
        }

        /// The processor time so far; zero where the thread is gone.
        pub(in crate::deadline) fn now(self) -> Duration {
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
    pub(in crate::deadline) struct CpuClock(Instant);

    impl CpuClock {
        pub(in crate::deadline) fn of_this_thread() -> Self {
            Self(Instant::now())
        }

        pub(in crate::deadline) fn now(self) -> Duration {
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

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_sleeps_takes_nothing() {
        let clock = CpuClock::of_this_thread();
        let before = clock.now();
        std::thread::sleep(Duration::from_millis(30));
        assert!(clock.now() - before < Duration::from_millis(10));
    }
}
