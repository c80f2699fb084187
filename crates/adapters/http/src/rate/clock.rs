//! The time that limiters measure. It never goes back, whatever is done to the clock of the machine.

use governor::clock::{Clock, MonotonicClock, Reference};
use governor::nanos::Nanos;

/// A clock that counts from its start.
#[derive(Debug, Clone)]
pub(crate) enum RateClock {
    /// The monotonic clock of the machine.
    Monotonic { clock: MonotonicClock, start: <MonotonicClock as Clock>::Instant },
    /// A clock that stands still until a test moves it.
    #[cfg(test)]
    Fake(governor::clock::FakeRelativeClock),
}

impl RateClock {
    /// The monotonic clock of the machine.
    pub(crate) fn monotonic() -> Self {
        let clock = MonotonicClock;
        Self::Monotonic { start: clock.now(), clock }
    }
}

impl Clock for RateClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        match self {
            Self::Monotonic { clock, start } => Reference::duration_since(&clock.now(), *start),
            #[cfg(test)]
            Self::Fake(clock) => clock.now(),
        }
    }
}
