//! The texts for violated rules about attendees. No table here has a wildcard, so a new rule does not compile until it has a text.

use derslik_domain::attendee::AttendeeField;
use derslik_domain::form::Violation;

use super::style::Style;
use crate::perculus::text::Text;
use crate::perculus::violation::plain_rule;

/// The text of a violation about an attendee.
pub(in crate::perculus) fn attendee_rule(violation: Violation<AttendeeField>, style: Style) -> Text {
    let (field, wanted) = match violation.field {
        AttendeeField::Item => return Text::of("attendee-item"),
        AttendeeField::User => ("user_guid", if matches!(style, Style::V1) { "string" } else { "guid" }),
        AttendeeField::Code => ("attendance_code", "string"),
        AttendeeField::Email => ("email", "email"),
        AttendeeField::Name => ("name", "string"),
        AttendeeField::Surname => ("surname", "string"),
        AttendeeField::Mobile => ("mobile", "string"),
        AttendeeField::Role => ("role", "role"),
    };
    let key = if violation.field == AttendeeField::User { style.keys().1 } else { field };
    plain_rule(Text::of("attendee-field").with("field", field), violation.problem, key, wanted)
}
