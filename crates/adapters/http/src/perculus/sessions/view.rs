//! A session as clients see it.

use derslik_domain::session::{Session, SessionDescription, SessionTags};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::options::OptionsView;
use super::rejected::Rejected;
use super::status;
use crate::perculus::value::{Shown, ShownIn};

/// A session.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionView<'a>(pub(super) &'a Session);

/// A session as version 1 shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionViewV1<'a>(pub(super) &'a Session);

impl SessionView<'_> {
    const KEYS: usize = 13;

    fn write<M: SerializeMap>(self, map: &mut M) -> Result<(), M::Error> {
        let session = self.0;
        map.serialize_entry("session_guid", &Shown(session.guid))?;
        self.write_rest(map)?;
        map.serialize_entry("updating_date", &ShownIn(session.updated_at, session.start.zone()))
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
        map.serialize_entry("status", &status::number(session.status))?;
        map.serialize_entry("replay_status", &status::recording_number(session.replay_status))?;
        map.serialize_entry("options", &OptionsView(session))?;
        map.serialize_entry("creation_date", &ShownIn(session.created_at, zone))
    }
}

impl Serialize for SessionViewV1<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let session = self.0;
        let mut map = serializer.serialize_map(Some(SessionView::KEYS))?;
        map.serialize_entry("session_id", &Shown(session.guid))?;
        SessionView(session).write_rest(&mut map)?;
        let updated = (session.updated_at != session.created_at).then(|| ShownIn(session.updated_at, session.start.zone()));
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
pub(super) struct Approved<'a> {
    pub(super) session: &'a Session,
    pub(super) index: Option<usize>,
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
pub(super) struct BatchView<'a> {
    pub(super) approved: Vec<Approved<'a>>,
    pub(super) rejected: Vec<Rejected<'a>>,
}
