//! A person of an account in requests and answers.

use derslik_domain::identity::{ClassroomRole, Email, Lang, Mobile, PersonForm, Role, User, UserState, Username};
use derslik_domain::time::{Timestamp, Zone};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::json::{Shown, Slot, for_each_member};

/// The fields of a person for the domain.
pub(crate) fn read_person(raw: &RawValue) -> PersonForm {
    let [mut name, mut surname, mut email, mut username, mut role, mut password] = [Slot::default(); 6];
    let [mut mobile, mut login_allowed, mut active, mut lang, mut timezone, mut expires_at] = [Slot::default(); 6];
    // The body was already checked to be an object.
    let _ = for_each_member(raw.get(), |key, value| {
        let slot = match key {
            "name" => &mut name,
            "surname" => &mut surname,
            "email" => &mut email,
            "username" => &mut username,
            "role" => &mut role,
            "psd" | "password" => &mut password,
            "mobile" => &mut mobile,
            "login_allowed" => &mut login_allowed,
            "active" => &mut active,
            "lang" => &mut lang,
            "timezone" => &mut timezone,
            "expires_at" => &mut expires_at,
            _ => return,
        };
        slot.put(value);
    });
    PersonForm {
        name: name.text(),
        surname: surname.text(),
        email: email.text(),
        username: username.text(),
        role: role.text(),
        password: password.text(),
        mobile: mobile.text(),
        login_allowed: login_allowed.boolean(),
        active: active.boolean(),
        lang: lang.text(),
        timezone: timezone.text(),
        expires_at: expires_at.text(),
    }
}

/// A person of an account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PersonView<'a>(pub(crate) &'a User);

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

/// An instant as version 1 prints it outside sessions, with a `Z`.
pub(super) fn utc_text(at: Timestamp) -> String {
    at.in_zone(Zone::UTC).to_string().replace("+00:00", "Z")
}
