//! The columns of a table as its database declares them, and the SQL between a column and its value in JSON.
//!
//! | in JSON | PostgreSQL | SQLite |
//! |---|---|---|
//! | a number | `smallint`, `integer`, `bigint` | INTEGER |
//! | `true`, `false` | `boolean` | INTEGER |
//! | a text | `text` | TEXT |
//! | JSON | `jsonb` | TEXT |
//! | hexadecimal digits | `bytea`, `uuid` | BLOB |
//! | `2025-02-06T13:07:35.488565Z`, in UTC | `timestamptz` | TEXT |
//! | `2025-02-06T16:07:35.488565` | `timestamp` | TEXT |
//! | `2025-02-06` | `date` | TEXT |

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use super::SnapshotError;
use super::tables::{BOOLEANS, DOCUMENTS};
use crate::db::conn::{Conn, on_conn};
use crate::db::text::Dialect;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    kind: Kind,
}

/// How a column is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A type whose value JSON has as well. On PostgreSQL it is the name of the type.
    Plain(&'static str),
    /// A truth value of SQLite.
    Flag,
    /// A JSON text of SQLite.
    Document,
    Bytes,
    Guid,
    Instant,
    Civil,
    Day,
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

/// The columns of a table in the order of their names; none if there is no such table.
pub(super) fn columns_of(conn: Conn<'_>, table: &str) -> Result<Vec<Column>, SnapshotError> {
    let dialect = conn.dialect();
    let query = match dialect {
        Dialect::Postgres => format!(
            "SELECT attname::text AS name, typname::text AS kind FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid \
             WHERE attrelid = to_regclass('{table}') AND attnum > 0 AND NOT attisdropped"
        ),
        Dialect::Sqlite => format!("SELECT name, type AS kind FROM pragma_table_info('{table}')"),
    };
    let mut rows: Vec<ColumnRow> = on_conn!(conn, |conn| sql_query(query).load(conn))?;
    // Here and not by the database, whose collation may have an order of its own.
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    rows.into_iter().map(|row| Column::read(dialect, table, row)).collect()
}

impl Column {
    fn read(dialect: Dialect, table: &str, row: ColumnRow) -> Result<Self, SnapshotError> {
        let is_in = |list: &[(&str, &str)]| list.iter().any(|(of, name)| *of == table && *name == row.name);
        let kind = match (dialect, row.kind.as_str()) {
            (Dialect::Postgres, "int2") => Kind::Plain("smallint"),
            (Dialect::Postgres, "int4") => Kind::Plain("integer"),
            (Dialect::Postgres, "int8") => Kind::Plain("bigint"),
            (Dialect::Postgres, "text") => Kind::Plain("text"),
            (Dialect::Postgres, "bool") => Kind::Plain("boolean"),
            (Dialect::Postgres, "jsonb") => Kind::Plain("jsonb"),
            (Dialect::Postgres, "bytea") | (Dialect::Sqlite, "BLOB") => Kind::Bytes,
            (Dialect::Postgres, "uuid") => Kind::Guid,
            (Dialect::Postgres, "timestamptz") => Kind::Instant,
            (Dialect::Postgres, "timestamp") => Kind::Civil,
            (Dialect::Postgres, "date") => Kind::Day,
            (Dialect::Sqlite, "INTEGER") if is_in(&BOOLEANS) => Kind::Flag,
            (Dialect::Sqlite, "TEXT") if is_in(&DOCUMENTS) => Kind::Document,
            (Dialect::Sqlite, "INTEGER" | "TEXT") => Kind::Plain(""),
            _ => return Err(SnapshotError::Column { table: table.to_owned(), column: row.name, kind: row.kind }),
        };
        Ok(Self { name: row.name, kind })
    }

    /// The SQL for the value of the column in the JSON of a row.
    pub(super) fn as_json(&self, dialect: Dialect) -> String {
        let name = format!("\"{}\"", self.name);
        match (dialect, self.kind) {
            (_, Kind::Plain(_)) => name,
            (_, Kind::Flag) => format!("json(CASE {name} WHEN 0 THEN 'false' WHEN 1 THEN 'true' END)"),
            (_, Kind::Document) => format!("json({name})"),
            (Dialect::Postgres, Kind::Bytes) => format!("encode({name}, 'hex')"),
            // `hex` makes an empty text of NULL.
            (Dialect::Sqlite, Kind::Bytes) => format!("CASE WHEN {name} IS NOT NULL THEN lower(hex({name})) END"),
            (_, Kind::Guid) => format!("replace({name}::text, '-', '')"),
            (_, Kind::Instant) => format!("to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"),
            (_, Kind::Civil) => format!("to_char({name}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"),
            (_, Kind::Day) => format!("to_char({name}, 'YYYY-MM-DD')"),
        }
    }

    /// The SQL that orders rows by the column as both databases do: texts by their bytes.
    pub(super) fn in_order(&self) -> String {
        let collation = if self.kind == Kind::Plain("text") { " COLLATE \"C\"" } else { "" };
        format!("\"{}\"{collation}", self.name)
    }

    /// The SQL for what is stored, where `rows` are rows in JSON.
    pub(super) fn stored_value(&self, dialect: Dialect) -> String {
        let name = &self.name;
        match (dialect, self.kind) {
            (Dialect::Postgres, Kind::Bytes) => format!("decode(\"{name}\", 'hex')"),
            (Dialect::Postgres, _) => format!("\"{name}\""),
            (Dialect::Sqlite, Kind::Bytes) => format!("unhex(value ->> '$.{name}')"),
            (Dialect::Sqlite, _) => format!("value ->> '$.{name}'"),
        }
    }

    /// The name and the type of the column for `json_to_recordset` of PostgreSQL.
    pub(super) fn as_record(&self) -> String {
        let kind = match self.kind {
            Kind::Plain(name) => name,
            Kind::Guid => "uuid",
            Kind::Instant => "timestamptz",
            Kind::Civil => "timestamp",
            Kind::Day => "date",
            Kind::Bytes | Kind::Flag | Kind::Document => "text",
        };
        format!("\"{}\" {kind}", self.name)
    }
}
