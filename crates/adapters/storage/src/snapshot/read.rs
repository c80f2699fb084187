//! Reads the rows of all stored tables as JSON, one by one, so that the memory that it needs does not grow with the database.

use std::collections::BTreeMap;

use diesel::connection::DefaultLoadingMode;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use super::canonical::canonical;
use super::columns::{Column, columns_of};
use super::tables::stored;
use super::{RowSink, SnapshotError, counters};
use crate::db::conn::{Conn, on_conn};
use crate::db::text::Dialect;

#[derive(QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = Text)]
    pub(super) row: String,
}

/// The columns of each table, and the counters, of the database behind a connection.
pub(super) struct Shape {
    pub(super) columns: BTreeMap<String, Vec<String>>,
    pub(super) counters: BTreeMap<String, i64>,
}

/// Reads all rows. The caller has begun a transaction with one snapshot of the database.
pub(super) fn read_rows(mut conn: Conn<'_>, sink: &mut dyn RowSink) -> Result<Shape, SnapshotError> {
    let mut columns = BTreeMap::new();
    for (table, key) in stored() {
        let of_table = columns_of(conn.reborrow(), table)?;
        // An older schema does not have all tables.
        if of_table.is_empty() {
            continue;
        }
        let query = rows_of(conn.dialect(), table, &of_table, key, "");
        on_conn!(conn.reborrow(), |conn| {
            for row in sql_query(query).load_iter::<Row, DefaultLoadingMode>(conn)? {
                let row = canonical(&row?.row).map_err(|error| SnapshotError::Row { table: table.to_owned(), source: error })?;
                sink.row(table, &row).map_err(SnapshotError::Sink)?;
            }
        });
        columns.insert(table.to_owned(), of_table.into_iter().map(|column| column.name).collect());
    }
    // After the rows: a sequence of PostgreSQL is not part of the snapshot, and only goes up.
    Ok(Shape { columns, counters: counters::read(conn)? })
}

/// The query for the rows of a table that meet a condition, in the order of its key.
pub(super) fn rows_of(dialect: Dialect, table: &str, columns: &[Column], key: &[&str], condition: &str) -> String {
    let members: Vec<_> = columns.iter().map(|column| format!("'{}', {}", column.name, column.as_json(dialect))).collect();
    let in_order = |name: &&str| {
        let column = columns.iter().find(|column| column.name == *name);
        column.map_or_else(|| format!("\"{name}\""), Column::in_order)
    };
    let (members, order) = (members.join(", "), key.iter().map(in_order).collect::<Vec<_>>().join(", "));
    match dialect {
        Dialect::Postgres => format!("SELECT json_build_object({members})::text AS \"row\" FROM \"{table}\" {condition} ORDER BY {order}"),
        Dialect::Sqlite => format!("SELECT json_object({members}) AS \"row\" FROM \"{table}\" {condition} ORDER BY {order}"),
    }
}
