//! A person as clients see it.

use derslik_domain::identity::{ClassroomRole, Email, Lang, Mobile, Role, User, UserState, Username};
use derslik_domain::time::Zone;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::perculus::value::{Shown, utc_text};

/// A person of an account.
#[derive(Debug, Clone, Copy)]
pub(super) struct PersonView<'a>(pub(super) &'a User);

impl Serialize for PersonView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let user = self.0;
        let profile = &user.profile;
        // A user who became an administrator through another API is an administrator here too.
        let role = if user.role == Role::Admin { ClassroomRole::Admin } else { profile.role };
        let status = match user.status {
            UserState::Active => 1,
            UserState::Passive => 0,
            UserState::Deleted => -1,
        };
        let mut map = serializer.serialize_map(Some(14))?;
        map.serialize_entry("user_id", &Shown(user.guid))?;
        map.serialize_entry("name", user.name.as_str())?;
        map.serialize_entry("surname", user.surname.as_str())?;
        map.serialize_entry("username", &user.username.as_ref().map(Username::as_str))?;
        map.serialize_entry("email", &user.email.as_ref().map(Email::as_str))?;
        map.serialize_entry("role", role.code())?;
        map.serialize_entry("mobile", &profile.mobile.as_ref().map(Mobile::as_str))?;
        map.serialize_entry("login_allowed", &profile.login_allowed)?;
        map.serialize_entry("status", &status)?;
        map.serialize_entry("lang", &profile.lang.as_ref().map(Lang::as_str))?;
        map.serialize_entry("timezone", &profile.timezone.map(Zone::name))?;
        map.serialize_entry("expires_at", &profile.expires_at.map(utc_text))?;
        map.serialize_entry("creation_date", &utc_text(user.created_at))?;
        map.serialize_entry("updating_date", &utc_text(user.updated_at))?;
        map.end()
    }
}
