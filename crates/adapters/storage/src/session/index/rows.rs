//! Rows that the queries of the index return.

use derslik_domain::time::Timestamp;
use diesel::QueryableByName;
use uuid::Uuid;

use crate::db::types::{DbGuid, DbInstant, Guid, Instant};

/// The start and the GUID of a session.
#[derive(QueryableByName)]
pub(in super::super) struct SessionPosition {
    #[diesel(sql_type = Instant)]
    start_at: DbInstant,
    #[diesel(sql_type = Guid)]
    pub(super) guid: DbGuid,
}

impl SessionPosition {
    /// The sort key of sessions.
    pub(in super::super) fn sort_key(&self) -> (Timestamp, Uuid) {
        (self.start_at.0, self.guid.0)
    }
}
