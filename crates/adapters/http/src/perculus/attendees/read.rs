//! Attendees in requests.

use derslik_domain::attendee::{AttendeeField, AttendeeForm, AttendeeItem};
use derslik_domain::form::{Problem, Violation};
use serde_json::value::RawValue;

use super::style::Style;
use crate::perculus::json::{Slot, for_each_member};

/// The fields of an attendee as a form. `None` where the value is not an object.
pub(super) fn read_attendee(raw: &RawValue, style: Style) -> Option<AttendeeForm> {
    let [mut user, mut code, mut email, mut name, mut surname, mut mobile, mut role] = [Slot::default(); 7];
    let read = for_each_member(raw.get(), |key, value| {
        let slot = match key {
            "user_guid" | "user_id" => &mut user,
            "attendance_code" => &mut code,
            "email" => &mut email,
            "name" => &mut name,
            "surname" => &mut surname,
            "mobile" => &mut mobile,
            "role" => &mut role,
            _ => return,
        };
        slot.put(value);
    });
    read.ok().map(|()| AttendeeForm {
        user: user.text(),
        naming: style.naming(),
        code: style.unless_empty(code.text()),
        email: email.text(),
        name: name.text(),
        surname: surname.text(),
        mobile: mobile.text(),
        role: style.unless_empty(role.text()),
    })
}

/// One item of a batch for the domain.
pub(super) fn read_attendee_item(raw: &RawValue, style: Style) -> Result<AttendeeItem, Vec<Violation<AttendeeField>>> {
    match read_attendee(raw, style) {
        Some(form) => form.validate(),
        None => Err(vec![Violation { field: AttendeeField::Item, problem: Problem::Mistyped }]),
    }
}
