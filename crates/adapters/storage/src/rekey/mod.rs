//! Makes keys anew. When the program changes the rule that makes the keys of texts, stored rows still have keys by the old rule.
//! Only the keys change, never a text. The work goes in steps, each a transaction over a bounded number of rows. The progress is
//! stored, so an interrupted run continues where it ended. Once all is done, a check costs one query.
//!
//! Two rows with different keys by the old rule may have the same key by the new one. The second of them, a twin, keeps its old
//! key. It is reported to the operator until one of the two is renamed.

mod courses;
mod people;
mod rows;
mod sessions;

use std::fmt;

use derslik_domain::id::{AccountId, Id};
use diesel::prelude::*;
use diesel::upsert::excluded;

use self::rows::{Rewrite, Rows};
use crate::db::conn::{Conn, on_conn};
use crate::db::connector::Database;
use crate::db::schema::{accounts, key_rewrites, key_twins};

/// The number of the current rule for keys. Increase it with each change of `fold`, `identity_key` or `composed_key`.
const RULE: i16 = 1;

/// The most rows of one step.
const STEP_ROWS: usize = 500;

/// The tables that have keys.
const TABLES: [Table; 7] = [
    Table::of::<people::Users>("users", "its user name or e-mail address is also that of another user"),
    Table::of::<people::Projects>("projects", "its name is also that of another project"),
    Table::of::<people::Attendees>("attendees", "its e-mail address is also that of another attendee of the session"),
    Table::of::<courses::Courses>("courses", ""),
    Table::of::<courses::Aliases>("course_aliases", "one of its aliases is also that of another course"),
    Table::of::<sessions::Sessions>("sessions", ""),
    Table { of_accounts: false, ..Table::of::<people::Admins>("admins", "its name is also that of another admin") },
];

/// The id that stands for an account where a table has none. No account has it.
const NO_ACCOUNT: i64 = 0;

/// A row that keeps a key by an old rule, because another row has the key that it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTwin {
    /// The account of the row; zero for an admin, who belongs to none.
    pub account: AccountId,
    /// The name of the table.
    pub table: &'static str,
    /// The id of the row: of the user, project, course or admin. For an attendee: the GUIDs of the session and of the attendee.
    pub row: String,
    what: &'static str,
}

impl fmt::Display for KeyTwin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.account.get() != NO_ACCOUNT {
            write!(f, "account {}, ", self.account)?;
        }
        write!(f, "{} {}: {}; rename one of the two", self.table, self.row, self.what)
    }
}

#[derive(Clone, Copy)]
struct Table {
    name: &'static str,
    what: &'static str,
    /// Whether its rows belong to accounts. Otherwise it is read once, for [`NO_ACCOUNT`].
    of_accounts: bool,
    rewrite_batch: fn(&mut Conn<'_>, i64, &str, usize) -> QueryResult<Batch>,
    rewrite_row: fn(&mut Conn<'_>, i64, &str) -> QueryResult<Rewrite>,
}

/// The result for some rows in their order.
#[derive(Default)]
struct Batch {
    seen: usize,
    last: Option<String>,
    twins: Vec<String>,
}

/// Where the next step begins.
struct Position {
    account: i64,
    after: String,
}

impl Table {
    const fn of<R: Rows>(name: &'static str, what: &'static str) -> Self {
        Self { name, what, of_accounts: true, rewrite_batch: rewrite_batch::<R>, rewrite_row: rewrite_row::<R> }
    }
}

fn rewrite_batch<R: Rows>(conn: &mut Conn<'_>, account: i64, after: &str, limit: usize) -> QueryResult<Batch> {
    let mut batch = Batch::default();
    for row in R::load(conn.reborrow(), account, after, i64::try_from(limit).unwrap_or(i64::MAX))? {
        batch.seen += 1;
        if R::rewrite(conn.reborrow(), account, &row)? == Rewrite::Twin {
            batch.twins.push(R::id(&row));
        }
        batch.last = Some(R::position(&row));
    }
    Ok(batch)
}

fn rewrite_row<R: Rows>(conn: &mut Conn<'_>, account: i64, id: &str) -> QueryResult<Rewrite> {
    let mut worst = Rewrite::Same;
    for row in R::find(conn.reborrow(), account, id)? {
        worst = worst.max(R::rewrite(conn.reborrow(), account, &row)?);
    }
    Ok(worst)
}

/// Makes all keys anew that are not by the current rule, and returns the twins. Processes that call it at the same time share the
/// steps.
pub(crate) fn rewrite_keys<C: Database>(conn: &mut C) -> QueryResult<Vec<KeyTwin>> {
    while !is_done(&mut conn.as_conn())? {
        conn.write(|conn| step(&mut conn.as_conn()))?;
    }
    let mut twins = read_twins(&mut conn.as_conn())?;
    // The row that had the key may have got another one in the meantime.
    loop {
        let before = twins.len();
        if before == 0 {
            return Ok(twins);
        }
        conn.write(|conn| twins.iter().try_for_each(|twin| rewrite_twin(&mut conn.as_conn(), twin)))?;
        twins = read_twins(&mut conn.as_conn())?;
        if twins.len() == before {
            return Ok(twins);
        }
    }
}

/// Whether all rows except twins have keys by the current rule.
pub(crate) fn is_done(conn: &mut Conn<'_>) -> QueryResult<bool> {
    let done: i64 = on_conn!(conn.reborrow(), |conn| key_rewrites::table
        .filter(key_rewrites::rule.eq(RULE))
        .filter(key_rewrites::account_id.is_null())
        .count()
        .get_result(conn))?;
    Ok(usize::try_from(done).is_ok_and(|done| done >= TABLES.len()))
}

fn step(conn: &mut Conn<'_>) -> QueryResult<()> {
    let mut rows = STEP_ROWS;
    for table in TABLES {
        let mut position = read_position(conn, table)?;
        while let Some(Position { account, after }) = &position {
            if rows == 0 {
                return write_position(conn, table, position.as_ref());
            }
            let batch = (table.rewrite_batch)(conn, *account, after, rows)?;
            for row in batch.twins {
                record_twin(conn, table, *account, &row)?;
            }
            let is_through = batch.seen < rows;
            rows -= batch.seen.min(rows);
            position = match batch.last {
                Some(last) if !is_through => Some(Position { account: *account, after: last }),
                _ if table.of_accounts => next_account(conn, Some(*account))?,
                _ => None,
            };
        }
        write_position(conn, table, None)?;
    }
    Ok(())
}

fn read_position(conn: &mut Conn<'_>, table: Table) -> QueryResult<Option<Position>> {
    let position: Option<(Option<i64>, String)> = on_conn!(conn.reborrow(), |conn| key_rewrites::table
        .filter(key_rewrites::subject.eq(table.name))
        .filter(key_rewrites::rule.eq(RULE))
        .select((key_rewrites::account_id, key_rewrites::after_row))
        .first(conn)
        .optional())?;
    match position {
        Some((account, after)) => Ok(account.map(|account| Position { account, after })),
        None if table.of_accounts => next_account(conn, None),
        None => Ok(Some(Position { account: NO_ACCOUNT, after: String::new() })),
    }
}

fn write_position(conn: &mut Conn<'_>, table: Table, position: Option<&Position>) -> QueryResult<()> {
    let row = (
        key_rewrites::subject.eq(table.name),
        key_rewrites::rule.eq(RULE),
        key_rewrites::account_id.eq(position.map(|position| position.account)),
        key_rewrites::after_row.eq(position.map_or("", |position| position.after.as_str())),
    );
    on_conn!(conn.reborrow(), |conn| diesel::insert_into(key_rewrites::table)
        .values(row)
        .on_conflict(key_rewrites::subject)
        .do_update()
        .set((
            key_rewrites::rule.eq(excluded(key_rewrites::rule)),
            key_rewrites::account_id.eq(excluded(key_rewrites::account_id)),
            key_rewrites::after_row.eq(excluded(key_rewrites::after_row)),
        ))
        .execute(conn))?;
    Ok(())
}

/// The start of the next account, or of the first one.
fn next_account(conn: &mut Conn<'_>, after: Option<i64>) -> QueryResult<Option<Position>> {
    let next: Option<i64> = on_conn!(conn.reborrow(), |conn| accounts::table
        .filter(accounts::id.gt(after.unwrap_or(i64::MIN)))
        .order(accounts::id)
        .select(accounts::id)
        .first(conn)
        .optional())?;
    Ok(next.map(|account| Position { account, after: String::new() }))
}

fn record_twin(conn: &mut Conn<'_>, table: Table, account: i64, row: &str) -> QueryResult<()> {
    let row = (key_twins::account_id.eq(account), key_twins::subject.eq(table.name), key_twins::row_id.eq(row));
    on_conn!(conn.reborrow(), |conn| diesel::insert_into(key_twins::table).values(row).on_conflict_do_nothing().execute(conn))?;
    Ok(())
}

/// The rows that keep a key by an old rule.
pub(crate) fn read_twins(conn: &mut Conn<'_>) -> QueryResult<Vec<KeyTwin>> {
    let rows: Vec<(i64, String, String)> = on_conn!(conn.reborrow(), |conn| key_twins::table
        .order((key_twins::account_id, key_twins::subject, key_twins::row_id))
        .select((key_twins::account_id, key_twins::subject, key_twins::row_id))
        .load(conn))?;
    let known = |name: &str| TABLES.into_iter().find(|table| table.name == name);
    let twins = rows.into_iter().filter_map(|(account, subject, row)| {
        let table = known(&subject)?;
        Some(KeyTwin { account: Id::new(account), table: table.name, row, what: table.what })
    });
    Ok(twins.collect())
}

/// Writes the key of a twin if it is free by now. A row that is not a twin any more is removed from the list.
fn rewrite_twin(conn: &mut Conn<'_>, twin: &KeyTwin) -> QueryResult<()> {
    let Some(table) = TABLES.into_iter().find(|table| table.name == twin.table) else { return Ok(()) };
    if (table.rewrite_row)(conn, twin.account.get(), &twin.row)? == Rewrite::Twin {
        return Ok(());
    }
    on_conn!(conn.reborrow(), |conn| diesel::delete(
        key_twins::table
            .filter(key_twins::account_id.eq(twin.account.get()))
            .filter(key_twins::subject.eq(twin.table))
            .filter(key_twins::row_id.eq(&twin.row))
    )
    .execute(conn))?;
    Ok(())
}
