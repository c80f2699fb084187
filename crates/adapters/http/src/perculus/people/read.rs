//! People and filters of people in requests.

use derslik_domain::identity::{PersonFilterForm, PersonForm};
use serde_json::value::RawValue;

use crate::perculus::json::{Slot, for_each_member};
use crate::perculus::parameters::Parameters;

/// The fields of a person for the domain.
pub(super) fn read_person(raw: &RawValue) -> PersonForm {
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

/// The filter of people in the parameters of a list. Lists of attendees have the same one.
pub(in crate::perculus) fn filter_in(parameters: &Parameters) -> PersonFilterForm {
    PersonFilterForm {
        name: parameters.text(&["name"]),
        surname: parameters.text(&["surname"]),
        email: parameters.text(&["email"]),
        username: parameters.text(&["username"]),
        role: parameters.text(&["role"]),
        page_number: parameters.number("pagenumber"),
        page_size: parameters.number("pagesize"),
    }
}
