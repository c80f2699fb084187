//! Compares the tables that the program declares with those that the migrations of each database make, and tests each migration
//! up and down.
#![cfg(test)]

#[path = "schema/change_log.rs"]
mod change_log;
#[path = "schema/compatible.rs"]
mod compatible;
#[path = "schema/dump.rs"]
mod dump;
#[path = "schema/keys.rs"]
mod keys;
#[path = "schema/newer.rs"]
mod newer;
#[path = "schema/older_jobs.rs"]
mod older_jobs;
#[path = "schema/rows.rs"]
mod rows;
#[path = "schema/snapshot.rs"]
mod snapshot;
#[path = "schema/token_access_key.rs"]
mod token_access_key;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use derslik_storage::personal::{self, Presence};
use derslik_storage::{DatabaseUrl, MigrateError};
use derslik_testkit::postgres::{PostgresServer, Template, TestDatabase};
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::PgConnection;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use tempfile::TempDir;

/// The declared tables. The source is parsed, because a `table!` does not reveal its types.
const SCHEMA: &str = include_str!("../src/db/schema.rs");

/// The types of `schema.rs`, with their names on PostgreSQL and on SQLite.
const TYPES: [(&str, &str, &str); 13] = [
    ("BigInt", "int8", "INTEGER"),
    ("Integer", "int4", "INTEGER"),
    ("SmallInt", "int2", "INTEGER"),
    ("Bool", "bool", "INTEGER"),
    ("Text", "text", "TEXT"),
    ("Date", "date", "TEXT"),
    ("Binary", "bytea", "BLOB"),
    ("crate::db::types::Guid", "uuid", "BLOB"),
    ("crate::db::types::Guids", "_uuid", "TEXT"),
    ("crate::db::types::Bits", "varbit", "BLOB"),
    ("crate::db::types::Instant", "timestamptz", "TEXT"),
    ("crate::db::types::Civil", "timestamp", "TEXT"),
    ("crate::db::types::Json", "jsonb", "TEXT"),
];

/// A table: its primary key, and its columns with their types and whether they may be null.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    key: BTreeSet<String>,
    columns: BTreeMap<String, (String, bool)>,
}

type Tables = BTreeMap<String, Table>;

/// Tables without a `table!`: the index of sessions, which differs between the databases, and the claims of jobs, which SQLite finds by an
/// index.
const OF_POSTGRES_ALONE: [&str; 2] = ["job_leases", "session_index"];
const OF_SQLITE_ALONE: [&str; 6] =
    ["session_index", "session_words", "session_words_config", "session_words_data", "session_words_docsize", "session_words_idx"];

/// The declared tables, with the native types that `native` picks.
fn believed(native: impl Fn(&(&str, &'static str, &'static str)) -> &'static str) -> Tables {
    let mut tables = Tables::new();
    for block in SCHEMA.split("diesel::table! {").skip(1) {
        let (head, body) = block.split_once('{').unwrap();
        let (name, key) = head.trim().split_once('(').unwrap();
        let names = key.trim_end().trim_end_matches(')').split(',').map(|column| column.trim().to_owned());
        let table = tables.entry(name.trim().to_owned()).or_default();
        table.key = names.collect();
        for line in body.split('}').next().unwrap().lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (column, kind) = line.trim_end_matches(',').split_once(" -> ").unwrap();
            let inner = kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>'));
            let known = TYPES.iter().find(|(known, ..)| *known == inner.unwrap_or(kind));
            let native = native(known.unwrap_or_else(|| panic!("{name}.{column} is of an unknown type: {kind}")));
            table.columns.insert(column.to_owned(), (native.to_owned(), inner.is_some()));
        }
    }
    tables
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    relation: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn tables_of(columns: Vec<Column>) -> Tables {
    let mut tables = Tables::new();
    for column in columns {
        let table = tables.entry(column.relation).or_default();
        table.columns.insert(column.name, (column.kind, column.nullable));
    }
    tables
}

fn migrations(database: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../migrations").join(database)
}

/// A database without tables.
fn empty_postgres() -> TestDatabase {
    PostgresServer::shared().unwrap().create_database(&Template::new("empty", "1", |_| Ok(()))).unwrap()
}

fn empty_sqlite() -> (TempDir, DatabaseUrl, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schema.sqlite");
    let text = path.to_str().unwrap().to_owned();
    (folder, DatabaseUrl::Sqlite(path), text)
}

/// The columns of all tables of a database, as `personal::TABLES` lists them.
fn decided(here: Presence) -> BTreeMap<String, BTreeSet<String>> {
    let tables = personal::TABLES.iter().filter(|table| table.presence == Presence::Both || table.presence == here);
    tables.map(|table| (table.name.to_owned(), table.columns.iter().map(|(name, _)| (*name).to_owned()).collect())).collect()
}

fn names_of(columns: Vec<Column>) -> BTreeMap<String, BTreeSet<String>> {
    tables_of(columns).into_iter().map(|(name, table)| (name, table.columns.into_keys().collect())).collect()
}

#[test]
fn what_an_erasure_does_is_decided_of_every_column_on_postgres() {
    let database = empty_postgres();
    database.url().parse::<DatabaseUrl>().unwrap().migrate().unwrap();
    let mut conn = PgConnection::establish(database.url()).unwrap();
    let columns = sql_query(COLUMNS_OF_POSTGRES).load(&mut conn).unwrap();
    assert_eq!(names_of(columns), decided(Presence::Postgres));
}

#[test]
fn what_an_erasure_does_is_decided_of_every_column_on_sqlite() {
    let (_folder, url, path) = empty_sqlite();
    url.migrate().unwrap();
    let mut conn = SqliteConnection::establish(&path).unwrap();
    let columns = sql_query(COLUMNS_OF_SQLITE).load(&mut conn).unwrap();
    assert_eq!(names_of(columns), decided(Presence::Sqlite));
}

const COLUMNS_OF_POSTGRES: &str = "SELECT table_name::text AS relation, column_name::text AS name, udt_name::text AS kind, is_nullable = 'YES' AS nullable \
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'";

/// The key of a rowid table is not declared NOT NULL, but it is never null.
const COLUMNS_OF_SQLITE: &str = "SELECT m.name AS relation, c.name, c.type AS kind, c.\"notnull\" = 0 AND c.pk = 0 AS nullable \
     FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.name <> '__diesel_schema_migrations'";

#[test]
fn schema_drift_on_postgres() {
    let database = empty_postgres();
    database.url().parse::<DatabaseUrl>().unwrap().migrate().unwrap();
    let mut conn = PgConnection::establish(database.url()).unwrap();

    let columns = sql_query(COLUMNS_OF_POSTGRES);
    let mut found = tables_of(columns.load(&mut conn).unwrap());
    for name in OF_POSTGRES_ALONE {
        assert!(found.remove(name).is_some(), "{name}");
    }
    for (name, table) in &mut found {
        let key = sql_query(
            "SELECT attname::text AS name FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey) \
             WHERE indrelid = $1::regclass AND indisprimary",
        );
        table.key = key.bind::<Text, _>(name).load::<Name>(&mut conn).unwrap().into_iter().map(|column| column.name).collect();
    }
    assert_eq!(found, believed(|(_, postgres, _)| postgres));
}

#[test]
fn schema_drift_on_sqlite() {
    let (_folder, url, path) = empty_sqlite();
    url.migrate().unwrap();
    let mut conn = SqliteConnection::establish(&path).unwrap();

    let columns = sql_query(COLUMNS_OF_SQLITE);
    let mut found = tables_of(columns.load(&mut conn).unwrap());
    for name in OF_SQLITE_ALONE {
        assert!(found.remove(name).is_some(), "{name}");
    }
    let believed = believed(|(.., sqlite)| sqlite);
    for (name, table) in &mut found {
        let wanted = &believed.get(name).unwrap_or_else(|| panic!("schema.rs has no table {name}")).key;
        // On SQLite an autoincremented number must be the primary key. Then the declared key is unique beside it.
        if unique_keys(&mut conn, name).contains(wanted) {
            table.key.clone_from(wanted);
        }
    }
    assert_eq!(found, believed);
}

fn unique_keys(conn: &mut SqliteConnection, table: &str) -> Vec<BTreeSet<String>> {
    let names = |conn: &mut SqliteConnection, query: &str, of: &str| {
        sql_query(query).bind::<Text, _>(of.to_owned()).load::<Name>(conn).unwrap().into_iter().map(|row| row.name).collect::<BTreeSet<_>>()
    };
    let mut keys = vec![names(conn, "SELECT name FROM pragma_table_info(?) WHERE pk > 0", table)];
    for index in names(conn, "SELECT name FROM pragma_index_list(?) WHERE \"unique\" AND NOT partial", table) {
        keys.push(names(conn, "SELECT name FROM pragma_index_info(?)", &index));
    }
    keys
}

#[test]
fn migration_pairs_have_the_same_names_and_lead_both_ways() {
    let versions = |database| {
        let folders = fs::read_dir(migrations(database)).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        let named = folders.map(|folder| {
            for file in ["up.sql", "down.sql"] {
                let sql = fs::read_to_string(folder.join(file)).unwrap_or_default();
                assert!(!sql.trim().is_empty(), "{} has no {file}", folder.display());
            }
            folder.file_name().unwrap().to_str().unwrap().to_owned()
        });
        named.collect::<BTreeSet<_>>()
    };
    let postgres = versions("postgres");
    assert!(!postgres.is_empty());
    assert_eq!(postgres, versions("sqlite"));
}

/// Applies, reverts and applies again each migration in turn, and compares the schemas.
fn up_down_up<C>(conn: &mut C, folder: &Path, dump: fn(&mut C) -> String)
where
    C: Connection + MigrationHarness<C::Backend>,
{
    let source = FileBasedMigrations::from_path(folder).unwrap();
    let mut names: Vec<_> = MigrationSource::<C::Backend>::migrations(&source).unwrap().iter().map(|it| it.name().to_string()).collect();
    names.sort();
    // This creates the table of applied migrations.
    assert!(conn.applied_migrations().unwrap().is_empty());
    let empty = dump(conn);
    for name in names {
        let before = dump(conn);
        let version = conn.run_next_migration(source.clone()).unwrap().as_owned();
        let after = dump(conn);
        // A migration for the other database only says that it does nothing.
        let is_nothing = fs::read_to_string(folder.join(name).join("up.sql")).unwrap().starts_with("-- Nothing");
        assert_eq!(before == after, is_nothing, "up of {version}");
        conn.revert_last_migration(source.clone()).unwrap();
        assert_eq!(dump(conn), before, "down of {version}");
        conn.run_next_migration(source.clone()).unwrap();
        assert_eq!(dump(conn), after, "up of {version} again");
    }
    let full = dump(conn);
    conn.revert_all_migrations(source.clone()).unwrap();
    assert_eq!(dump(conn), empty);
    conn.run_pending_migrations(source).unwrap();
    assert_eq!(dump(conn), full);
}

#[test]
fn migration_pairs_lead_up_down_and_up_again_on_postgres() {
    let database = empty_postgres();
    up_down_up(&mut PgConnection::establish(database.url()).unwrap(), &migrations("postgres"), dump_postgres);
    assert!(database.url().parse::<DatabaseUrl>().unwrap().migrate().unwrap().applied.is_empty());
}

#[test]
fn migration_pairs_lead_up_down_and_up_again_on_sqlite() {
    let (_folder, url, path) = empty_sqlite();
    let mut conn = SqliteConnection::establish(&path).unwrap();
    conn.batch_execute("PRAGMA foreign_keys = ON").unwrap();
    up_down_up(&mut conn, &migrations("sqlite"), dump_sqlite);
    assert!(url.migrate().unwrap().applied.is_empty());
}

/// All parts of the schema that a migration can make, one in each line.
fn dump_postgres(conn: &mut PgConnection) -> String {
    let query = "
        SELECT format('column %s.%s %s not null %s identity %s default %s', c.relname, a.attname,
                      format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid)) AS name
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
             LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT format('constraint %s on %s %s', conname, conrelid::regclass, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT format('relation %s %s options %s', relkind, relname, reloptions) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p')
        UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT format('type %s %s', typtype, typname) FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'r')
        UNION ALL SELECT format('sequence %s of %s.%s', d.objid::regclass, a.attrelid::regclass, a.attname) FROM pg_depend d
        JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S' JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'a'
        UNION ALL SELECT 'extension ' || extname FROM pg_extension
        UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast)'
        ORDER BY 1";
    lines(sql_query(query).load(conn).unwrap())
}

fn dump_sqlite(conn: &mut SqliteConnection) -> String {
    // SQLite makes the table of counters with the first AUTOINCREMENT, and it can't be dropped.
    let query = "SELECT type || ' ' || name || ' on ' || tbl_name || ' ' || coalesce(sql, '') AS name FROM sqlite_schema \
                 WHERE name <> 'sqlite_sequence' ORDER BY 1";
    lines(sql_query(query).load(conn).unwrap())
}

fn lines(rows: Vec<Name>) -> String {
    rows.into_iter().map(|row| row.name + "\n").collect()
}

/// Migrates an empty database from several threads at once, as if they were processes.
fn migrate_together(url: &DatabaseUrl) {
    const TOGETHER: usize = 6;
    let applied: Vec<_> = thread::scope(|scope| {
        let migrating: Vec<_> = (0..TOGETHER).map(|_| scope.spawn(|| url.migrate().unwrap().applied)).collect();
        migrating.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (busy, idle): (Vec<_>, Vec<_>) = applied.into_iter().partition(|versions| !versions.is_empty());
    assert_eq!((busy.len(), idle.len()), (1, TOGETHER - 1), "{busy:?}");
    assert_eq!(busy[0].len(), fs::read_dir(migrations("postgres")).unwrap().count());
}

#[test]
fn processes_that_start_together_migrate_postgres_once() {
    let database = empty_postgres();
    migrate_together(&database.url().parse().unwrap());
}

#[test]
fn processes_that_start_together_migrate_sqlite_once() {
    // The file is also created by one of them.
    for _ in 0..50 {
        let (_folder, url, _) = empty_sqlite();
        migrate_together(&url);
    }
}

/// Makes a database forget its last migration, so that an older program would try to apply one.
const FORGOTTEN: &str = "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
const FROM_THE_FUTURE: &str = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231235959')";

fn refuses_the_future(url: &DatabaseUrl) {
    let error = url.migrate().unwrap_err();
    assert!(matches!(&error, MigrateError::Unknown { versions } if *versions == ["99991231235959"]), "{error:?}");
    assert_eq!(error.to_string(), "the database holds migrations that this version of the program does not know: 99991231235959");
}

#[test]
fn a_database_of_a_newer_program_is_left_alone_on_postgres() {
    let database = empty_postgres();
    let url: DatabaseUrl = database.url().parse().unwrap();
    url.migrate().unwrap();
    let mut conn = PgConnection::establish(database.url()).unwrap();
    conn.batch_execute(&format!("DROP TABLE sessions CASCADE; {FORGOTTEN}; {FROM_THE_FUTURE}")).unwrap();
    refuses_the_future(&url);
    let tables = sql_query("SELECT count(*) AS count FROM pg_class WHERE relname = 'sessions'").get_result::<Count>(&mut conn).unwrap();
    assert_eq!(tables.count, 0);
}

#[test]
fn a_database_of_a_newer_program_is_left_alone_on_sqlite() {
    let (_folder, url, path) = empty_sqlite();
    url.migrate().unwrap();
    let mut conn = SqliteConnection::establish(&path).unwrap();
    conn.batch_execute(&format!("DROP TABLE sessions; {FORGOTTEN}; {FROM_THE_FUTURE}")).unwrap();
    refuses_the_future(&url);
    let tables = sql_query("SELECT count(*) AS count FROM sqlite_schema WHERE name = 'sessions'").get_result::<Count>(&mut conn).unwrap();
    assert_eq!(tables.count, 0);
}
