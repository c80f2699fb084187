//! Applies the missing migrations.
//!
//! A program does not touch a database with a migration that it does not know. Another version of the program made those tables,
//! and only that version knows what may be written there. To go back to an older program, an operator first undoes the migrations
//! of the newer one.

use std::time::Duration;

use diesel::connection::{Connection, SimpleConnection};
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use super::migrations::{MigrateError, POSTGRES, SQLITE};
use super::postgres::PgConnection;
use super::schema_versions::{Inspect, missing_versions};

/// The key of the advisory lock that serializes processes which start together. Any number will do that nothing else uses.
const LOCK: i64 = 0x6465_7273_6c69_6b01;

/// How long a migration of SQLite waits for another process that migrates.
pub(crate) const SQLITE_LOCK_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    locked: bool,
}

/// Applies the missing migrations of PostgreSQL and returns their versions.
pub(crate) fn migrate_postgres(conn: &mut PgConnection) -> Result<Vec<String>, MigrateError> {
    // The lock ends with the connection, also after a failed migration.
    let Locked { locked } = sql_query("SELECT pg_try_advisory_lock($1) AS locked").bind::<BigInt, _>(LOCK).get_result(conn)?;
    if !locked {
        tracing::info!("another process brings the database up to date: waiting for it");
        sql_query("SELECT pg_advisory_lock($1)").bind::<BigInt, _>(LOCK).execute(conn)?;
    }
    apply(conn, POSTGRES)
}

/// Applies the missing migrations of SQLite and returns their versions.
pub(crate) fn migrate_sqlite(conn: &mut SqliteConnection) -> Result<Vec<String>, MigrateError> {
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}", SQLITE_LOCK_TIMEOUT.as_millis()))?;
    conn.immediate_transaction(|conn| apply(conn, SQLITE))
}

/// Applies the missing migrations. The caller holds a lock that keeps other processes out.
fn apply<C>(conn: &mut C, migrations: EmbeddedMigrations) -> Result<Vec<String>, MigrateError>
where
    C: Connection + Inspect + MigrationHarness<C::Backend>,
{
    if missing_versions(conn)?.is_empty() {
        return Ok(Vec::new());
    }
    let applied = conn.run_pending_migrations(migrations).map_err(MigrateError::Migration)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}
