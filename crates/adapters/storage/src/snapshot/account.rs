//! The rows of one account, as a backup has them, and the way back into a fresh account of the same database.

use derslik_domain::id::AccountId;
use derslik_ports::outbound::{AccountRows, TableRows};
use diesel::sql_types::Text;
use diesel::{RunQueryDsl, sql_query};

use super::SnapshotError;
use super::columns::columns_of;
use super::load::{MAX_ROWS, insert_into};
use super::read::{Row, rows_of};
use super::tables::stored;
use crate::change_log::ChangeKind;
use crate::db::conn::{Conn, on_conn};

/// Tables of an account that are left out: the audit log tells what happened, and keeps doing so; twins are about all accounts.
const LEFT_OUT: [&str; 4] = ["audit_records", "audit_seals", "audit_checkpoints", "key_twins"];

/// Tables of an account that a backup does not store, with their keys.
const PROJECTIONS: [(&str, &[&str]); 4] = [
    ("change_log", &["account_id", "id"]),
    ("session_index", &["account_id", "guid"]),
    ("session_creators", &["account_id", "guid"]),
    ("session_ends", &["account_id", "ends_at", "guid"]),
];

/// The tables whose rows belong to an account, with their keys, those first that others refer to.
fn of_accounts() -> impl DoubleEndedIterator<Item = (&'static str, &'static [&'static str])> {
    let tables: Vec<_> = stored().filter(|(_, key)| key.first() == Some(&"account_id")).collect();
    tables.into_iter()
}

/// The column that names the account.
fn owner_column(table: &str) -> &'static str {
    if table == "accounts" { "id" } else { "account_id" }
}

/// Reads the account and its rows in these tables, or in all of them.
pub(crate) fn read(mut conn: Conn<'_>, account: AccountId, only: Option<&[&str]>) -> Result<AccountRows, SnapshotError> {
    let dialect = conn.dialect();
    let is_wanted = |table: &str| only.map_or(!LEFT_OUT.contains(&table), |only| only.contains(&table));
    let mut rows = AccountRows::default();
    let own: (&'static str, &'static [&'static str]) = ("accounts", &["id"]);
    for (table, key) in std::iter::once(own).chain(of_accounts()).filter(|(table, _)| is_wanted(table)) {
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
    for TableRows { table, rows } in &rows.tables {
        let columns = columns_of(conn.reborrow(), table)?;
        let statement = insert_into(dialect, table, &columns, Some((owner_column(table), account.get())));
        for part in rows.chunks(MAX_ROWS) {
            let array = format!("[{}]", part.join(","));
            on_conn!(conn.reborrow(), |conn| sql_query(statement.as_str()).bind::<Text, _>(array).execute(conn))
                .map_err(|error| SnapshotError::Load { table: (*table).to_owned(), source: Box::new(error) })?;
        }
    }
    note_sessions(conn, account)
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
    for (table, key) in PROJECTIONS.into_iter().chain(of_accounts().rev()) {
        let (key, account) = (key.join(", "), account.get());
        let query =
            format!("DELETE FROM \"{table}\" WHERE ({key}) IN (SELECT {key} FROM \"{table}\" WHERE account_id = {account} LIMIT {limit})");
        let removed = on_conn!(conn.reborrow(), |conn| sql_query(query).execute(conn))?;
        if removed > 0 {
            return Ok(removed);
        }
    }
    let query = format!("DELETE FROM accounts WHERE id = {}", account.get());
    on_conn!(conn, |conn| sql_query(query).execute(conn))?;
    Ok(0)
}
