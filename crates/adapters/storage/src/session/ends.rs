//! When open sessions end, and the expiry of those whose end has come. The table `session_ends` may hold ends that a session does
//! not have anymore, so an expiry reads the session again.

use derslik_domain::id::AccountId;
use derslik_domain::rows::RowCount;
use derslik_domain::session::{SessionDuration, SessionStatus};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::Projection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use crate::change_log::{self, is_listed};
use crate::db::conn::{Conn, on_conn};
use crate::db::schema::sessions;
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Database, Sql, Statement};
use crate::db::text::Dialect;
use crate::db::types::{DbGuid, DbGuids, DbInstant, Guid, Guids, Instant, row_count};

static TAKE_DUE: Statement = Statement::new(
    "session_take_due_ends",
    "
    DELETE FROM session_ends
    WHERE account_id = :account AND (ends_at, guid) IN (
        SELECT ends_at, guid FROM session_ends WHERE account_id = :account AND ends_at <= :now ORDER BY ends_at, guid LIMIT :limit
    )
    RETURNING guid",
);

/// The SQL for the end of a session. On PostgreSQL it is computed in UTC, so that it does not depend on the time zone of the
/// connection. `strftime` of SQLite counts whole seconds, so the fraction is appended unchanged. It knows no year after 9999, so a
/// session that ends later ends with that year.
fn ends_at(dialect: Dialect) -> String {
    let unit = SessionDuration::UNIT.as_secs();
    match dialect {
        Dialect::Postgres => format!("(start_at AT TIME ZONE 'UTC' + duration_minutes * interval '{unit} seconds') AT TIME ZONE 'UTC'"),
        Dialect::Sqlite => {
            let last = "9999-12-31T23:59:59";
            let end = format!("strftime('%Y-%m-%dT%H:%M:%S', start_at, (duration_minutes * {unit}) || ' seconds')");
            format!("coalesce({end}, '{last}') || substr(start_at, 20)")
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
    on_conn!(conn, |conn| store(account, guids).execute(conn))?;
    Ok(guids.len())
}

fn store<DB: Database>(account: AccountId, guids: &[DbGuid]) -> Sql<'static, DB> {
    let text = format!(
        "
        INSERT INTO session_ends (account_id, ends_at, guid)
        SELECT account_id, {}, guid
        FROM sessions WHERE account_id = :account AND {} AND {}
        ON CONFLICT DO NOTHING",
        ends_at(DB::DIALECT),
        is_listed(DB::DIALECT),
        is_open()
    );
    let store = Sql::composed("session_store_ends", text).bind_in_both::<BigInt, _>("account", account.get());
    store.bind_in_both::<Guids, _>("guids", DbGuids(guids.to_vec())).uncached()
}

/// Marks sessions as expired whose end has come, and returns how many.
pub(super) fn expire(mut conn: Conn<'_>, account: AccountId, now: Timestamp, limit: u16) -> QueryResult<RowCount> {
    // A transaction that stores ends holds this lock, and waits for one that removes the same ends. So they are removed under the
    // lock as well.
    if let Conn::Pg(conn) = conn.reborrow() {
        change_log::hold(conn, account, Projection::SessionEnds)?;
    }
    let (limit, mut expired) = (usize::from(limit), 0);
    loop {
        let due: Vec<DbGuid> = on_conn!(conn.reborrow(), |conn| take_due(account, now, limit).load(conn))?;
        let is_last = due.len() < limit;
        expired += expire_these(conn.reborrow(), account, now, due)?;
        if is_last || expired >= limit {
            return Ok(row_count(expired));
        }
    }
}

/// Removes the first ends that have come, and returns their sessions.
fn take_due<DB: Database>(account: AccountId, now: Timestamp, limit: usize) -> Sql<'static, DB, Guid> {
    Sql::of(&TAKE_DUE)
        .bind_in_both::<BigInt, _>("account", account.get())
        .bind_in_both::<Instant, _>("now", DbInstant(now))
        .bind_in_both::<BigInt, _>("limit", i64::try_from(limit).unwrap_or(i64::MAX))
        .returning()
        .uncached()
}

#[cfg(test)]
pub(super) fn statements<DB: Database>() -> Vec<Printed> {
    let account = AccountId::new(1);
    vec![store::<DB>(account, &[]).printed(), take_due::<DB>(account, Timestamp::MIN, 1).printed()]
}

/// Expires those of the sessions that are open and end by `now`: others were moved or ended in the meantime.
fn expire_these(conn: Conn<'_>, account: AccountId, now: Timestamp, guids: Vec<DbGuid>) -> QueryResult<usize> {
    let these = sessions::table.filter(sessions::account_id.eq(account.get())).filter(sessions::guid.eq_any(guids));
    let over = these.filter(sql::<Bool>(&is_open())).filter(sql::<Instant>(&ends_at(conn.dialect())).le(DbInstant(now)));
    let expired = (sessions::status.eq(SessionStatus::Expired.code()), sessions::updated_at.eq(DbInstant(now)));
    on_conn!(conn, |conn| diesel::update(over).set(expired).execute(conn))
}
