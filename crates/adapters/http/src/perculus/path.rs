//! The objects that a path names. An invalid key counts as an unknown object.

use derslik_domain::attendee::AttendeeKey;
use derslik_domain::id::SessionGuid;
use derslik_domain::identity::{UserKey, Username};

use super::error::PerculusError;

/// The session in a path.
pub(super) fn session_guid(text: &str) -> Result<SessionGuid, PerculusError> {
    text.parse().map_err(|_| PerculusError::SessionNotFound)
}

/// The session and the attendee in a path.
pub(super) fn session_and_attendee((guid, key): &(String, String)) -> Result<(SessionGuid, AttendeeKey), PerculusError> {
    Ok((session_guid(guid)?, AttendeeKey::parse(key).ok_or(PerculusError::AttendeeNotFound)?))
}

/// The person in a path: a GUID, or else a user name.
pub(super) fn user_key(text: &str) -> Result<UserKey, PerculusError> {
    if let Ok(guid) = text.parse() {
        return Ok(UserKey::Guid(guid));
    }
    Username::parse(text).map(UserKey::Username).map_err(|_| PerculusError::UserNotFound)
}
