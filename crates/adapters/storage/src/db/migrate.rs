//! Brings a database up to date. The migrations are part of the program. On a database that is up to date it changes nothing, and
//! needs no right to change anything.
//!
//! A program does not touch a database with a migration that it does not know. Another version of the program made those tables,
//! and only that version knows what may be written there. To go back to an older program, an operator first undoes the migrations
//! of the newer one.

use std::time::Duration;

use diesel::connection::{Connection, SimpleConnection};
use diesel::migration::MigrationSource;
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::db::pool::{Access, ConnectError, Connector, DatabaseUrl, PgConnector, PoolSettings, SqliteConnector};
use crate::db::postgres::PgConnection;
use crate::db::schema_state::{Inspect, SchemaState, inspect};
use crate::rekey::{KeyTwin, rewrite_keys};

pub(crate) const POSTGRES: EmbeddedMigrations = embed_migrations!("../../../migrations/postgres");
pub(crate) const SQLITE: EmbeddedMigrations = embed_migrations!("../../../migrations/sqlite");

/// The key of the advisory lock that serializes processes which start together. Any number will do that nothing else uses.
const LOCK: i64 = 0x6465_7273_6c69_6b01;

/// How long a migration of SQLite waits for another process that migrates.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The result of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The versions that were applied, oldest first; none for a database that was up to date.
    pub applied: Vec<String>,
    /// The rows that keep a key by an old rule, because another row has the key that they should have.
    pub twins: Vec<KeyTwin>,
}

/// Why a database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection could be made.
    #[error("cannot connect to the database")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another version of the program applied migrations that this one does not know. Nothing was changed.
    #[error("the database holds migrations that this version of the program does not know: {}", .versions.join(", "))]
    Unknown {
        /// The versions of those migrations, oldest first.
        versions: Vec<String>,
    },
    /// The database belongs to another program. Nothing was changed.
    #[error("the database holds tables of another program ({}) and none of Derslik", .tables.join(", "))]
    Foreign {
        /// Some of those tables.
        tables: Vec<String>,
    },
    /// The role may not read the tables. Nothing was changed.
    #[error("the role may not read the tables of Derslik: grant it USAGE on their schema and SELECT on them")]
    Denied(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The schema can't be read. Nothing was changed.
    #[error("the schema of the database can't be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A migration failed. On PostgreSQL the ones before it stay applied.
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

/// A text that changes with each new migration of PostgreSQL.
pub fn schema_revision() -> String {
    let migrations = MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES).unwrap_or_default();
    let mut versions: Vec<_> = migrations.iter().map(|migration| migration.name().to_string()).collect();
    versions.sort();
    versions.join(" ")
}

impl DatabaseUrl {
    /// Brings the database up to date. Processes that do this at the same time wait for each other. It blocks the thread.
    ///
    /// # Errors
    /// [`MigrateError`] says what is wrong with the database, or which step failed.
    pub fn migrate(&self) -> Result<Migrated, MigrateError> {
        match self.state_and_twins()? {
            (SchemaState::Current, twins) if twins.is_empty() => Ok(Migrated { applied: Vec::new(), twins }),
            _ => self.apply_missing(),
        }
    }

    fn apply_missing(&self) -> Result<Migrated, MigrateError> {
        let settings = PoolSettings::default();
        match self {
            Self::Postgres(url) => {
                let connector = PgConnector::new(url, settings)?;
                on_a_thread(|| {
                    let mut conn = connector.connect_unbounded()?;
                    let applied = migrate_postgres(&mut conn)?;
                    Ok(Migrated { applied, twins: rewrite_keys(&mut conn)? })
                })
            }
            Self::Sqlite(path) => {
                let connector = SqliteConnector { path: path.clone(), access: Access::Write, settings };
                let mut conn = connector.connect(settings.connect_timeout)?.conn;
                let applied = migrate_sqlite(&mut conn)?;
                Ok(Migrated { applied, twins: rewrite_keys(&mut conn)? })
            }
        }
    }
}

/// Runs `work` on a thread of its own and waits for it. A connection to PostgreSQL must not be driven by a thread that runs async
/// tasks.
pub(crate) fn on_a_thread<T: Send>(work: impl FnOnce() -> Result<T, MigrateError> + Send) -> Result<T, MigrateError> {
    std::thread::scope(|scope| match scope.spawn(work).join() {
        Ok(output) => output,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    locked: bool,
}

fn migrate_postgres(conn: &mut PgConnection) -> Result<Vec<String>, MigrateError> {
    // The lock ends with the connection, also after a failed migration.
    let Locked { locked } = sql_query("SELECT pg_try_advisory_lock($1) AS locked").bind::<BigInt, _>(LOCK).get_result(conn)?;
    if !locked {
        tracing::info!("another process brings the database up to date: waiting for it");
        sql_query("SELECT pg_advisory_lock($1)").bind::<BigInt, _>(LOCK).execute(conn)?;
    }
    apply(conn, POSTGRES)
}

fn migrate_sqlite(conn: &mut SqliteConnection) -> Result<Vec<String>, MigrateError> {
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}", PATIENCE.as_millis()))?;
    conn.immediate_transaction(|conn| apply(conn, SQLITE))
}

/// Applies the missing migrations. The caller holds a lock that keeps other processes out.
fn apply<C>(conn: &mut C, migrations: EmbeddedMigrations) -> Result<Vec<String>, MigrateError>
where
    C: Connection + Inspect + MigrationHarness<C::Backend>,
{
    if inspect(conn)? == SchemaState::Current {
        return Ok(Vec::new());
    }
    let applied = conn.run_pending_migrations(migrations).map_err(MigrateError::Migration)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}
