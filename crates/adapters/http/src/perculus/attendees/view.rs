//! Attendees as clients see them. The versions differ in the names of two keys and in the format of an instant.

use derslik_domain::attendee::{Attendee, AttendeeOutcome, AttendeeVerdict};
use derslik_domain::identity::Mobile;
use derslik_domain::time::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::outcome::refusal_error;
use super::style::Style;
use crate::perculus::batch::ItemState;
use crate::perculus::json::AsSent;
use crate::perculus::language::Language;
use crate::perculus::value::{Shown, utc_text};

/// An attendee.
#[derive(Debug, Clone, Copy)]
pub(super) struct AttendeeView<'a> {
    pub(super) attendee: &'a Attendee,
    pub(super) style: Style,
    pub(super) index: Option<usize>,
}

impl<'a> AttendeeView<'a> {
    pub(super) const fn new(attendee: &'a Attendee, style: Style) -> Self {
        Self { attendee, style, index: None }
    }
}

impl Serialize for AttendeeView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NULL: Option<()> = None;
        let attendee = self.attendee;
        let (session_key, user_key) = self.style.keys();
        let shown = |at: Timestamp| match self.style {
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
pub(super) struct AttendeeBatchView<'a> {
    pub(super) approved: Vec<AttendeeView<'a>>,
    pub(super) rejected: Vec<RejectedAttendee<'a>>,
}

/// A refused item, as it was sent.
#[derive(Debug, Serialize)]
pub(super) struct RejectedAttendee<'a> {
    model: AsSent<'a>,
    state: ItemState,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

impl<'a> AttendeeBatchView<'a> {
    /// Combines an outcome with the items as they were sent.
    pub(super) fn new(items: &[&'a RawValue], outcome: &'a AttendeeOutcome, style: Style, language: Language) -> Self {
        let (mut approved, mut rejected) = (Vec::with_capacity(items.len()), Vec::new());
        for (position, (item, verdict)) in items.iter().zip(&outcome.verdicts).enumerate() {
            let index = style.with_index().then_some(position);
            match verdict {
                AttendeeVerdict::Done(attendee) => approved.push(AttendeeView { attendee, style, index }),
                AttendeeVerdict::Refused(refusal) => {
                    rejected.push(RejectedAttendee {
                        model: AsSent(Some(item)),
                        state: ItemState::of(refusal_error(refusal, style), language),
                        index,
                    });
                }
            }
        }
        Self { approved, rejected }
    }
}
