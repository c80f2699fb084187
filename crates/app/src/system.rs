//! The system clock and random ids: the only module that reads either.

use chrono::Utc;
use derslik_domain::id::{AttendeeGuid, SessionGuid, UserGuid};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Clock, Ids};
use uuid::Uuid;

/// The system clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from_utc(Utc::now())
    }
}

/// The instant that the system clock shows.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

/// A clock that starts at a given time when the service starts, and runs on from there.
#[derive(Debug, Clone, Copy)]
pub struct ShiftedClock {
    ahead_micros: i64,
}

impl ShiftedClock {
    /// A clock that shows `start` now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { ahead_micros: start.micros() - SystemClock.now().micros() }
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(SystemClock.now().micros() + self.ahead_micros)
    }
}

/// Tries whether the machine has random numbers. [`SystemIds`] relies on them.
///
/// # Errors
/// If it has none.
pub fn try_random() -> Result<(), getrandom::Error> {
    getrandom::fill(&mut [0; 32])
}

/// Random bytes of the machine.
///
/// # Panics
/// If the machine has no random numbers. The start has tried them.
#[expect(clippy::expect_used, reason = "nothing can be kept secret without random numbers, and the start has tried them")]
pub fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the machine has random numbers");
    bytes
}

/// GUIDs that grow with time, so that new sessions are adjacent in the index.
#[derive(Debug, Clone, Copy)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is where ids come from")]
    fn session_guid(&self) -> SessionGuid {
        SessionGuid::new(Uuid::now_v7())
    }

    #[expect(clippy::disallowed_methods, reason = "this is where ids come from")]
    fn user_guid(&self) -> UserGuid {
        UserGuid::new(Uuid::now_v7())
    }

    #[expect(clippy::disallowed_methods, reason = "this is where ids come from")]
    fn attendee_guid(&self) -> AttendeeGuid {
        AttendeeGuid::new(Uuid::now_v7())
    }

    fn random(&self) -> [u8; 32] {
        random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_differ_each_time() {
        assert!(try_random().is_ok());
        assert_ne!(SystemIds.random(), SystemIds.random());
    }
}
