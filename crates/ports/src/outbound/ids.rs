//! New ids.

use derslik_domain::id::{AttendeeGuid, SessionGuid, UserGuid};

/// Makes ids that nobody has.
pub trait Ids: Send + Sync + std::fmt::Debug {
    /// The GUID of a new session.
    fn session_guid(&self) -> SessionGuid;

    /// The GUID of a new user.
    fn user_guid(&self) -> UserGuid;

    /// The GUID of a new attendee.
    fn attendee_guid(&self) -> AttendeeGuid;

    /// Bytes that nobody can guess, to make secrets of.
    fn random(&self) -> [u8; 32];
}
