//! Which principal created which session, so that an erasure finds the sessions of a person.

use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::rows::BatchSize;
use derslik_ports::outbound::Projection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::pending::{MAX_PENDING_SCAN, pending_sessions};
use crate::change_log::{self, is_listed};
use crate::db::conn::{Conn, on_conn};
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Database, Sql};
use crate::db::text::Dialect;
use crate::db::types::{DbGuid, DbGuids, Guid, Guids};

/// Stores the creators of the sessions, deleted ones included.
pub(super) fn apply(conn: Conn<'_>, account: AccountId, guids: &[DbGuid]) -> QueryResult<usize> {
    on_conn!(conn, |conn| store(account, guids).execute(conn))?;
    Ok(guids.len())
}

fn store<DB: Database>(account: AccountId, guids: &[DbGuid]) -> Sql<'static, DB> {
    let text = format!(
        "
        INSERT INTO session_creators (account_id, guid, created_by)
        SELECT account_id, guid, created_by FROM sessions WHERE account_id = :account AND {}{}
        ON CONFLICT (account_id, guid) DO UPDATE SET created_by = excluded.created_by
        WHERE session_creators.created_by <> excluded.created_by",
        is_listed(DB::DIALECT),
        locked(DB::DIALECT)
    );
    let store = Sql::composed("session_store_creators", text).bind_in_both::<BigInt, _>("account", account.get());
    store.bind_in_both::<Guids, _>("guids", DbGuids(guids.to_vec())).uncached()
}

/// The end of a query of sessions whose rows refer to them. Without the lock, a session that another transaction removes meanwhile
/// would break the foreign key. A writer of SQLite is alone.
const fn locked(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => " ORDER BY guid FOR KEY SHARE",
        Dialect::Sqlite => "",
    }
}

/// Sessions without attendees that a principal created, deleted ones included: those that the projection has, and pending ones.
pub(super) fn created_by(mut conn: Conn<'_>, account: AccountId, creator: PrincipalId, batch: BatchSize) -> QueryResult<Vec<DbGuid>> {
    let pending = change_log::pending_count(conn.reborrow(), account, Projection::SessionCreators)?;
    on_conn!(conn, |conn| sessions_of(account, creator, pending, batch).load(conn))
}

fn sessions_of<DB: Database>(account: AccountId, creator: PrincipalId, pending: i64, batch: BatchSize) -> Sql<'static, DB, Guid> {
    let written = written(pending, DB::DIALECT);
    let text = format!(
        "
        SELECT guid FROM (
            SELECT guid FROM session_creators
            WHERE account_id = :account AND created_by = :creator AND (
                -- Attendees are checked session by session. As a join, a planner might read all attendees.
                SELECT attendees.guid FROM attendees WHERE account_id = :account AND session_guid = session_creators.guid LIMIT 1
            ) IS NULL
            ORDER BY guid LIMIT :limit
        ) AS known
        UNION
        SELECT guid FROM (
            SELECT guid FROM {written}
            WHERE account_id = :account AND created_by = :creator AND (
                SELECT attendees.guid FROM attendees WHERE account_id = :account AND session_guid = written.guid LIMIT 1
            ) IS NULL
            LIMIT :limit
        ) AS pending
        LIMIT :limit"
    );
    Sql::composed("session_created_by", text)
        .bind_in_both::<BigInt, _>("account", account.get())
        .bind_in_both::<BigInt, _>("creator", creator.get())
        .bind_in_both::<BigInt, _>("limit", i64::from(batch.get()))
        .returning()
        .uncached()
}

/// All sessions that a principal created, deleted ones included: those that the projection has, and pending ones.
pub(crate) fn all_created_by(mut conn: Conn<'_>, account: AccountId, creator: PrincipalId) -> QueryResult<Vec<DbGuid>> {
    let pending = change_log::pending_count(conn.reborrow(), account, Projection::SessionCreators)?;
    on_conn!(conn, |conn| all_sessions_of(account, creator, pending).load(conn))
}

fn all_sessions_of<DB: Database>(account: AccountId, creator: PrincipalId, pending: i64) -> Sql<'static, DB, Guid> {
    let written = written(pending, DB::DIALECT);
    let text = format!(
        "
        SELECT guid FROM session_creators WHERE account_id = :account AND created_by = :creator
        UNION
        SELECT guid FROM {written}
        WHERE account_id = :account AND created_by = :creator"
    );
    Sql::composed("session_all_created_by", text)
        .bind_in_both::<BigInt, _>("account", account.get())
        .bind_in_both::<BigInt, _>("creator", creator.get())
        .returning()
        .uncached()
}

/// SQL for the pending sessions, or for all sessions where very many are pending: then reading all of them is cheaper.
fn written(pending: i64, dialect: Dialect) -> String {
    match pending {
        0..=MAX_PENDING_SCAN => pending_sessions(Projection::SessionCreators, dialect),
        _ => "sessions AS written".to_owned(),
    }
}

#[cfg(test)]
pub(super) fn statements<DB: Database>() -> Vec<Printed> {
    let account = AccountId::new(1);
    let created = sessions_of::<DB>(account, PrincipalId::new(1), 0, BatchSize::DEFAULT);
    let all = all_sessions_of::<DB>(account, PrincipalId::new(1), 0);
    vec![store::<DB>(account, &[]).printed(), created.printed(), all.printed()]
}
