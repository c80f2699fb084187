//! The rows of one account, as a backup has them, and the way back into a fresh account of this or another database.

use std::collections::BTreeMap;

use derslik_domain::id::AccountId;
use derslik_domain::job::JobStatus;
use derslik_ports::outbound::{AccountRows, LAST_JOB_NUMBER, TableRows, numbered_jobs_of};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use serde::Deserialize;

use super::canonical::canonical;
use super::columns::{Column, columns_of};
use super::load::{MAX_ROWS, insert_into};
use super::read::{Row, Shape, rows_of};
use super::tables::{Counter, WRITTEN_BY_MIGRATIONS, stored};
use super::{RowSink, SinkError, SnapshotError, counters};
use crate::change_log::ChangeKind;
use crate::db::conn::{Conn, on_conn};
use crate::db::schema::jobs;
use crate::db::text::Dialect;
use crate::db::types::{DbInstant, DbUuid};

/// Tables of an account that are left out: the audit log tells what happened, and keeps doing so; twins are about all accounts.
const LEFT_OUT: [&str; 4] = ["audit_records", "audit_seals", "audit_checkpoints", "key_twins"];

/// Tables of an account that a backup does not store, with their keys.
const PROJECTIONS: [(&str, &[&str]); 4] = [
    ("change_log", &["account_id", "id"]),
    ("session_index", &["account_id", "guid"]),
    ("session_creators", &["account_id", "guid"]),
    ("session_ends", &["account_id", "ends_at", "guid"]),
];

/// The table of accounts, with its key.
const ACCOUNT: (&str, &[&str]) = ("accounts", &["id"]);

/// The table of jobs.
const JOBS: &str = "jobs";

/// The columns that hold the id of a job.
const JOB_IDS: [(&str, &str); 3] = [(JOBS, "id"), ("erasure_users", "job_id"), ("erased_names", "job_id")];

/// Tables of the installation without which the rows of an account can't be used elsewhere.
const OF_INSTALLATION: [&str; 2] = WRITTEN_BY_MIGRATIONS;

/// The tables whose rows belong to an account, with their keys, those first that others refer to.
fn of_accounts() -> impl DoubleEndedIterator<Item = (&'static str, &'static [&'static str])> {
    let tables: Vec<_> = stored().filter(|(_, key)| key.first() == Some(&"account_id")).collect();
    tables.into_iter()
}

/// The column that names the account.
fn owner_column(table: &str) -> &'static str {
    if table == ACCOUNT.0 { "id" } else { "account_id" }
}

/// Reads the account and its rows in these tables, or in all of them.
pub(crate) fn read(mut conn: Conn<'_>, account: AccountId, only: Option<&[&str]>) -> Result<AccountRows, SnapshotError> {
    let dialect = conn.dialect();
    let is_wanted = |table: &str| only.map_or(!LEFT_OUT.contains(&table), |only| only.contains(&table));
    let mut rows = AccountRows::default();
    for (table, key) in std::iter::once(ACCOUNT).chain(of_accounts()).filter(|(table, _)| is_wanted(table)) {
        let columns = columns_of(conn.reborrow(), table)?;
        let condition = format!("WHERE {} = {}", owner_column(table), account.get());
        let query = rows_of(dialect, table, &columns, key, &condition);
        let found: Vec<Row> = on_conn!(conn.reborrow(), |conn| sql_query(query).load(conn))?;
        if !found.is_empty() {
            rows.tables.push(TableRows { table, rows: found.into_iter().map(|row| row.row).collect() });
        }
    }
    Ok(rows)
}

/// Writes the rows as those of another account, which does not exist yet. Their keys and names must be free.
pub(crate) fn write(mut conn: Conn<'_>, account: AccountId, rows: &AccountRows) -> Result<(), SnapshotError> {
    let dialect = conn.dialect();
    let job_ids = JobIds {
        numbered: numbered_jobs_of(account).unwrap_or_default(),
        // Another account may have the ids of jobs from elsewhere.
        shift: if rows.is_foreign { counters::highest(conn.reborrow(), JOBS, Counter::Sequence)? } else { 0 },
    };
    for TableRows { table, rows } in &rows.tables {
        let columns = columns_of(conn.reborrow(), table)?;
        let changed = |column: &Column, stored: String| {
            let name = column.name.as_str();
            if name == owner_column(table) {
                account.get().to_string()
            } else if JOB_IDS.contains(&(*table, name)) {
                job_ids.changed(&stored)
            } else {
                stored
            }
        };
        let statement = insert_into(dialect, table, &columns, &changed);
        for part in rows.chunks(MAX_ROWS) {
            let array = format!("[{}]", part.join(","));
            on_conn!(conn.reborrow(), |conn| sql_query(statement.as_str()).bind::<Text, _>(array).execute(conn))
                .map_err(|error| SnapshotError::Load { table: (*table).to_owned(), source: Box::new(error) })?;
        }
    }
    if rows.is_foreign {
        let highest = counters::highest(conn.reborrow(), JOBS, Counter::Sequence)?;
        counters::write(conn.reborrow(), &BTreeMap::from([(JOBS.to_owned(), highest)]))?;
    }
    release_jobs(conn.reborrow(), account)?;
    note_sessions(conn, account)
}

/// Makes room for the jobs among the rows. In SQLite all accounts share the ids of jobs, so those of ended accounts that have the same ids
/// go. All others stay, so that a request that still reads such an account sees them.
pub(crate) fn free_job_ids(conn: &mut SqliteConnection, rows: &AccountRows) -> Result<usize, SnapshotError> {
    // Rows from elsewhere get ids above all others.
    let jobs = rows.tables.iter().filter(|rows| rows.table == JOBS && !rows.rows.is_empty());
    let mut removed = 0;
    for part in jobs.filter(|_| !rows.is_foreign).flat_map(|rows| rows.rows.chunks(MAX_ROWS)) {
        let statement = "DELETE FROM jobs WHERE id IN (SELECT json_extract(value, '$.id') FROM json_each(?)) \
                         AND account_id IN (SELECT account_id FROM test_accounts WHERE ended = 1)";
        removed += sql_query(statement).bind::<Text, _>(format!("[{}]", part.join(","))).execute(conn)?;
    }
    Ok(removed)
}

/// Gives back the jobs that ran: no worker holds them in this account, and an advance should not wait until their leases end.
fn release_jobs(conn: Conn<'_>, account: AccountId) -> Result<(), SnapshotError> {
    let running = jobs::table.filter(jobs::account_id.eq(account.get())).filter(jobs::status.eq(JobStatus::Running.name()));
    let release = diesel::update(running).set((
        jobs::status.eq(JobStatus::Scheduled.name()),
        // The attempt does not count. A running job has at least this one.
        jobs::attempts.eq(jobs::attempts - 1),
        jobs::worker.eq(None::<DbUuid>),
        jobs::lease_token.eq(None::<DbUuid>),
        jobs::lease_until.eq(None::<DbInstant>),
        jobs::started_at.eq(None::<DbInstant>),
    ));
    on_conn!(conn, |conn| release.execute(conn))?;
    Ok(())
}

/// What becomes of the ids of jobs.
struct JobIds {
    /// The id with the number 0 in the account, for ids that have a number.
    numbered: i64,
    /// What is added to ids that a database has counted.
    shift: i64,
}

impl JobIds {
    /// The SQL for the changed id.
    fn changed(&self, id: &str) -> String {
        let Self { numbered, shift } = self;
        format!("CASE WHEN ({id}) < 0 THEN ({numbered}) + (({id}) & {LAST_JOB_NUMBER}) ELSE ({id}) + {shift} END")
    }
}

/// Notes all sessions of the account in the change log, so that the projections follow.
fn note_sessions(conn: Conn<'_>, account: AccountId) -> Result<(), SnapshotError> {
    let (account, kind, pending) = (account.get(), ChangeKind::Session.code(), ChangeKind::Session.pending());
    let ids = match &conn {
        Conn::Pg(_) => "array_agg(guid ORDER BY start_at, guid)",
        Conn::Sqlite(_) => "json_group_array(lower(hex(guid)))",
    };
    let note = format!(
        "INSERT INTO change_log (account_id, kind, pending, ids) SELECT {account}, {kind}, {pending}, {ids} FROM (\
         SELECT guid, start_at, (row_number() OVER (ORDER BY start_at, guid) - 1) / 1000 AS part FROM sessions \
         WHERE account_id = {account} ORDER BY start_at, guid) AS parts GROUP BY part ORDER BY part"
    );
    on_conn!(conn, |conn| sql_query(note).execute(conn))?;
    Ok(())
}

/// Removes some rows of an account, at most about `limit`, those first that refer to others. Returns how many; zero means that
/// the account itself is gone as well.
pub(crate) fn remove(mut conn: Conn<'_>, account: AccountId, limit: u16) -> Result<usize, SnapshotError> {
    let account_id = account.get();
    // A coordinator of shards finds the shard by it. SQLite would read all rows of the account.
    let of_account = match conn.dialect() {
        Dialect::Postgres => format!("account_id = {account_id} AND "),
        Dialect::Sqlite => String::new(),
    };
    for (table, key) in PROJECTIONS.into_iter().chain(of_accounts().rev()) {
        let key = key.join(", ");
        let some = format!("SELECT {key} FROM \"{table}\" WHERE account_id = {account_id} LIMIT {limit}");
        let query = format!("DELETE FROM \"{table}\" WHERE {of_account}({key}) IN ({some})");
        let removed = on_conn!(conn.reborrow(), |conn| sql_query(query).execute(conn))?;
        if removed > 0 {
            return Ok(removed);
        }
    }
    let query = format!("DELETE FROM accounts WHERE id = {account_id}");
    on_conn!(conn, |conn| sql_query(query).execute(conn))?;
    Ok(0)
}

/// Brings the rows to a sink as a backup of a database with this account alone would have them.
pub(super) fn write_backup(mut conn: Conn<'_>, rows: &AccountRows, sink: &mut dyn RowSink) -> Result<Shape, SnapshotError> {
    let unreadable = |table: &str| {
        let table = table.to_owned();
        move |error| SnapshotError::Row { table, source: error }
    };
    for (table, key) in stored() {
        if OF_INSTALLATION.contains(&table) {
            let query = rows_of(conn.dialect(), table, &columns_of(conn.reborrow(), table)?, key, "");
            let found: Vec<Row> = on_conn!(conn.reborrow(), |conn| sql_query(query).load(conn))?;
            for Row { row } in found {
                sink.row(table, &canonical(&row).map_err(unreadable(table))?).map_err(SnapshotError::Sink)?;
            }
        }
        for row in rows.tables.iter().filter(|rows| rows.table == table).flat_map(|rows| &rows.rows) {
            sink.row(table, &canonical(row).map_err(unreadable(table))?).map_err(SnapshotError::Sink)?;
        }
    }
    shape_of(conn)
}

/// The columns of all stored tables, and the counters.
pub(super) fn shape_of(mut conn: Conn<'_>) -> Result<Shape, SnapshotError> {
    let mut columns = BTreeMap::new();
    for (table, _) in stored() {
        let names = columns_of(conn.reborrow(), table)?.into_iter().map(|column| column.name).collect();
        columns.insert(table.to_owned(), names);
    }
    Ok(Shape { columns, counters: counters::read(conn)? })
}

/// Takes the rows of a backup that holds one account, and the rows of the installation beside it.
#[derive(Debug, Default)]
pub struct AccountCollector {
    rows: AccountRows,
    account: Option<i64>,
}

/// The account of a row.
#[derive(Deserialize)]
struct Owned {
    account_id: i64,
}

/// The account itself.
#[derive(Deserialize)]
struct Own {
    id: i64,
}

impl AccountCollector {
    /// The rows, in the order in which they can be written.
    ///
    /// # Errors
    /// If there is no account.
    pub fn finish(self) -> Result<AccountRows, SinkError> {
        let Self { mut rows, account } = self;
        if account.is_none() {
            return Err("it holds no account".into());
        }
        let place = |table: &str| stored().position(|(known, _)| known == table);
        rows.tables.sort_by_key(|rows| place(rows.table));
        Ok(rows)
    }
}

impl RowSink for AccountCollector {
    fn row(&mut self, table: &str, row: &str) -> Result<(), SinkError> {
        if OF_INSTALLATION.contains(&table) || LEFT_OUT.contains(&table) {
            return Ok(());
        }
        let known = std::iter::once(ACCOUNT).chain(of_accounts()).find(|(known, _)| *known == table);
        let Some((table, _)) = known else {
            return Err(format!("it holds rows of the table {table}, and a snapshot is of one account").into());
        };
        let account =
            if table == ACCOUNT.0 { serde_json::from_str::<Own>(row)?.id } else { serde_json::from_str::<Owned>(row)?.account_id };
        if *self.account.get_or_insert(account) != account {
            return Err("it holds more than one account".into());
        }
        let row = canonical(row)?;
        match self.rows.tables.iter_mut().find(|rows| rows.table == table) {
            Some(rows) => rows.rows.push(row),
            None => self.rows.tables.push(TableRows { table, rows: vec![row] }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(rows: &[(&str, &str)]) -> String {
        let mut collector = AccountCollector::default();
        let taken = rows.iter().try_for_each(|(table, row)| collector.row(table, row));
        taken.and_then(|()| collector.finish().map(drop)).unwrap_err().to_string()
    }

    #[test]
    fn rows_of_one_account_are_collected_in_the_order_of_their_tables() {
        let mut collector = AccountCollector::default();
        let rows = [
            ("jobs", r#"{"account_id": 7, "id": 1}"#),
            ("accounts", r#"{"name":"a","id":7}"#),
            ("service_keys", r#"{"name": "k"}"#),
            ("audit_records", r#"{"account_id":7}"#),
        ];
        rows.iter().try_for_each(|(table, row)| collector.row(table, row)).unwrap();
        let tables = collector.finish().unwrap().tables;
        assert_eq!(
            tables.iter().map(|rows| (rows.table, rows.rows.join(","))).collect::<Vec<_>>(),
            [("accounts", r#"{"id":7,"name":"a"}"#.to_owned()), ("jobs", r#"{"account_id":7,"id":1}"#.to_owned()),]
        );
    }

    #[test]
    fn a_backup_that_is_not_of_one_account_is_refused() {
        assert!(refusal(&[]).contains("no account"));
        let (one, other) = (("accounts", r#"{"id":1}"#), ("accounts", r#"{"id":2}"#));
        assert!(refusal(&[one, other]).contains("more than one account"));
        assert!(refusal(&[one, ("sessions", r#"{"account_id":2}"#)]).contains("more than one account"));
        assert!(refusal(&[one, ("admins", r#"{"id":1}"#)]).contains("rows of the table admins"));
        assert!(!refusal(&[one, ("sessions", r#"{"account_id":1}],[{"account_id":1}"#)]).is_empty());
    }

    #[test]
    fn ids_of_jobs_keep_their_numbers_and_those_from_elsewhere_are_shifted() {
        let job_ids = JobIds { numbered: -100, shift: 7 };
        assert_eq!(job_ids.changed("x"), "CASE WHEN (x) < 0 THEN (-100) + ((x) & 16777215) ELSE (x) + 7 END");
    }
}
