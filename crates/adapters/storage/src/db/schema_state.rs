//! Tells whether the schema of a database fits this program. It only reads, so on a database that is up to date a role can run
//! everything without the right to create tables.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::result::QueryResult;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

use crate::db::conn::Conn;
use crate::db::migrate::{MigrateError, PATIENCE, POSTGRES, SQLITE, on_a_thread};
use crate::db::pool::{DatabaseUrl, PgConnector, PoolSettings};
use crate::db::postgres::{PgConnection, SqlState};
use crate::rekey::{self, KeyTwin};

/// The state of a schema that this program can use, now or after a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// It is the schema that this program was made for.
    Current,
    /// These migrations are missing, oldest first.
    Behind(Vec<String>),
    /// All migrations are applied, but rows have keys of texts by an earlier rule, so searches by the new rule miss them.
    OldKeys,
    /// The file does not exist. SQLite only: PostgreSQL refuses the connection.
    NoDatabase,
}

/// A database whose schema can be inspected.
pub(crate) trait Inspect: Sized {
    /// The versions of the migrations of this program.
    fn known_versions() -> diesel::migration::Result<BTreeSet<String>>;

    /// The versions of the applied migrations.
    fn applied_versions(&mut self) -> QueryResult<BTreeSet<String>>;

    /// The tables in the database without those of the system, of extensions and of the migrations themselves.
    fn tables(&mut self) -> QueryResult<Vec<String>>;

    /// The connection in the form that repositories take.
    fn as_conn(&mut self) -> Conn<'_>;
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Exists {
    #[diesel(sql_type = Bool)]
    exists: bool,
}

const APPLIED: &str = "SELECT version AS name FROM __diesel_schema_migrations";

/// A schema that the search path names before `public` belongs to this program alone. Other schemas are not inspected.
const TABLES_OF_POSTGRES: &str = "
    SELECT format('%s.%s', n.nspname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND c.relname <> '__diesel_schema_migrations'
      AND (coalesce(current_schema(), 'public') = 'public' OR n.nspname = current_schema())
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1 LIMIT 10";

const TABLES_OF_SQLITE: &str = "
    SELECT name FROM sqlite_schema
    WHERE type = 'table' AND name <> '__diesel_schema_migrations' AND substr(name, 1, 7) <> 'sqlite_'
    ORDER BY 1 LIMIT 10";

impl Inspect for PgConnection {
    fn known_versions() -> diesel::migration::Result<BTreeSet<String>> {
        Ok(versions(&MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES)?))
    }

    fn applied_versions(&mut self) -> QueryResult<BTreeSet<String>> {
        read_versions(self, "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS exists")
    }

    fn tables(&mut self) -> QueryResult<Vec<String>> {
        Ok(names(sql_query(TABLES_OF_POSTGRES).load(self)?))
    }

    fn as_conn(&mut self) -> Conn<'_> {
        Conn::Pg(self)
    }
}

impl Inspect for SqliteConnection {
    fn known_versions() -> diesel::migration::Result<BTreeSet<String>> {
        Ok(versions(&MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE)?))
    }

    fn applied_versions(&mut self) -> QueryResult<BTreeSet<String>> {
        read_versions(self, "SELECT count(*) > 0 AS \"exists\" FROM sqlite_schema WHERE name = '__diesel_schema_migrations'")
    }

    fn tables(&mut self) -> QueryResult<Vec<String>> {
        Ok(names(sql_query(TABLES_OF_SQLITE).load(self)?))
    }

    fn as_conn(&mut self) -> Conn<'_> {
        Conn::Sqlite(self)
    }
}

fn versions<DB: diesel::backend::Backend>(migrations: &[Box<dyn Migration<DB>>]) -> BTreeSet<String> {
    migrations.iter().map(|migration| migration.name().version().to_string()).collect()
}

fn names<C: FromIterator<String>>(rows: Vec<Name>) -> C {
    rows.into_iter().map(|row| row.name).collect()
}

fn read_versions<C>(conn: &mut C, exists: &str) -> QueryResult<BTreeSet<String>>
where
    C: Connection,
    diesel::query_builder::SqlQuery:
        for<'q> diesel::query_dsl::LoadQuery<'q, C, Exists> + for<'q> diesel::query_dsl::LoadQuery<'q, C, Name>,
{
    let exists: Exists = sql_query(exists).get_result(conn)?;
    Ok(if exists.exists { names(sql_query(APPLIED).load(conn)?) } else { BTreeSet::new() })
}

/// The state of the database behind a connection.
pub(crate) fn inspect<C: Inspect>(conn: &mut C) -> Result<SchemaState, MigrateError> {
    let known = C::known_versions().map_err(MigrateError::Migration)?;
    let mut applied = conn.applied_versions()?;
    if applied.is_empty() {
        let tables = conn.tables()?;
        // Another process may have created the tables meanwhile, in one transaction with the version.
        applied = conn.applied_versions()?;
        if applied.is_empty() && !tables.is_empty() {
            return Err(MigrateError::Foreign { tables });
        }
    }
    let unknown: Vec<_> = applied.difference(&known).cloned().collect();
    if !unknown.is_empty() {
        return Err(MigrateError::Unknown { versions: unknown });
    }
    let missing: Vec<_> = known.difference(&applied).cloned().collect();
    if !missing.is_empty() {
        return Ok(SchemaState::Behind(missing));
    }
    Ok(if rekey::is_done(&mut conn.as_conn())? { SchemaState::Current } else { SchemaState::OldKeys })
}

/// As [`inspect`], together with the twins of a database that is up to date.
fn inspect_with_twins<C: Inspect>(conn: &mut C) -> Result<(SchemaState, Vec<KeyTwin>), MigrateError> {
    let state = inspect(conn)?;
    let twins = if state == SchemaState::Current { rekey::read_twins(&mut conn.as_conn())? } else { Vec::new() };
    Ok((state, twins))
}

/// During an inspection no migration runs, so its failures mean that the schema can't be read.
fn unreadable(error: MigrateError) -> MigrateError {
    match error {
        MigrateError::Migration(error) => MigrateError::Unreadable(error),
        other => other,
    }
}

impl DatabaseUrl {
    /// Inspects the schema and changes nothing. It blocks the thread.
    ///
    /// # Errors
    /// [`MigrateError`] if the schema can't be read, or belongs to another program or version.
    pub fn schema_state(&self) -> Result<SchemaState, MigrateError> {
        self.state_and_twins().map(|(state, _)| state)
    }

    pub(crate) fn state_and_twins(&self) -> Result<(SchemaState, Vec<KeyTwin>), MigrateError> {
        match self {
            Self::Postgres(url) => {
                let connector = PgConnector::new(url, PoolSettings::default())?;
                on_a_thread(|| {
                    let (mut conn, talk) = connector.connect_unbounded_with_talk()?;
                    inspect_with_twins(&mut conn).map_err(|error| match error {
                        MigrateError::Migration(error) if talk.take_code().is_some_and(SqlState::is_denial) => MigrateError::Denied(error),
                        other => unreadable(other),
                    })
                })
            }
            Self::Sqlite(path) if !path.exists() => Ok((SchemaState::NoDatabase, Vec::new())),
            // Without the settings of our pool, because some of them change the file.
            Self::Sqlite(path) => {
                let conn = SqliteConnection::establish(&path.to_string_lossy());
                let mut conn = conn.map_err(|error| MigrateError::Connect(Box::new(error)))?;
                let waits = conn.batch_execute(&format!("PRAGMA busy_timeout = {}", PATIENCE.as_millis()));
                waits.map_err(MigrateError::from).and_then(|()| inspect_with_twins(&mut conn)).map_err(unreadable)
            }
        }
    }
}
