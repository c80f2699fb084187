//! Tells which migrations a database lacks. It only reads, so on a database that is up to date a role can run everything without
//! the right to create tables.

use std::collections::BTreeSet;

use diesel::migration::{Migration, MigrationSource};
use diesel::result::QueryResult;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

use super::migrations::{MigrateError, POSTGRES, SQLITE, UNFINISHED_RESTORE};
use super::postgres::PgConnection;

/// A database whose schema can be inspected.
pub(crate) trait Inspect: Sized {
    /// The versions of the migrations of this program.
    fn known_versions() -> diesel::migration::Result<BTreeSet<String>>;

    /// The versions of the applied migrations.
    fn applied_versions(&mut self) -> QueryResult<BTreeSet<String>>;

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

fn read_versions<C>(conn: &mut C, exists: &str) -> QueryResult<BTreeSet<String>>
where
    C: Connection,
    diesel::query_builder::SqlQuery:
        for<'q> diesel::query_dsl::LoadQuery<'q, C, Exists> + for<'q> diesel::query_dsl::LoadQuery<'q, C, Name>,
{
    let exists: Exists = sql_query(exists).get_result(conn)?;
    Ok(if exists.exists { names(sql_query(APPLIED).load(conn)?) } else { BTreeSet::new() })
}

/// The versions of the migrations that the database behind a connection lacks, oldest first.
///
/// # Errors
/// [`MigrateError`] if the database belongs to another program or to a newer version of this one, or can't be read.
pub(crate) fn missing_versions<C: Inspect>(conn: &mut C) -> Result<Vec<String>, MigrateError> {
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
    if applied.contains(UNFINISHED_RESTORE) {
        return Err(MigrateError::UnfinishedRestore);
    }
    let unknown: Vec<_> = applied.difference(&known).cloned().collect();
    if !unknown.is_empty() {
        return Err(MigrateError::Unknown { versions: unknown });
    }
    Ok(known.difference(&applied).cloned().collect())
}
