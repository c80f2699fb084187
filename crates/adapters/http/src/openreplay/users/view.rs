//! An attendee, and the sessions of one, as clients see them.

use std::fmt::Display;

use derslik_domain::attendee::{Attendance, AttendedSession};
use derslik_domain::id::{ProjectId, SessionGuid, UserGuid};
use derslik_domain::job::ReferenceId;
use serde::{Serialize, Serializer};

use crate::openreplay::value::{as_text, millis};

/// A summary of the sessions of one attendee: a user or a guest.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::openreplay) struct UserView<'a> {
    user_id: &'a str,
    session_count: u64,
    first_seen: Option<i64>,
    last_seen: Option<i64>,
}

impl<'a> UserView<'a> {
    pub(in crate::openreplay) fn new(user: &'a ReferenceId, attendance: Attendance) -> Self {
        Self {
            user_id: user.as_str(),
            session_count: attendance.sessions,
            first_seen: attendance.first.map(millis),
            last_seen: attendance.last.map(millis),
        }
    }
}

/// A session of an attendee, in the form of a recording. Fields that only a browser's recording has are empty.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::openreplay) struct AttendedView<'a> {
    project_id: i64,
    #[serde(serialize_with = "as_text")]
    session_id: SessionGuid,
    #[serde(serialize_with = "text_or_empty")]
    user_uuid: Option<UserGuid>,
    user_id: &'a str,
    user_agent: &'static str,
    user_os: &'static str,
    user_browser: &'static str,
    user_device: &'static str,
    user_country: &'static str,
    start_ts: i64,
    duration: i64,
    events_count: u8,
    pages_count: u8,
    errors_count: u8,
}

impl<'a> AttendedView<'a> {
    pub(in crate::openreplay) fn new(
        project: ProjectId,
        user: Option<UserGuid>,
        user_id: &'a ReferenceId,
        session: &AttendedSession,
    ) -> Self {
        Self {
            project_id: project.get(),
            session_id: session.guid,
            user_uuid: user,
            user_id: user_id.as_str(),
            user_agent: "",
            user_os: "",
            user_browser: "",
            user_device: "",
            user_country: "",
            start_ts: millis(session.start),
            duration: i64::from(session.duration.minutes()) * 60_000,
            events_count: 0,
            pages_count: 0,
            errors_count: 0,
        }
    }
}

/// A guest has no GUID. It is as empty as the fields that only a recording has.
#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
fn text_or_empty<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_str(""),
    }
}
