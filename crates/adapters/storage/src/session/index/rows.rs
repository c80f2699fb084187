//! Rows that the queries of the index return.

use derslik_domain::time::Timestamp;
use diesel::QueryableByName;
use diesel::sql_types::Bool;
use uuid::Uuid;

use crate::db::types::{DbGuid, DbInstant, Guid, Instant};

/// The start and the GUID of a session.
#[derive(QueryableByName)]
pub(in super::super) struct SessionPosition {
    #[diesel(sql_type = Instant)]
    start_at: DbInstant,
    #[diesel(sql_type = Guid)]
    guid: DbGuid,
}

/// An entry of the index that matches, and whether its session still does where the entry says.
#[derive(QueryableByName)]
pub(super) struct Entry {
    #[diesel(embed)]
    pub(super) position: SessionPosition,
    #[diesel(sql_type = Bool)]
    pub(super) is_current: bool,
}

impl SessionPosition {
    /// The sort key of sessions.
    pub(in super::super) fn sort_key(&self) -> (Timestamp, Uuid) {
        (self.start_at.0, self.guid.0)
    }
}
