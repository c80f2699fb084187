//! Brings a database up to date: first the migrations, then the keys of texts. On a database that is up to date it changes
//! nothing, and needs no right to change anything.

use diesel::connection::{Connection, SimpleConnection};
use diesel::sqlite::SqliteConnection;

use crate::db::connector::{Connector, Database};
use crate::db::migrate::{SQLITE_LOCK_TIMEOUT, migrate_postgres, migrate_sqlite};
use crate::db::migrations::MigrateError;
use crate::db::postgres::{PgConnector, PgControl, SqlState};
use crate::db::schema_versions::{Inspect, Versions, compare_versions};
use crate::db::settings::PoolSettings;
use crate::db::sqlite::{Access, SqliteConnector};
use crate::db::url::DatabaseUrl;
use crate::rekey::{KeyTwin, is_done, read_twins, rewrite_keys};

/// The result of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The versions that were applied, oldest first; none for a database that was up to date.
    pub applied: Vec<String>,
    /// The versions of migrations that a newer program has applied, and this one does not know; oldest first.
    pub newer: Vec<String>,
    /// The rows that keep a key by an old rule, because another row has the key that they should have.
    pub twins: Vec<KeyTwin>,
}

/// The state of a schema that this program can use, now or after a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// It is the schema that this program was made for.
    Current,
    /// These migrations are missing, oldest first.
    Behind(Vec<String>),
    /// A newer program has applied these migrations as well, oldest first. This program works on the schema as it is.
    Newer(Vec<String>),
    /// All migrations are applied, but rows have keys of texts by an earlier rule, so searches by the new rule miss them.
    OldKeys,
    /// The file does not exist. SQLite only: PostgreSQL refuses the connection.
    NoDatabase,
}

impl DatabaseUrl {
    /// Brings the database up to date, and leaves one of a newer program as it is. Processes that do this at the same time wait for
    /// each other. It blocks the thread.
    ///
    /// # Errors
    /// [`MigrateError`] says what is wrong with the database, or which step failed.
    pub fn migrate(&self) -> Result<Migrated, MigrateError> {
        match self.state_and_twins()? {
            (SchemaState::Current, twins) if twins.is_empty() => Ok(Migrated { applied: Vec::new(), newer: Vec::new(), twins }),
            (SchemaState::Newer(newer), twins) => Ok(Migrated { applied: Vec::new(), newer, twins }),
            _ => self.apply_missing(),
        }
    }

    fn apply_missing(&self) -> Result<Migrated, MigrateError> {
        let settings = PoolSettings::default();
        match self {
            Self::Postgres(url) => {
                let connector = PgConnector::new(url, settings)?;
                on_a_thread(|| {
                    let (mut conn, control) = connector.connect_unbounded_with_control()?;
                    let found = migrate_postgres(&mut conn, &control)?;
                    finish(&mut conn, found)
                })
            }
            Self::Sqlite(path) => {
                let connector = SqliteConnector { path: path.clone(), access: Access::Write, settings };
                let mut conn = connector.connect(settings.connect_timeout)?.conn;
                let found = migrate_sqlite(&mut conn)?;
                finish(&mut conn, found)
            }
        }
    }

    /// Inspects the schema and changes nothing. It blocks the thread.
    ///
    /// # Errors
    /// [`MigrateError`] if the schema can't be read, or belongs to another program or version.
    pub fn schema_state(&self) -> Result<SchemaState, MigrateError> {
        self.state_and_twins().map(|(state, _)| state)
    }

    fn state_and_twins(&self) -> Result<(SchemaState, Vec<KeyTwin>), MigrateError> {
        match self {
            Self::Postgres(url) => {
                let connector = PgConnector::new(url, PoolSettings::default())?;
                on_a_thread(|| {
                    let (mut conn, control) = connector.connect_unbounded_with_control()?;
                    inspect_with_twins(&mut conn).map_err(|error| readable_failure(error, Some(control.as_ref())))
                })
            }
            Self::Sqlite(path) if !path.exists() => Ok((SchemaState::NoDatabase, Vec::new())),
            // Without the settings of our pool, because some of them change the file.
            Self::Sqlite(path) => {
                let conn = SqliteConnection::establish(&path.to_string_lossy());
                let mut conn = conn.map_err(|error| MigrateError::Connect(Box::new(error)))?;
                let waits = conn.batch_execute(&format!("PRAGMA busy_timeout = {}", SQLITE_LOCK_TIMEOUT.as_millis()));
                waits.map_err(MigrateError::from).and_then(|()| inspect_with_twins(&mut conn)).map_err(unreadable)
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

/// Makes the keys of texts after the migrations. `found` is what those found.
fn finish<C: Database>(conn: &mut C, found: Versions) -> Result<Migrated, MigrateError> {
    let applied = match found {
        // A newer program has migrated in the meantime. It may make keys by another rule.
        Versions::Newer(newer) => return Ok(Migrated { applied: Vec::new(), newer, twins: Vec::new() }),
        Versions::Missing(applied) => applied,
        Versions::Same => Vec::new(),
    };
    Ok(Migrated { applied, newer: Vec::new(), twins: rewrite_keys(conn)? })
}

/// The state of the database behind a connection.
fn inspect<C: Inspect + Database>(conn: &mut C) -> Result<SchemaState, MigrateError> {
    Ok(match compare_versions(conn)? {
        Versions::Missing(missing) => SchemaState::Behind(missing),
        Versions::Newer(unknown) => SchemaState::Newer(unknown),
        Versions::Same => {
            if is_done(&mut conn.as_conn())? {
                SchemaState::Current
            } else {
                SchemaState::OldKeys
            }
        }
    })
}

/// As [`inspect`], together with the twins of a database that is up to date.
pub(crate) fn inspect_with_twins<C: Inspect + Database>(conn: &mut C) -> Result<(SchemaState, Vec<KeyTwin>), MigrateError> {
    let state = inspect(conn)?;
    let twins = if state == SchemaState::Current { read_twins(&mut conn.as_conn())? } else { Vec::new() };
    Ok((state, twins))
}

/// During an inspection no migration runs, so its failures mean that the schema can't be read.
pub(crate) fn unreadable(error: MigrateError) -> MigrateError {
    match error {
        MigrateError::Migration(error) => MigrateError::Unreadable(error),
        other => other,
    }
}

/// The same on PostgreSQL, where the code of the failure tells whether the role lacks a right.
pub(crate) fn readable_failure(error: MigrateError, control: Option<&PgControl>) -> MigrateError {
    match error {
        MigrateError::Migration(error) if control.and_then(PgControl::take_code).is_some_and(SqlState::is_denial) => {
            MigrateError::Denied(error)
        }
        other => unreadable(other),
    }
}
