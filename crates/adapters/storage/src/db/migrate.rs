//! Applies the missing migrations.
//!
//! A program changes nothing in the schema of a database with a migration that it does not know: another version of the program
//! made those tables.

use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::migration::Migration;
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryResult, QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::MigrationHarness;

use super::migrations::{MigrateError, POSTGRES, SQLITE};
use super::postgres::{PgConnection, PgControl, SqlState};
use super::schema_versions::{Versions, compare_versions};

/// The key of the advisory lock that serializes processes which start together. Any number will do that nothing else uses.
const LOCK: i64 = 0x6465_7273_6c69_6b01;

/// How long a migration of SQLite waits for another process that migrates.
pub(crate) const SQLITE_LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a statement of a migration waits for a lock of PostgreSQL. A statement that changes a table waits for the transactions
/// that use the table, and all that come after it wait behind it. So it gives up before requests do, lets them pass, and tries again.
const LOCK_TURN: Duration = Duration::from_millis(500);

/// How long requests may pass between two tries.
const BETWEEN_TURNS: Duration = Duration::from_millis(250);

/// After which time a migration that found no turn fails.
const LOCK_PATIENCE: Duration = Duration::from_secs(120);

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    locked: bool,
}

/// Takes the lock of migrations until the transaction ends. Returns whether no other process has it.
pub(crate) fn try_lock(conn: &mut PgConnection) -> QueryResult<bool> {
    let Locked { locked } = sql_query("SELECT pg_try_advisory_xact_lock($1) AS locked").bind::<BigInt, _>(LOCK).get_result(conn)?;
    Ok(locked)
}

/// As [`try_lock`], but waits for another process that has it.
pub(crate) fn lock_transaction(conn: &mut PgConnection) -> QueryResult<()> {
    sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(LOCK).execute(conn).map(drop)
}

/// Takes the lock of migrations until the connection ends, and waits for another process that has it.
pub(crate) fn lock(conn: &mut PgConnection) -> QueryResult<()> {
    sql_query("SELECT pg_advisory_lock($1)").bind::<BigInt, _>(LOCK).execute(conn).map(drop)
}

/// Applies the missing migrations of PostgreSQL. Returns what it found once no other process migrates: those that were missing are
/// applied.
pub(crate) fn migrate_postgres(conn: &mut PgConnection, control: &PgControl) -> Result<Versions, MigrateError> {
    // The lock ends with the connection, also after a failed migration.
    let Locked { locked } = sql_query("SELECT pg_try_advisory_lock($1) AS locked").bind::<BigInt, _>(LOCK).get_result(conn)?;
    if !locked {
        tracing::info!("another process brings the database up to date: waiting for it");
        lock(conn)?;
    }
    let found = compare_versions(conn)?;
    if !matches!(found, Versions::Missing(_)) {
        return Ok(found);
    }
    // Those before one that fails stay applied.
    let pending: Vec<Box<dyn Migration<Pg>>> = conn.pending_migrations(POSTGRES).map_err(MigrateError::Migration)?;
    let begin = Instant::now();
    let mut is_told = false;
    for migration in pending {
        // Outside of a transaction an index is made beside the writes of others: it holds up no one, and can't be tried again.
        let turn = if migration.metadata().run_in_transaction() { LOCK_TURN } else { Duration::ZERO };
        conn.batch_execute(&format!("SET lock_timeout = {}", turn.as_millis()))?;
        while let Err(error) = conn.run_migration(&*migration) {
            if !control.take_code().is_some_and(SqlState::is_lock_timeout) || begin.elapsed() > LOCK_PATIENCE {
                return Err(MigrateError::Migration(error));
            }
            if !is_told {
                tracing::info!("a table is in use: the migration lets others pass, and tries again");
                is_told = true;
            }
            sleep(BETWEEN_TURNS);
        }
    }
    conn.batch_execute("RESET lock_timeout")?;
    Ok(found)
}

/// The same for SQLite.
pub(crate) fn migrate_sqlite(conn: &mut SqliteConnection) -> Result<Versions, MigrateError> {
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}", SQLITE_LOCK_TIMEOUT.as_millis()))?;
    conn.immediate_transaction(|conn| {
        let found = compare_versions(conn)?;
        if matches!(found, Versions::Missing(_)) {
            conn.run_pending_migrations(SQLITE).map_err(MigrateError::Migration)?;
        }
        Ok(found)
    })
}
