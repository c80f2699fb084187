//! A session as a row of the table `sessions`.
#![expect(clippy::ref_option_ref, reason = "the derives of diesel borrow every field, optional references too")]

use std::collections::HashMap;

use derslik_domain::id::{AccountId, Id, SessionGuid};
use derslik_domain::identity::Lang;
use derslik_domain::session::{ReplayStatus, Session, SessionDescription, SessionDuration, SessionName, SessionStatus, SessionTags};
use derslik_domain::time::{Start, Timestamp, Zone};
use derslik_ports::outbound::StoreError;
use diesel::prelude::{Insertable, Queryable, Selectable};
use uuid::Uuid;

use super::options;
use crate::db::rows::{Lengthy, written_bytes};
use crate::db::schema::sessions;
use crate::db::types::{DbCivil, DbGuid, DbInstant, DbJson};

/// The columns that are read. The folded columns of searches are never read.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = sessions)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct SessionRow {
    guid: DbGuid,
    name: String,
    description: Option<String>,
    tags: Option<String>,
    start_at: DbInstant,
    start_civil: DbCivil,
    timezone: String,
    duration_minutes: i16,
    lang: String,
    status: i16,
    replay_status: i16,
    options: DbJson,
    allow_recording: bool,
    inaccessible_replay: bool,
    created_by: i64,
    updated_by: i64,
    created_at: DbInstant,
    updated_at: DbInstant,
}

impl SessionRow {
    /// The sort key of sessions.
    pub(super) fn sort_key(&self) -> (Timestamp, Uuid) {
        (self.start_at.0, self.guid.0)
    }
}

impl Lengthy for SessionRow {
    fn text_bytes(&self) -> usize {
        let texts = [&self.description, &self.tags].into_iter().flatten();
        written_bytes(&self.name) + texts.map(|text| written_bytes(text)).sum::<usize>() + self.options.0.len()
    }
}

/// The columns that projections are made of.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = sessions)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct ProjectedRow {
    status: i16,
    start_at: DbInstant,
    duration_minutes: i16,
    name_key: String,
    description_key: Option<String>,
    tags_key: Option<String>,
    created_by: i64,
}

impl ProjectedRow {
    /// Whether a projection has to follow when the record overwrites the row.
    pub(super) fn is_changed_by(&self, record: &SessionRecord<'_>) -> bool {
        let Self { status, start_at, duration_minutes, name_key, description_key, tags_key, created_by } = self;
        (*status, *start_at, *duration_minutes, *created_by) != (record.status, record.start_at, record.duration_minutes, record.created_by)
            || (name_key, description_key, tags_key) != (&record.name_key, &record.description_key, &record.tags_key)
    }
}

/// The columns that are written.
#[derive(Debug, Insertable)]
#[diesel(table_name = sessions)]
#[diesel(treat_none_as_default_value = false)]
pub(super) struct SessionRecord<'a> {
    pub(super) account_id: i64,
    pub(super) guid: DbGuid,
    pub(super) name: &'a str,
    pub(super) name_key: String,
    pub(super) description: Option<&'a str>,
    pub(super) description_key: Option<String>,
    pub(super) tags: Option<&'a str>,
    pub(super) tags_key: Option<String>,
    pub(super) start_at: DbInstant,
    pub(super) start_civil: DbCivil,
    pub(super) timezone: &'static str,
    pub(super) duration_minutes: i16,
    pub(super) lang: &'a str,
    pub(super) status: i16,
    pub(super) replay_status: i16,
    pub(super) options: DbJson,
    pub(super) allow_recording: bool,
    pub(super) inaccessible_replay: bool,
    pub(super) created_by: i64,
    pub(super) updated_by: i64,
    pub(super) created_at: DbInstant,
    pub(super) updated_at: DbInstant,
}

impl<'a> SessionRecord<'a> {
    pub(super) fn new(account: AccountId, session: &'a Session) -> Self {
        let keys = session.search_keys();
        Self {
            account_id: account.get(),
            guid: session.guid.into(),
            name: session.name.as_str(),
            name_key: keys.name,
            description: session.description.as_ref().map(SessionDescription::as_str),
            description_key: keys.description,
            tags: session.tags.as_ref().map(SessionTags::as_str),
            tags_key: keys.tags,
            start_at: DbInstant(session.start.instant()),
            start_civil: DbCivil(session.start.civil()),
            timezone: session.start.zone().name(),
            duration_minutes: i16::try_from(session.duration.minutes()).unwrap_or(i16::MAX),
            lang: session.lang.as_str(),
            status: session.status.code(),
            replay_status: session.replay_status.code(),
            options: DbJson(options::to_json(&session.options)),
            allow_recording: session.allow_recording,
            inaccessible_replay: session.inaccessible_replay,
            created_by: session.created_by.get(),
            updated_by: session.updated_by.get(),
            created_at: DbInstant(session.created_at),
            updated_at: DbInstant(session.updated_at),
        }
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "sessions", column };
        let zone = Zone::parse(&row.timezone).map_err(|_| corrupt("timezone"))?;
        Ok(Self {
            guid: SessionGuid::new(row.guid.0),
            name: SessionName::new(row.name).map_err(|_| corrupt("name"))?,
            description: row.description.map(SessionDescription::new).transpose().map_err(|_| corrupt("description"))?,
            tags: row.tags.map(SessionTags::new).transpose().map_err(|_| corrupt("tags"))?,
            start: Start::from_stored(row.start_civil.0, zone, row.start_at.0),
            duration: SessionDuration::from_minutes(row.duration_minutes.into()).map_err(|_| corrupt("duration_minutes"))?,
            lang: Lang::parse(&row.lang).map_err(|_| corrupt("lang"))?,
            status: SessionStatus::by_code(row.status.into()).ok_or_else(|| corrupt("status"))?,
            replay_status: ReplayStatus::by_code(row.replay_status.into()).ok_or_else(|| corrupt("replay_status"))?,
            options: options::from_json(&row.options.0).ok_or_else(|| corrupt("options"))?,
            allow_recording: row.allow_recording,
            inaccessible_replay: row.inaccessible_replay,
            created_by: Id::new(row.created_by),
            updated_by: Id::new(row.updated_by),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }
}

/// The sessions of the rows, in the order of the rows.
pub(super) fn sessions_of(rows: Vec<SessionRow>) -> Result<Vec<Session>, StoreError> {
    rows.into_iter().map(Session::try_from).collect()
}

/// The sessions of the rows, by GUID.
pub(super) fn sessions_by_guid(rows: Vec<SessionRow>) -> Result<HashMap<SessionGuid, Session>, StoreError> {
    rows.into_iter().map(|row| Session::try_from(row).map(|session| (session.guid, session))).collect()
}
