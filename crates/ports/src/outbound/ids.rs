//! New ids.

use derslik_domain::id::{AttendeeGuid, SessionGuid, UserGuid};

/// Makes ids that nobody has, and what else has to be random.
pub trait Ids: Send + Sync + std::fmt::Debug {
    /// The GUID of a new session.
    fn session_guid(&self) -> SessionGuid;

    /// The GUID of a new user.
    fn user_guid(&self) -> UserGuid;

    /// 128 random bits, for keys, for the tokens of leases, and for chance.
    fn random_bits(&self) -> u128;

    /// The GUID of a new attendee.
    fn attendee_guid(&self) -> AttendeeGuid;

    /// Bytes that nobody can guess, to make secrets of.
    fn random(&self) -> [u8; 32];

    /// A number that nobody can guess, of which every bit is random.
    fn random_number(&self) -> u64 {
        self.random().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}
