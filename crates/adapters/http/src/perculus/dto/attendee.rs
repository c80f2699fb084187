//! An attendee in requests and answers. The versions differ in the names of two keys and in the format of an instant.

use derslik_domain::attendee::{
    Attendee, AttendeeField, AttendeeForm, AttendeeItem, AttendeeOutcome, AttendeeRefusal, AttendeeVerdict, UserNaming,
};
use derslik_domain::form::{Field, Problem, RawText, Violation};
use derslik_domain::identity::Mobile;
use derslik_domain::time::Zone;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::json::{AsSent, Shown, Slot, for_each_member, unless_blank};
use super::messages::attendee_rule;
use super::person::utc_text;
use super::state::State;
use crate::perculus::error::PerculusError;
use crate::perculus::language::Language;

/// How a version shows attendees.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Style {
    /// Version 1.
    V1,
    /// Version 2, which prints instants in a zone, and adds the positions of items if the client asks for them.
    V2 { zone: Zone, with_index: bool },
}

impl Style {
    /// The accepted values of the user field. Published clients of version 1 always send it, with any content.
    const fn naming(self) -> UserNaming {
        match self {
            Self::V1 => UserNaming::GuidOrUsername,
            Self::V2 { .. } => UserNaming::Guid,
        }
    }

    /// The keys of the session and of the user.
    pub(crate) const fn keys(self) -> (&'static str, &'static str) {
        match self {
            Self::V1 => ("session_id", "user_id"),
            Self::V2 { .. } => ("session_guid", "user_guid"),
        }
    }

    /// A role or a code from a request. In version 1 an empty one counts as not sent.
    fn unless_empty(self, text: Field<RawText>) -> Field<RawText> {
        match self {
            Self::V1 => unless_blank(text),
            Self::V2 { .. } => text,
        }
    }

    /// Whether the position of an item is added as its last key.
    pub(crate) const fn with_index(self) -> bool {
        matches!(self, Self::V2 { with_index: true, .. })
    }
}

/// The fields of an attendee as a form. `None` where the value is not an object.
pub(crate) fn read_attendee(raw: &RawValue, style: Style) -> Option<AttendeeForm> {
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
pub(crate) fn read_attendee_item(raw: &RawValue, style: Style) -> Result<AttendeeItem, Vec<Violation<AttendeeField>>> {
    match read_attendee(raw, style) {
        Some(form) => form.validate(),
        None => Err(vec![Violation { field: AttendeeField::Item, problem: Problem::Mistyped }]),
    }
}

/// An attendee.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttendeeView<'a> {
    pub(crate) attendee: &'a Attendee,
    pub(crate) style: Style,
    pub(crate) index: Option<usize>,
}

impl<'a> AttendeeView<'a> {
    pub(crate) const fn new(attendee: &'a Attendee, style: Style) -> Self {
        Self { attendee, style, index: None }
    }
}

impl Serialize for AttendeeView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NULL: Option<()> = None;
        let attendee = self.attendee;
        let (session_key, user_key) = self.style.keys();
        let shown = |at: derslik_domain::time::Timestamp| match self.style {
            Style::V1 => utc_text(at),
            Style::V2 { zone, .. } => at.in_zone(zone).to_string(),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(session_key, &Shown(attendee.session))?;
        map.serialize_entry(user_key, &attendee.user.map(Shown))?;
        map.serialize_entry("attendee_id", &Shown(attendee.guid))?;
        map.serialize_entry("attendance_code", attendee.code.as_str())?;
        map.serialize_entry("name", attendee.name.as_str())?;
        map.serialize_entry("surname", attendee.surname.as_str())?;
        map.serialize_entry("email", attendee.email.as_str())?;
        map.serialize_entry("role", attendee.role.code())?;
        map.serialize_entry("mobile", &attendee.mobile.as_ref().map(Mobile::as_str))?;
        map.serialize_entry("avatar", &NULL)?;
        map.serialize_entry("creation_date", &shown(attendee.created_at))?;
        map.serialize_entry("updating_date", &shown(attendee.updated_at))?;
        if let Some(index) = self.index {
            map.serialize_entry("index", &index)?;
        }
        map.end()
    }
}

/// The outcome of a batch of attendees.
#[derive(Debug, Serialize)]
pub(crate) struct AttendeeBatchView<'a> {
    pub(crate) approved: Vec<AttendeeView<'a>>,
    pub(crate) rejected: Vec<RejectedAttendee<'a>>,
}

/// A refused item, as it was sent.
#[derive(Debug, Serialize)]
pub(crate) struct RejectedAttendee<'a> {
    model: AsSent<'a>,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

impl<'a> AttendeeBatchView<'a> {
    /// Combines an outcome with the items as they were sent.
    pub(crate) fn new(items: &[&'a RawValue], outcome: &'a AttendeeOutcome, style: Style, language: Language) -> Self {
        let (mut approved, mut rejected) = (Vec::with_capacity(items.len()), Vec::new());
        for (position, (item, verdict)) in items.iter().zip(&outcome.verdicts).enumerate() {
            let index = style.with_index().then_some(position);
            match verdict {
                AttendeeVerdict::Done(attendee) => approved.push(AttendeeView { attendee, style, index }),
                AttendeeVerdict::Refused(refusal) => {
                    rejected.push(RejectedAttendee {
                        model: AsSent(Some(item)),
                        state: State::of(refusal_error(refusal, style), language),
                        index,
                    });
                }
            }
        }
        Self { approved, rejected }
    }
}

/// A refusal as the error of a request for one attendee.
pub(crate) fn refusal_error(refusal: &AttendeeRefusal, style: Style) -> PerculusError {
    match refusal {
        AttendeeRefusal::Invalid(violations) => {
            PerculusError::Invalid(violations.iter().map(|violation| attendee_rule(*violation, style)).collect())
        }
        AttendeeRefusal::UnknownUser => PerculusError::UserNotFound,
        AttendeeRefusal::UnknownCode => PerculusError::AttendeeNotFound,
        AttendeeRefusal::EmailTaken => PerculusError::EmailTaken,
    }
}
