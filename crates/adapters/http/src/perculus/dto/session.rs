//! A session as clients see it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use derslik_domain::idempotency::{Answer, AnswerCode};
use derslik_domain::session::{Session, SessionDescription, SessionTags};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::json::Shown;
use super::options::OptionsView;
use super::rejected::Rejected;
use super::session_status;

/// A session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionView<'a>(pub(crate) &'a Session);

/// A session as version 1 shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionViewV1<'a>(pub(crate) &'a Session);

impl SessionView<'_> {
    const KEYS: usize = 13;

    fn write<M: SerializeMap>(self, map: &mut M) -> Result<(), M::Error> {
        let session = self.0;
        map.serialize_entry("session_guid", &Shown(session.guid))?;
        self.write_rest(map)?;
        map.serialize_entry("updating_date", &Shown(session.updated_at.in_zone(session.start.zone())))
    }

    /// Writes the keys between the first and the last one, in which the versions differ.
    fn write_rest<M: SerializeMap>(self, map: &mut M) -> Result<(), M::Error> {
        let session = self.0;
        let zone = session.start.zone();
        map.serialize_entry("name", session.name.as_str())?;
        map.serialize_entry("description", &session.description.as_ref().map(SessionDescription::as_str))?;
        map.serialize_entry("tags", &session.tags.as_ref().map(SessionTags::as_str))?;
        map.serialize_entry("start_date", &Shown(session.start))?;
        map.serialize_entry("timezone", zone.name())?;
        map.serialize_entry("duration", &session.duration.minutes())?;
        map.serialize_entry("lang", session.lang.as_str())?;
        map.serialize_entry("status", &session_status::number(session.status))?;
        map.serialize_entry("replay_status", &session_status::recording_number(session.replay_status))?;
        map.serialize_entry("options", &OptionsView(session))?;
        map.serialize_entry("creation_date", &Shown(session.created_at.in_zone(zone)))
    }
}

impl Serialize for SessionViewV1<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let session = self.0;
        let mut map = serializer.serialize_map(Some(SessionView::KEYS))?;
        map.serialize_entry("session_id", &Shown(session.guid))?;
        SessionView(session).write_rest(&mut map)?;
        let updated = (session.updated_at != session.created_at).then(|| Shown(session.updated_at.in_zone(session.start.zone())));
        map.serialize_entry("updating_date", &updated)?;
        map.end()
    }
}

impl Serialize for SessionView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Self::KEYS))?;
        self.write(&mut map)?;
        map.end()
    }
}

/// A session that a batch created or changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Approved<'a> {
    pub(crate) session: &'a Session,
    pub(crate) index: Option<usize>,
}

impl Serialize for Approved<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        SessionView(self.session).write(&mut map)?;
        if let Some(index) = self.index {
            map.serialize_entry("index", &index)?;
        }
        map.end()
    }
}

/// The outcome of a batch.
#[derive(Debug, Serialize)]
pub(crate) struct BatchView<'a> {
    pub(crate) approved: Vec<Approved<'a>>,
    pub(crate) rejected: Vec<Rejected<'a>>,
}

/// The typical size of a session, in bytes. A buffer grows for a longer one.
pub(crate) const ONE_SESSION: usize = 1_536;

/// An answer with status 200.
pub(crate) fn json(body: &impl Serialize) -> HttpResponse {
    respond(write(StatusCode::OK, 1, body))
}

/// An answer with that status, whose body holds about so many sessions.
pub(crate) fn write(status: StatusCode, sessions: usize, body: &impl Serialize) -> Answer {
    let mut bytes = Vec::with_capacity(sessions * ONE_SESSION);
    match serde_json::to_writer(&mut bytes, body) {
        Ok(()) => Answer { code: AnswerCode::new(status.as_u16()), body: bytes },
        Err(error) => {
            tracing::error!(%error, "cannot write an answer");
            Answer { code: AnswerCode::new(StatusCode::INTERNAL_SERVER_ERROR.as_u16()), body: Vec::new() }
        }
    }
}

/// The HTTP response for an answer.
pub(crate) fn respond(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.code.get()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).content_type("application/json; charset=utf-8").body(answer.body)
}
