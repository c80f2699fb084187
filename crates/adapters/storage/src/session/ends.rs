//! When open sessions end, and the expiry of those whose end has come. The table `session_ends` may hold ends that a session does
//! not have anymore, so an expiry reads the session again.

use derslik_domain::id::AccountId;
use derslik_domain::job::RowCount;
use derslik_domain::session::{SessionDuration, SessionStatus};
use derslik_domain::time::Timestamp;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel::{QueryableByName, sql_query};

use crate::change_log::{is_listed, numbered};
use crate::db::conn::{Conn, on_conn};
use crate::db::schema::sessions;
use crate::db::text::Dialect;
use crate::db::types::{DbGuid, DbGuids, DbInstant, Guid, Guids, Instant, row_count};

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = Guid)]
    guid: DbGuid,
}

/// The SQL for the end of a session. `strftime` of SQLite counts whole seconds, so the fraction is appended unchanged.
fn ends_at(dialect: Dialect) -> String {
    let unit = SessionDuration::UNIT.as_secs();
    match dialect {
        Dialect::Postgres => format!("start_at + duration_minutes * interval '{unit} seconds'"),
        Dialect::Sqlite => {
            format!("strftime('%Y-%m-%dT%H:%M:%S', start_at, (duration_minutes * {unit}) || ' seconds') || substr(start_at, 20)")
        }
    }
}

/// The SQL for the condition that a session expires at its end. `+ 0` keeps the index of the order out of the plan: a planner
/// would read it once for each GUID.
fn is_open() -> String {
    let [first, .., last] = SessionStatus::OPEN.map(SessionStatus::code);
    format!("status + 0 BETWEEN {first} AND {last}")
}

/// Stores the ends of those of the sessions that are open.
pub(super) fn apply(conn: Conn<'_>, account: AccountId, guids: &[DbGuid]) -> QueryResult<usize> {
    let dialect = conn.dialect();
    let insert = format!(
        "INSERT INTO session_ends (account_id, ends_at, guid)
        SELECT account_id, {}, guid FROM sessions WHERE account_id = $1 AND {} AND {}
        ON CONFLICT DO NOTHING",
        ends_at(dialect),
        is_listed(dialect),
        is_open()
    );
    let insert = sql_query(numbered(&insert, dialect)).bind::<BigInt, _>(account.get()).bind::<Guids, _>(DbGuids(guids.to_vec()));
    on_conn!(conn, |conn| insert.execute(conn))?;
    Ok(guids.len())
}

/// Marks sessions as expired whose end has come, and returns how many.
pub(super) fn expire(mut conn: Conn<'_>, account: AccountId, now: Timestamp, limit: u16) -> QueryResult<RowCount> {
    let (limit, mut expired) = (usize::from(limit), 0);
    loop {
        let due = take_due(conn.reborrow(), account, now, limit)?;
        let is_last = due.len() < limit;
        expired += expire_these(conn.reborrow(), account, now, due)?;
        if is_last || expired >= limit {
            return Ok(row_count(expired));
        }
    }
}

/// Removes the first ends that have come, and returns their sessions.
fn take_due(conn: Conn<'_>, account: AccountId, now: Timestamp, limit: usize) -> QueryResult<Vec<DbGuid>> {
    const TAKE: &str = "
        DELETE FROM session_ends WHERE account_id = $1 AND (ends_at, guid) IN (
            SELECT ends_at, guid FROM session_ends WHERE account_id = $1 AND ends_at <= $2 ORDER BY ends_at, guid LIMIT $3
        ) RETURNING guid";
    let take = sql_query(numbered(TAKE, conn.dialect())).bind::<BigInt, _>(account.get()).bind::<Instant, _>(DbInstant(now));
    let take = take.bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX));
    let due: Vec<Due> = on_conn!(conn, |conn| take.load(conn))?;
    Ok(due.into_iter().map(|due| due.guid).collect())
}

/// Expires those of the sessions that are open and end by `now`: others were moved or ended in the meantime.
fn expire_these(conn: Conn<'_>, account: AccountId, now: Timestamp, guids: Vec<DbGuid>) -> QueryResult<usize> {
    let these = sessions::table.filter(sessions::account_id.eq(account.get())).filter(sessions::guid.eq_any(guids));
    let over = these.filter(sql::<Bool>(&is_open())).filter(sql::<Instant>(&ends_at(conn.dialect())).le(DbInstant(now)));
    let expired = (sessions::status.eq(SessionStatus::Expired.code()), sessions::updated_at.eq(DbInstant(now)));
    on_conn!(conn, |conn| diesel::update(over).set(expired).execute(conn))
}
