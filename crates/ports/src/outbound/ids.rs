//! New ids.

use derslik_domain::id::{SessionGuid, UserGuid};

/// Makes ids that nobody has.
pub trait Ids: Send + Sync + std::fmt::Debug {
    /// The GUID of a new session.
    fn session_guid(&self) -> SessionGuid;

    /// The GUID of a new user.
    fn user_guid(&self) -> UserGuid;

    /// 128 random bits, for keys, for the tokens of leases, and for chance.
    fn random_bits(&self) -> u128;
}
