//! New ids.

use derslik_domain::id::{SessionGuid, UserGuid};

/// Makes ids that nobody has, and what else has to be random.
pub trait Ids: Send + Sync + std::fmt::Debug {
    /// The GUID of a new session.
    fn session_guid(&self) -> SessionGuid;

    /// The GUID of a new user.
    fn user_guid(&self) -> UserGuid;

    /// A number that nobody can guess, of which every bit is random.
    fn random(&self) -> u64;
}
