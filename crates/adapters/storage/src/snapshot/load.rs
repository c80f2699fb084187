//! Writes rows in JSON into the tables of an empty database, some hundred in one statement.

use std::collections::BTreeMap;
use std::error::Error;

use diesel::sql_types::Text;
use diesel::{RunQueryDsl, sql_query};

use super::columns::{Column, columns_of};
use super::tables::stored;
use super::{RowSink, SnapshotError};
use crate::db::conn::{Conn, on_conn};
use crate::db::text::Dialect;

/// The most rows of a statement.
pub(super) const MAX_ROWS: usize = 500;

/// With how many bytes of rows a statement is sent, whatever their number is.
const MAX_BYTES: usize = 1 << 20;

/// Writes rows, and has some of them in its hands until [`finish`](Self::finish).
pub(super) struct Loader<'c> {
    conn: Conn<'c>,
    /// The statement of each table.
    statements: BTreeMap<&'static str, String>,
    table: Option<&'static str>,
    /// Rows of that table as a JSON array without its end.
    rows: String,
    waiting: usize,
    written: u64,
}

impl<'c> Loader<'c> {
    /// A loader of tables that must have exactly these columns.
    pub(super) fn new(mut conn: Conn<'c>, columns: &BTreeMap<String, Vec<String>>) -> Result<Self, SnapshotError> {
        let dialect = conn.dialect();
        let mut statements = BTreeMap::new();
        for (table, _) in stored() {
            let present = columns_of(conn.reborrow(), table)?;
            let wanted = columns.get(table).map(Vec::as_slice).unwrap_or_default();
            if !present.iter().map(|column| &column.name).eq(wanted) {
                return Err(SnapshotError::Misfit { table: table.to_owned() });
            }
            if !present.is_empty() {
                statements.insert(table, insert_into(dialect, table, &present, &|_, stored| stored));
            }
        }
        match columns.keys().find(|table| !statements.contains_key(table.as_str())) {
            Some(unknown) => Err(SnapshotError::Misfit { table: unknown.clone() }),
            None => Ok(Self { conn, statements, table: None, rows: String::new(), waiting: 0, written: 0 }),
        }
    }

    /// Writes the last rows, and returns how many were written in all.
    pub(super) fn finish(mut self) -> Result<u64, SnapshotError> {
        self.flush()?;
        Ok(self.written)
    }

    fn flush(&mut self) -> Result<(), SnapshotError> {
        let Some(table) = self.table.filter(|_| self.waiting > 0) else { return Ok(()) };
        let statement = self.statements.get(table).ok_or_else(|| SnapshotError::Misfit { table: table.to_owned() })?;
        let rows = std::mem::take(&mut self.rows) + "]";
        let expected = std::mem::take(&mut self.waiting);
        let written = on_conn!(self.conn.reborrow(), |conn| sql_query(statement).bind::<Text, _>(rows).execute(conn))
            .map_err(|error| SnapshotError::Load { table: table.to_owned(), source: Box::new(error) })?;
        if written != expected {
            return Err(SnapshotError::Misfit { table: table.to_owned() });
        }
        self.written = self.written.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
        Ok(())
    }
}

impl RowSink for Loader<'_> {
    fn row(&mut self, table: &str, row: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
        if self.table != Some(table) {
            self.flush()?;
            let known = self.statements.keys().find(|known| **known == table).copied();
            self.table = Some(known.ok_or_else(|| SnapshotError::Misfit { table: table.to_owned() })?);
        }
        self.rows.push(if self.waiting == 0 { '[' } else { ',' });
        self.rows.push_str(row);
        self.waiting += 1;
        if self.waiting >= MAX_ROWS || self.rows.len() >= MAX_BYTES {
            self.flush()?;
        }
        Ok(())
    }
}

/// The statement that writes rows in JSON. `changed` gets each column with the SQL for its value in the row, and returns the SQL for what is
/// written.
pub(super) fn insert_into(dialect: Dialect, table: &str, columns: &[Column], changed: &dyn Fn(&Column, String) -> String) -> String {
    let list = |text: &dyn Fn(&Column) -> String| columns.iter().map(text).collect::<Vec<_>>().join(", ");
    let names = list(&|column: &Column| format!("\"{}\"", column.name));
    let values = list(&|column: &Column| changed(column, column.stored_value(dialect)));
    match dialect {
        Dialect::Postgres => {
            let record = list(&Column::as_record);
            format!("INSERT INTO \"{table}\" ({names}) SELECT {values} FROM json_to_recordset($1::json) AS rows ({record})")
        }
        Dialect::Sqlite => format!("INSERT INTO \"{table}\" ({names}) SELECT {values} FROM json_each(?)"),
    }
}
