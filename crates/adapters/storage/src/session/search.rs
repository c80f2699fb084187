//! Searches among the sessions of an account that stay fast with any number of sessions. One strategy, in three steps:
//!
//! 1. The first sessions in the order of their starts. They fill a page soon if many sessions match.
//! 2. The trigram index, month by month, if few match, none does, or the matches are late. Reading in order would then read
//!    everything. The migrations that make `session_index` describe its keys.
//! 3. Pending sessions, which are not in the index yet, one by one. Signatures of names rule out most of them.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use derslik_domain::page::Page;
use derslik_domain::session::SessionFilter;
use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::index::{self, SessionPosition};
use super::pending;
use super::rows::SessionRow;
use super::terms::Terms;
use crate::db::conn::{Conn, on_conn};
use crate::db::rows::{Lengthy, load_first};
use crate::db::schema::sessions;
use crate::db::text::Contains;
use crate::db::types::{DbGuid, DbInstant};

/// The condition of the index `sessions_by_start`, character by character. With a bound parameter the planner could not prove that
/// it holds.
const NOT_DELETED: &str = "status >= 0";

/// How many sessions are read in the order of their starts before the index is used. They fill a page if every twentieth session
/// matches.
const FIRST_SESSIONS: i64 = 2_000;

/// A page that ends later than this is read only in the order of the starts.
const LATEST_END: i64 = 20_000;

/// How many months are searched in the index at a time.
const MONTHS: usize = 240;

/// About how many sessions with texts of the greatest length have [`SessionFilter::TEXT_BYTES`] in total.
const FIRST_ROWS: usize = 25;

/// How many sessions with ordinary texts are read by their GUIDs at once.
const NEXT_ROWS: usize = 200;

/// The page of the sessions that match a filter. `is_distributed` matters to the trigram index alone.
pub(super) fn search(mut conn: Conn<'_>, terms: &Terms, is_distributed: bool) -> QueryResult<Page<SessionRow>> {
    if !terms.needs_index() {
        return read_in_order(conn, terms, None);
    }
    let Some(end) = end_of_first_sessions(conn.reborrow(), terms)? else { return read_in_order(conn, terms, None) };
    let first = read_in_order(conn.reborrow(), terms, Some(end))?;
    if first.more || i64::try_from(first.entries.len()) == Ok(terms.size) {
        return Ok(first);
    }
    if terms.end_of_page() > LATEST_END {
        return read_in_order(conn, terms, None);
    }
    let found = in_one_snapshot(conn.reborrow(), |mut conn| {
        let Some(guids) = find_by_index(conn.reborrow(), terms, is_distributed)? else { return Ok(None) };
        read_rows(conn, terms, &guids).map(Some)
    })?;
    match found {
        Some(page) => Ok(page),
        None => read_in_order(conn, terms, None),
    }
}

/// The start of the last of the first sessions. `None` if they are all sessions of the filter's time.
fn end_of_first_sessions(conn: Conn<'_>, terms: &Terms) -> QueryResult<Option<DbInstant>> {
    on_conn!(conn, |conn| {
        let mut query = sessions::table.filter(sessions::account_id.eq(terms.account)).filter(sql::<Bool>(NOT_DELETED)).into_boxed();
        if let Some(earliest) = terms.earliest_start() {
            query = query.filter(sessions::start_at.ge(earliest));
        }
        if let Some(latest) = terms.latest_start() {
            query = query.filter(sessions::start_at.le(latest));
        }
        query.order((sessions::start_at, sessions::guid)).offset(FIRST_SESSIONS).select(sessions::start_at).first(conn).optional()
    })
}

/// The page, read in the order of the starts. `until` is the latest start that is read, and never later than that of the filter.
fn read_in_order(conn: Conn<'_>, terms: &Terms, until: Option<DbInstant>) -> QueryResult<Page<SessionRow>> {
    let most = usize::try_from(terms.size).unwrap_or(usize::MAX);
    on_conn!(conn, |conn| {
        let mut query = sessions::table.filter(sessions::account_id.eq(terms.account)).filter(sql::<Bool>(NOT_DELETED)).into_boxed();
        if let Some(guid) = terms.guid {
            query = query.filter(sessions::guid.nullable().eq(guid));
        }
        if let Some(name) = &terms.name {
            query = query.filter(Contains::new(sessions::name_key, name));
        }
        if let Some(description) = &terms.description {
            query = query.filter(Contains::new(sessions::description_key, description));
        }
        for tag in &terms.tags {
            query = query.filter(Contains::new(sessions::tags_key, tag));
        }
        if let Some(minutes) = terms.minutes {
            query = query.filter(sessions::duration_minutes.eq(minutes));
        }
        if let Some(begin) = terms.begin {
            query = query.filter(sessions::start_civil.ge(begin));
        }
        if let Some(end) = terms.end {
            query = query.filter(sessions::start_civil.le(end));
        }
        if let Some(earliest) = terms.earliest_start() {
            query = query.filter(sessions::start_at.ge(earliest));
        }
        if let Some(latest) = until.or(terms.latest_start()) {
            query = query.filter(sessions::start_at.le(latest));
        }
        let query = query.order((sessions::start_at, sessions::guid)).limit(terms.size).offset(terms.offset);
        load_first(query.select(SessionRow::as_select()), conn, most, SessionFilter::TEXT_BYTES)
    })
}

/// Steps 2 and 3: the GUIDs of the page, from the index and from the pending sessions. `None` if too many would have to be looked up.
fn find_by_index(mut conn: Conn<'_>, terms: &Terms, is_distributed: bool) -> QueryResult<Option<Vec<DbGuid>>> {
    let end = terms.end_of_page();
    let Some(candidates) = pending::candidates(conn.reborrow(), terms)? else { return Ok(None) };
    let mut indexed = Vec::new();
    for months in index::months(conn.reborrow(), terms)?.chunks(MONTHS) {
        let missing = end - i64::try_from(indexed.len()).unwrap_or(end);
        if missing > 0 {
            let Some(mut found) = index::search_index(conn.reborrow(), terms, months, missing, is_distributed)? else { return Ok(None) };
            indexed.append(&mut found);
        }
    }
    let pending = index::search_pending(conn, terms, candidates, end)?;
    let positions: BTreeSet<_> = indexed.iter().chain(&pending).map(SessionPosition::sort_key).collect();
    let (skipped, taken) = (usize::try_from(terms.offset), usize::try_from(terms.size));
    let page = positions.into_iter().skip(skipped.unwrap_or(usize::MAX)).take(taken.unwrap_or(usize::MAX));
    Ok(Some(page.map(|(_, guid)| DbGuid(guid)).collect()))
}

/// The sessions of a page whose GUIDs are known, in order. They are sorted here: to sort in SQL, a planner might read all
/// sessions in the order of their index.
fn read_rows(mut conn: Conn<'_>, terms: &Terms, guids: &[DbGuid]) -> QueryResult<Page<SessionRow>> {
    let (mut entries, mut taken, mut left) = (Vec::new(), 0, guids);
    // The first few show whether the texts are long. If all were read at once, their texts could be of any length.
    let mut count = FIRST_ROWS;
    while taken < SessionFilter::TEXT_BYTES && !left.is_empty() {
        let (these, rest) = left.split_at(count.min(left.len()));
        let mut rows: Vec<SessionRow> = on_conn!(conn.reborrow(), |conn| sessions::table
            .filter(sessions::account_id.eq(terms.account))
            .filter(sessions::guid.eq_any(these))
            .select(SessionRow::as_select())
            .load(conn))?;
        rows.sort_unstable_by_key(SessionRow::sort_key);
        for row in rows {
            if taken >= SessionFilter::TEXT_BYTES {
                return Ok(Page { entries, more: true });
            }
            taken += row.text_bytes();
            entries.push(row);
        }
        (left, count) = (rest, NEXT_ROWS);
    }
    Ok(Page { entries, more: !left.is_empty() })
}

/// Runs the reads in one snapshot. Without it, a session that is written or indexed between two reads could be missed by both.
fn in_one_snapshot<T>(mut conn: Conn<'_>, read: impl FnOnce(Conn<'_>) -> QueryResult<T>) -> QueryResult<T> {
    let depth = on_conn!(conn.reborrow(), |conn| depth(conn)?);
    match conn {
        conn if depth.is_some() => read(conn),
        Conn::Pg(conn) => {
            conn.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
            let found = read(Conn::Pg(conn));
            conn.batch_execute(if found.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
            found
        }
        Conn::Sqlite(conn) => conn.transaction(|conn| read(Conn::Sqlite(conn))),
    }
}

/// How many transactions are open, one inside another.
fn depth<C: Connection>(conn: &mut C) -> QueryResult<Option<NonZeroU32>> {
    C::TransactionManager::transaction_manager_status_mut(conn).transaction_depth()
}
