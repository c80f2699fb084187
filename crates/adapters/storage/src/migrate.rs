//! Bringing a database up to date. The migrations are part of the program.
//!
//! A program touches no database that holds a migration which it does not know: another version of it made the tables, and
//! only that version knows what may be written there. Whoever goes back to an older program undoes its migrations first.

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::RunQueryDsl;
use diesel::connection::{Connection, SimpleConnection};
use diesel::migration::MigrationSource;
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::pool::{Access, ConnectError, Connector, DatabaseUrl, PgConnector, PoolSettings, SqliteConnector};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../../migrations/sqlite");

/// The advisory lock that processes take in turn when they start together; any number that nobody else uses.
const LOCK: i64 = 0x6465_7273_6c69_6b01;

/// How long a migration of SQLite waits for another process that is at it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was done to a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The versions that were applied, oldest first; none for a database that was up to date.
    pub applied: Vec<String>,
}

/// Why a database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection could be made.
    #[error("cannot connect to the database")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another version of the program made changes that this one does not know. Nothing was done.
    #[error("the database holds migrations that this version of the program does not know: {}", .versions.join(", "))]
    Unknown {
        /// The versions of those migrations, oldest first.
        versions: Vec<String>,
    },
    /// A migration failed; on PostgreSQL those before it stay.
    #[error("a migration failed")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<ConnectError> for MigrateError {
    fn from(error: ConnectError) -> Self {
        Self::Connect(Box::new(error))
    }
}

impl From<diesel::result::Error> for MigrateError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Migration(Box::new(error))
    }
}

/// A text that changes whenever a migration of PostgreSQL is added.
pub fn schema_revision() -> String {
    let migrations = MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES).unwrap_or_default();
    let mut versions: Vec<_> = migrations.iter().map(|migration| migration.name().to_string()).collect();
    versions.sort();
    versions.join(" ")
}

impl DatabaseUrl {
    /// Brings the database up to date. Processes that do this together wait for each other. It blocks the thread.
    ///
    /// # Errors
    /// [`MigrateError`].
    pub fn migrate(&self) -> Result<Migrated, MigrateError> {
        let settings = PoolSettings::default();
        match self {
            Self::Postgres(url) => migrate_postgres(&mut PgConnector { url: url.clone(), settings }.connect_unbounded()?),
            Self::Sqlite(path) => migrate_sqlite(&mut SqliteConnector { path: path.clone(), access: Access::Write, settings }.connect()?),
        }
    }
}

fn migrate_postgres(conn: &mut PgConnection) -> Result<Migrated, MigrateError> {
    diesel::sql_query("SELECT pg_advisory_lock($1)").bind::<diesel::sql_types::BigInt, _>(LOCK).execute(conn)?;
    // The lock goes with the connection, also where a migration fails.
    apply(conn, POSTGRES)
}

fn migrate_sqlite(conn: &mut SqliteConnection) -> Result<Migrated, MigrateError> {
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}", PATIENCE.as_millis()))?;
    conn.immediate_transaction(|conn| apply(conn, SQLITE))
}

/// Runs under a lock that keeps other processes out.
fn apply<C>(conn: &mut C, migrations: EmbeddedMigrations) -> Result<Migrated, MigrateError>
where
    C: Connection + MigrationHarness<C::Backend>,
{
    let versions = unknown_versions(conn, &migrations).map_err(MigrateError::Migration)?;
    if !versions.is_empty() {
        return Err(MigrateError::Unknown { versions });
    }
    let applied = conn.run_pending_migrations(migrations).map_err(MigrateError::Migration)?;
    Ok(Migrated { applied: applied.iter().map(ToString::to_string).collect() })
}

/// What was applied to the database and is none of these migrations.
fn unknown_versions<C>(conn: &mut C, migrations: &EmbeddedMigrations) -> diesel::migration::Result<Vec<String>>
where
    C: Connection + MigrationHarness<C::Backend>,
{
    let known = MigrationSource::<C::Backend>::migrations(migrations)?;
    let known: BTreeSet<_> = known.iter().map(|migration| migration.name().version().to_string()).collect();
    let applied: BTreeSet<_> = conn.applied_migrations()?.iter().map(ToString::to_string).collect();
    Ok(applied.difference(&known).cloned().collect())
}
