//! The highest ids that were ever given, also to rows that are gone: no id is given twice, also after a restore.

use std::collections::BTreeMap;

use diesel::sql_types::{BigInt, Bool, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use super::SnapshotError;
use super::columns::columns_of;
use super::tables::{COUNTED, Counter};
use crate::db::conn::Conn;
use crate::db::postgres::PgConnection;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Allowed {
    #[diesel(sql_type = Bool)]
    allowed: bool,
}

/// The highest id of each counted table; zero where none was given.
pub(super) fn read(mut conn: Conn<'_>) -> Result<BTreeMap<String, i64>, SnapshotError> {
    let mut counters = BTreeMap::new();
    for (table, counter) in COUNTED {
        // An older schema may lack it.
        if columns_of(conn.reborrow(), table)?.is_empty() {
            continue;
        }
        let number = match conn.reborrow() {
            Conn::Pg(conn) => read_sequence(conn, table)?,
            Conn::Sqlite(conn) => {
                let query = match counter {
                    Counter::Sequence => format!("SELECT coalesce(max(seq), 0) AS number FROM sqlite_sequence WHERE name = '{table}'"),
                    Counter::HighestOnSqlite => format!("SELECT coalesce(max(id), 0) AS number FROM {table}"),
                };
                sql_query(query).get_result::<Number>(conn)?.number
            }
        };
        counters.insert(table.to_owned(), number);
    }
    Ok(counters)
}

fn read_sequence(conn: &mut PgConnection, table: &str) -> Result<i64, SnapshotError> {
    let sequence = format!("pg_get_serial_sequence('{table}', 'id')");
    let query = format!("SELECT has_sequence_privilege({sequence}, 'USAGE, SELECT') AS allowed");
    if !sql_query(query).get_result::<Allowed>(conn)?.allowed {
        return Err(SnapshotError::Sequence { table: table.to_owned() });
    }
    // A row may also have got its id from a restore, which does not count.
    let query = format!(
        "SELECT greatest(coalesce(pg_sequence_last_value({sequence}::regclass), 0), (SELECT coalesce(max(id), 0) FROM {table})) AS number"
    );
    Ok(sql_query(query).get_result::<Number>(conn)?.number)
}

/// Lets the next ids be higher than these. The tables are those of an empty database that was just filled.
pub(super) fn write(mut conn: Conn<'_>, counters: &BTreeMap<String, i64>) -> Result<(), SnapshotError> {
    for (table, number) in counters {
        let Some((table, counter)) = COUNTED.into_iter().find(|(known, _)| known == table) else {
            return Err(SnapshotError::Misfit { table: table.clone() });
        };
        match conn.reborrow() {
            Conn::Pg(conn) => {
                // A sequence does not go back, and its first value may be higher than any id that was given.
                let query = format!(
                    "SELECT setval(seqrelid::regclass, greatest($1, pg_sequence_last_value(seqrelid::regclass))) AS number \
                     FROM pg_sequence WHERE seqrelid = pg_get_serial_sequence('{table}', 'id')::regclass AND seqstart <= $1"
                );
                sql_query(query).bind::<BigInt, _>(*number).load::<Number>(conn)?;
            }
            Conn::Sqlite(conn) if counter == Counter::Sequence => {
                sql_query("DELETE FROM sqlite_sequence WHERE name = ?").bind::<Text, _>(table).execute(conn)?;
                let insert = sql_query("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)");
                insert.bind::<Text, _>(table).bind::<BigInt, _>(*number).execute(conn)?;
            }
            Conn::Sqlite(_) => {}
        }
    }
    Ok(())
}
