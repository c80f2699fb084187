//! The ends of open sessions that come first.

use derslik_domain::id::{AccountId, SessionGuid};
use derslik_domain::session::SessionStatus;
use derslik_ports::outbound::{SessionRepository, StoreError, UpcomingEnd};
use diesel::prelude::*;

use crate::db::conn::{DieselStores, on_conn};
use crate::db::schema::session_ends;
use crate::db::types::{DbGuid, DbInstant};

/// The most ends that one call looks at. Some are of sessions that were moved, ended or deleted since.
const LOOKED_AT: i64 = 500;

/// How many sessions are read at a time.
const AT_ONCE: usize = 40;

/// At most `limit` ends, the earliest first.
pub(super) fn upcoming(stores: &mut DieselStores<'_>, account: AccountId, limit: u32) -> Result<Vec<UpcomingEnd>, StoreError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let ends: Vec<(DbInstant, DbGuid)> = stores.query(|conn| {
        on_conn!(conn, |conn| session_ends::table
            .filter(session_ends::account_id.eq(account.get()))
            .order((session_ends::ends_at, session_ends::guid))
            .limit(LOOKED_AT)
            .select((session_ends::ends_at, session_ends::guid))
            .load(conn))
    })?;
    let mut found = Vec::new();
    for ends in ends.chunks(AT_ONCE) {
        if found.len() >= limit {
            break;
        }
        let guids: Vec<_> = ends.iter().map(|(_, guid)| SessionGuid::new(guid.0)).collect();
        let sessions = SessionRepository::find_many(stores, account, &guids)?;
        for (at, guid) in ends {
            let Some(session) = sessions.get(&SessionGuid::new(guid.0)) else { continue };
            let is_open = SessionStatus::OPEN.contains(&session.status);
            // Of a session that was moved, there is another end.
            if is_open && session.ends_at() == at.0 {
                found.push(UpcomingEnd { at: at.0, session: session.guid, name: session.name.clone() });
            }
        }
    }
    found.truncate(limit);
    Ok(found)
}
