//! What the schema of a database is to this program. It only reads, so that a role without the right to create tables can
//! run everything on a database that is up to date.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::result::QueryResult;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

use crate::conn::Conn;
use crate::migrate::{MigrateError, PATIENCE, POSTGRES, SQLITE, on_a_thread};
use crate::pool::{DatabaseUrl, PgConnector, PoolSettings};
use crate::postgres::{PgConnection, SqlState};
use crate::rekey::{self, KeyTwin};

/// The schema of a database that this program may use, sooner or later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// It is the one that this program was made for.
    Current,
    /// These migrations are missing, oldest first.
    Behind(Vec<String>),
    /// No migration is missing, but rows have keys of texts by an earlier rule, by which they are not found.
    OldKeys,
    /// There is no such file. SQLite only: PostgreSQL refuses the connection.
    NoDatabase,
}

/// What [`SchemaState`] is found out from.
pub(crate) trait Inspect: Sized {
    /// The versions of the migrations of this program.
    fn known_versions() -> diesel::migration::Result<BTreeSet<String>>;

    /// The versions of the applied migrations.
    fn applied_versions(&mut self) -> QueryResult<BTreeSet<String>>;

    /// The tables in the database, those of the system, of extensions and of the migrations themselves left out.
    fn tables(&mut self) -> QueryResult<Vec<String>>;

    /// The connection as repositories take it.
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

/// A schema that the search path names before `public` belongs to this program alone: other schemas are not looked at.
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
        // Another process may have made them, in one transaction with its version.
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

/// The same, with the rows that keep an old key although the database is up to date.
fn inspect_with_twins<C: Inspect>(conn: &mut C) -> Result<(SchemaState, Vec<KeyTwin>), MigrateError> {
    let state = inspect(conn)?;
    let twins = if state == SchemaState::Current { rekey::read_twins(&mut conn.as_conn())? } else { Vec::new() };
    Ok((state, twins))
}

/// No migration has run when the schema is only looked at.
fn unreadable(error: MigrateError) -> MigrateError {
    match error {
        MigrateError::Migration(error) => MigrateError::Unreadable(error),
        other => other,
    }
}

impl DatabaseUrl {
    /// Looks at the schema and changes nothing. It blocks the thread.
    ///
    /// # Errors
    /// [`MigrateError`].
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
            // Without the settings of our own connections, some of which change the file.
            Self::Sqlite(path) => {
                let conn = SqliteConnection::establish(&path.to_string_lossy());
                let mut conn = conn.map_err(|error| MigrateError::Connect(Box::new(error)))?;
                let waits = conn.batch_execute(&format!("PRAGMA busy_timeout = {}", PATIENCE.as_millis()));
                waits.map_err(MigrateError::from).and_then(|()| inspect_with_twins(&mut conn)).map_err(unreadable)
            }
        }
    }
}
