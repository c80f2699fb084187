//! Which principal created which session, so that an erasure finds the sessions of a person.

use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::job::BatchSize;
use derslik_ports::outbound::Projection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, sql_query};

use super::pending::{MAX_PENDING_SCAN, pending_sessions};
use crate::change_log::{self, is_listed, numbered};
use crate::db::conn::{Conn, on_conn};
use crate::db::types::{DbGuid, DbGuids, Guid, Guids};

#[derive(QueryableByName)]
struct Created {
    #[diesel(sql_type = Guid)]
    guid: DbGuid,
}

/// Stores the creators of the sessions, deleted ones included.
pub(super) fn apply(conn: Conn<'_>, account: AccountId, guids: &[DbGuid]) -> QueryResult<usize> {
    let insert = format!(
        "INSERT INTO session_creators (account_id, guid, created_by)
        SELECT account_id, guid, created_by FROM sessions WHERE account_id = $1 AND {}
        ON CONFLICT (account_id, guid) DO UPDATE SET created_by = excluded.created_by
        WHERE session_creators.created_by <> excluded.created_by",
        is_listed(conn.dialect())
    );
    let insert = sql_query(numbered(&insert, conn.dialect())).bind::<BigInt, _>(account.get()).bind::<Guids, _>(DbGuids(guids.to_vec()));
    on_conn!(conn, |conn| insert.execute(conn))?;
    Ok(guids.len())
}

/// Sessions without attendees that a principal created, deleted ones included: those that the projection has, and pending ones.
pub(super) fn created_by(mut conn: Conn<'_>, account: AccountId, creator: PrincipalId, batch: BatchSize) -> QueryResult<Vec<DbGuid>> {
    // With very many pending sessions, reading all sessions is cheaper.
    let pending = match change_log::pending_count(conn.reborrow(), account, Projection::SessionCreators)? {
        0..=MAX_PENDING_SCAN => pending_sessions(Projection::SessionCreators, conn.dialect()),
        _ => "sessions AS written".to_owned(),
    };
    // Attendees are checked session by session. As a join, a planner might read all attendees.
    let query = format!(
        "SELECT guid FROM (
            SELECT guid FROM session_creators WHERE account_id = $1 AND created_by = $2 AND (
                SELECT attendees.guid FROM attendees WHERE account_id = $1 AND session_guid = session_creators.guid LIMIT 1
            ) IS NULL ORDER BY guid LIMIT $3
        ) AS known
        UNION
        SELECT guid FROM (
            SELECT guid FROM {pending} WHERE account_id = $1 AND created_by = $2 AND (
                SELECT attendees.guid FROM attendees WHERE account_id = $1 AND session_guid = written.guid LIMIT 1
            ) IS NULL LIMIT $3
        ) AS pending
        LIMIT $3"
    );
    let query = sql_query(numbered(&query, conn.dialect())).bind::<BigInt, _>(account.get()).bind::<BigInt, _>(creator.get());
    let query = query.bind::<BigInt, _>(i64::from(batch.get()));
    let created: Vec<Created> = on_conn!(conn, |conn| query.load(conn))?;
    Ok(created.into_iter().map(|created| created.guid).collect())
}
