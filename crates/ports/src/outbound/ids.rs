//! New ids and random bytes.

use derslik_domain::id::{AttendeeGuid, SessionGuid, UserGuid};

/// Generates unique ids and all other random values.
pub trait Ids: Send + Sync + std::fmt::Debug {
    /// The GUID of a new session.
    fn session_guid(&self) -> SessionGuid;

    /// The GUID of a new user.
    fn user_guid(&self) -> UserGuid;

    /// The GUID of a new attendee.
    fn attendee_guid(&self) -> AttendeeGuid;

    /// Bytes of a cryptographically secure generator, fit for secrets. All randomness of the service comes from here.
    fn random(&self) -> [u8; 32];

    /// 128 of these bits, for keys and for the tokens of leases.
    fn random_bits(&self) -> u128 {
        self.random().iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte))
    }

    /// 64 of these bits.
    fn random_number(&self) -> u64 {
        self.random().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}
