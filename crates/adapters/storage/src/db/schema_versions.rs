//! Compares the migrations of a database with those of this program. It only reads, so on a database that is up to date a role can
//! run everything without the right to create tables.
//!
//! A newer program may have migrated the database, such as during a rolling upgrade. The schema tells by its table
//! `schema_compatibility` whether this program still works on it (ADR 35).

use std::collections::BTreeSet;

use diesel::migration::{Migration, MigrationSource};
use diesel::result::{OptionalExtension, QueryResult};
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryDsl, QueryableByName, RunQueryDsl, sql_query};

use super::migrations::{MigrateError, POSTGRES, SQLITE};
use super::postgres::PgConnection;
use super::schema::schema_compatibility;

/// How the migrations of a database compare with those of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Versions {
    /// They are the same.
    Same,
    /// The database lacks these, oldest first.
    Missing(Vec<String>),
    /// The database has these beside those of this program, oldest first, and this program works on it.
    Newer(Vec<String>),
}

/// A database whose schema can be inspected.
pub(crate) trait Inspect: Sized {
    /// The versions of the migrations of this program.
    fn known_versions() -> diesel::migration::Result<BTreeSet<String>>;

    /// The versions of the applied migrations.
    fn applied_versions(&mut self) -> QueryResult<BTreeSet<String>>;

    /// The version of the migration that a program must know to work on the schema. `None` before that was stored.
    fn needed_version(&mut self) -> QueryResult<Option<String>>;

    /// The tables in the database without those of the system, of extensions and of the migrations themselves.
    fn tables(&mut self) -> QueryResult<Vec<String>>;
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

    fn needed_version(&mut self) -> QueryResult<Option<String>> {
        if !exists(self, "SELECT to_regclass('schema_compatibility') IS NOT NULL AS exists")? {
            return Ok(None);
        }
        schema_compatibility::table.select(schema_compatibility::needs).first::<String>(self).optional()
    }

    fn tables(&mut self) -> QueryResult<Vec<String>> {
        Ok(names(sql_query(TABLES_OF_POSTGRES).load(self)?))
    }
}

impl Inspect for SqliteConnection {
    fn known_versions() -> diesel::migration::Result<BTreeSet<String>> {
        Ok(versions(&MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE)?))
    }

    fn applied_versions(&mut self) -> QueryResult<BTreeSet<String>> {
        read_versions(self, "SELECT count(*) > 0 AS \"exists\" FROM sqlite_schema WHERE name = '__diesel_schema_migrations'")
    }

    fn needed_version(&mut self) -> QueryResult<Option<String>> {
        if !exists(self, "SELECT count(*) > 0 AS \"exists\" FROM sqlite_schema WHERE name = 'schema_compatibility'")? {
            return Ok(None);
        }
        schema_compatibility::table.select(schema_compatibility::needs).first::<String>(self).optional()
    }

    fn tables(&mut self) -> QueryResult<Vec<String>> {
        Ok(names(sql_query(TABLES_OF_SQLITE).load(self)?))
    }
}

fn versions<DB: diesel::backend::Backend>(migrations: &[Box<dyn Migration<DB>>]) -> BTreeSet<String> {
    migrations.iter().map(|migration| migration.name().version().to_string()).collect()
}

fn names<C: FromIterator<String>>(rows: Vec<Name>) -> C {
    rows.into_iter().map(|row| row.name).collect()
}

fn exists<C>(conn: &mut C, query: &str) -> QueryResult<bool>
where
    C: Connection,
    diesel::query_builder::SqlQuery: for<'q> diesel::query_dsl::LoadQuery<'q, C, Exists>,
{
    let exists: Exists = sql_query(query).get_result(conn)?;
    Ok(exists.exists)
}

fn read_versions<C>(conn: &mut C, has_table: &str) -> QueryResult<BTreeSet<String>>
where
    C: Connection,
    diesel::query_builder::SqlQuery:
        for<'q> diesel::query_dsl::LoadQuery<'q, C, Exists> + for<'q> diesel::query_dsl::LoadQuery<'q, C, Name>,
{
    Ok(if exists(conn, has_table)? { names(sql_query(APPLIED).load(conn)?) } else { BTreeSet::new() })
}

/// Compares the migrations of the database behind a connection with those of this program.
///
/// # Errors
/// [`MigrateError`] if the database belongs to another program or to a version that this one does not work with, or can't be read.
pub(crate) fn compare_versions<C: Inspect>(conn: &mut C) -> Result<Versions, MigrateError> {
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
    let missing: Vec<_> = known.difference(&applied).cloned().collect();
    match (unknown.is_empty(), missing.is_empty()) {
        (true, true) => Ok(Versions::Same),
        (true, false) => Ok(Versions::Missing(missing)),
        // The database has gone another way than this program.
        (false, false) => Err(MigrateError::Unknown { versions: unknown }),
        // What is needed is read after the migrations: one that is applied meanwhile counts as well.
        (false, true) => match conn.needed_version()? {
            Some(needs) if known.last().is_some_and(|newest| *newest >= needs) => Ok(Versions::Newer(unknown)),
            Some(needs) => Err(MigrateError::TooNew { needs }),
            None => Err(MigrateError::Unknown { versions: unknown }),
        },
    }
}
