//! Databases that a newer program has migrated: this program goes on with those that still work with it, and leaves the others alone.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use derslik_storage::{DatabaseUrl, MigrateError, SchemaState};
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::{Pg, PgConnection};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, RunQueryDsl, sql_query};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

use super::{Count, empty_postgres, empty_sqlite, migrations};

const FUTURE: &str = "99991231235959";

fn is_newer(url: &DatabaseUrl) {
    assert_eq!(url.schema_state().unwrap(), SchemaState::Newer(vec![FUTURE.to_owned()]));
    let migrated = url.migrate().unwrap();
    assert_eq!((migrated.applied, migrated.newer, migrated.twins), (Vec::new(), vec![FUTURE.to_owned()], Vec::new()));
}

fn is_too_new(url: &DatabaseUrl) {
    for error in [url.schema_state().unwrap_err(), url.migrate().unwrap_err()] {
        assert!(matches!(&error, MigrateError::TooNew { needs } if needs == FUTURE), "{error:?}");
        assert!(error.to_string().ends_with("it needs a version that knows the migration 99991231235959"), "{error}");
    }
}

/// `execute` runs statements on the database, and `count` is the number of rows of a table.
fn newer_schemas(url: &DatabaseUrl, execute: &mut dyn FnMut(&str), count: &mut dyn FnMut(&str) -> i64) {
    url.migrate().unwrap();
    execute(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{FUTURE}')"));
    is_newer(url);
    // The newest migration of this program may be needed, and no newer one.
    execute("UPDATE schema_compatibility SET needs = (SELECT max(version) FROM __diesel_schema_migrations WHERE version < '9999')");
    is_newer(url);
    // The newer program may have begun to make keys by another rule. This one must not make them by its own.
    execute("DELETE FROM key_rewrites");
    is_newer(url);
    assert_eq!(count("key_rewrites"), 0);

    execute(&format!("UPDATE schema_compatibility SET needs = '{FUTURE}'"));
    is_too_new(url);
    execute("DROP TABLE schema_compatibility");
    for error in [url.schema_state().unwrap_err(), url.migrate().unwrap_err()] {
        assert!(matches!(&error, MigrateError::Unknown { versions } if *versions == [FUTURE]), "{error:?}");
    }
}

#[test]
fn a_database_of_a_newer_program_is_used_as_long_as_it_works_with_this_one_on_postgres() {
    let database = empty_postgres();
    let connect = || PgConnection::establish(database.url()).unwrap();
    let mut count =
        |table: &str| sql_query(format!("SELECT count(*) AS count FROM {table}")).get_result::<Count>(&mut connect()).unwrap().count;
    newer_schemas(&database.url().parse().unwrap(), &mut |sql| connect().batch_execute(sql).unwrap(), &mut count);
}

#[test]
fn a_database_of_a_newer_program_is_used_as_long_as_it_works_with_this_one_on_sqlite() {
    let (_folder, url, path) = empty_sqlite();
    let connect = || SqliteConnection::establish(&path).unwrap();
    let mut count =
        |table: &str| sql_query(format!("SELECT count(*) AS count FROM {table}")).get_result::<Count>(&mut connect()).unwrap().count;
    newer_schemas(&url, &mut |sql| connect().batch_execute(sql).unwrap(), &mut count);
}

/// More than a statement waits on any machine that is not stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until the query counts something.
fn wait_for(query: &str, conn: &mut PgConnection) {
    let begin = Instant::now();
    while sql_query(query).get_result::<Count>(conn).unwrap().count == 0 {
        assert!(begin.elapsed() < PATIENCE, "no migration waits");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Of two versions that migrate at the same time, the older one waits, and finds a schema that is newer than itself.
#[test]
fn a_program_that_waited_for_a_newer_one_makes_no_keys_on_postgres() {
    /// The lock of `crates/adapters/storage/src/db/migrate.rs`.
    const LOCK: i64 = 0x6465_7273_6c69_6b01;
    const WAITING: &str = "
        SELECT count(*) AS count FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted";
    let database = empty_postgres();
    let mut newer = PgConnection::establish(database.url()).unwrap();
    newer.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).unwrap();
    let url: DatabaseUrl = database.url().parse().unwrap();
    let older = thread::spawn(move || url.migrate().unwrap());
    wait_for(WAITING, &mut newer);
    newer.run_pending_migrations(FileBasedMigrations::from_path(migrations("postgres")).unwrap()).unwrap();
    newer.batch_execute(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{FUTURE}')")).unwrap();
    // In one batch with the row, the lock would be free before the row is committed.
    newer.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})")).unwrap();
    let migrated = older.join().unwrap();
    assert_eq!((migrated.applied, migrated.newer, migrated.twins), (Vec::new(), vec![FUTURE.to_owned()], Vec::new()));
    assert_eq!(sql_query("SELECT count(*) AS count FROM key_rewrites").get_result::<Count>(&mut newer).unwrap().count, 0);
}

/// Applies the migrations before that of the seals of the audit log, which changes a table that was there before.
fn before_seals(conn: &mut PgConnection) {
    let source = FileBasedMigrations::from_path(migrations("postgres")).unwrap();
    let all = MigrationSource::<Pg>::migrations(&source).unwrap();
    let before = all.iter().filter(|migration| migration.name().version().to_string().as_str() < "20261129000062").count();
    assert!(before < all.len());
    for _ in 0..before {
        conn.run_next_migration(source.clone()).unwrap();
    }
}

/// A migration that waits for a table must not hold up those who only want to read it.
#[test]
fn a_migration_that_waits_for_a_table_lets_others_pass_on_postgres() {
    const WAITING: &str = "SELECT count(*) AS count FROM pg_locks WHERE relation = 'audit_records'::regclass AND NOT granted";
    let database = empty_postgres();
    let mut holder = PgConnection::establish(database.url()).unwrap();
    before_seals(&mut holder);
    holder.batch_execute("BEGIN; SELECT count(*) FROM audit_records").unwrap();

    let url: DatabaseUrl = database.url().parse().unwrap();
    let (sender, migrated) = mpsc::channel();
    let migrating = thread::spawn(move || sender.send(url.migrate()).unwrap());
    let mut reader = PgConnection::establish(database.url()).unwrap();
    reader.batch_execute(&format!("SET lock_timeout = {}", PATIENCE.as_millis())).unwrap();
    wait_for(WAITING, &mut reader);
    // It stands behind the migration, which stands behind the holder.
    reader.batch_execute("SELECT count(*) FROM audit_records").unwrap();
    assert!(migrated.try_recv().is_err(), "the migration did not wait for the holder");

    holder.batch_execute("ROLLBACK").unwrap();
    let applied = migrated.recv_timeout(2 * PATIENCE).unwrap().unwrap().applied;
    assert_eq!(applied.first().map(String::as_str), Some("20261129000062"));
    migrating.join().unwrap();
    assert!(database.url().parse::<DatabaseUrl>().unwrap().migrate().unwrap().applied.is_empty());
}
