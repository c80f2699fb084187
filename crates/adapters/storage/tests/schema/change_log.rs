//! Tests the migration to the change log and back: it keeps what is pending, and what the projections have.

use std::fs;

use derslik_domain::id::PrincipalId;
use derslik_domain::rows::BatchSize;
use derslik_domain::session::Session;
use derslik_ports::outbound::Projection;
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, ends_in_year_10_000, guid, session};
use derslik_testkit::contract::Harness;
use diesel::connection::SimpleConnection;

use super::{Connection, Count, PgConnection, RunQueryDsl, SqliteConnection, empty_postgres, empty_sqlite, migrations, sql_query};

const CREATOR: PrincipalId = PrincipalId::new(77);

fn connect(url: &DatabaseUrl) -> Harness<DieselUnitOfWork> {
    Harness::new(|runtime| {
        DieselUnitOfWork::new(
            url,
            PoolSettings { statement_timeout: std::time::Duration::from_secs(60), ..PoolSettings::default() },
            runtime,
        )
    })
}

/// Session 2 ends after the last year that SQLite can count to.
fn written(number: u128) -> Session {
    let session = session(guid(number));
    if number == 2 { ends_in_year_10_000(session) } else { session }
}

fn store(harness: &Harness<DieselUnitOfWork>, numbers: impl IntoIterator<Item = u128>) {
    let sessions: Vec<_> = numbers.into_iter().map(|number| Session { created_by: CREATOR, ..written(number) }).collect();
    harness.write(move |stores| stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>()));
}

fn catch_up(harness: &Harness<DieselUnitOfWork>, projection: Projection) -> u64 {
    harness.write(move |stores| stores.change_log().catch_up(account().id, projection, 100)).get()
}

/// Stores sessions, of which one is pending, and migrates down and up. `count` counts the rows of a table.
fn everything_is_kept(url: &DatabaseUrl, database: &str, execute: &mut dyn FnMut(&str), count: &mut dyn FnMut(&str) -> i64) {
    url.migrate().unwrap();
    let harness = connect(url);
    store(&harness, [1, 2]);
    for projection in Projection::ALL {
        assert_eq!(catch_up(&harness, projection), 2);
    }
    store(&harness, [3]);
    drop(harness);

    execute(&fs::read_to_string(migrations(database).join("2026-11-29-000056_change_log/down.sql")).unwrap());
    execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261129000056'");
    assert_eq!(count("sessions_to_index"), 1);
    assert_eq!(url.migrate().unwrap().applied.len(), 1);

    let harness = connect(url);
    assert_eq!(count("session_index"), 2);
    assert_eq!(catch_up(&harness, Projection::SearchIndex), 1, "what was pending is pending");
    assert_eq!(count("session_index"), 3);
    let ends_at = session(guid(1)).ends_at();
    catch_up(&harness, Projection::SessionEnds);
    assert_eq!(harness.write(move |stores| stores.sessions().expire(account().id, ends_at, 10)).get(), 2, "all but session 2");
    let batch = BatchSize::new(10).unwrap();
    assert_eq!(harness.write(move |stores| stores.sessions().erase_created_by(account().id, CREATOR, batch)).get(), 3);
}

#[test]
fn the_migration_to_the_change_log_keeps_everything_on_postgres() {
    let database = empty_postgres();
    let connect = || PgConnection::establish(database.url()).unwrap();
    everything_is_kept(
        &database.url().parse().unwrap(),
        "postgres",
        &mut |statements| connect().batch_execute(statements).unwrap(),
        &mut |table| sql_query(format!("SELECT count(*) AS count FROM {table}")).get_result::<Count>(&mut connect()).unwrap().count,
    );
}

#[test]
fn the_migration_to_the_change_log_keeps_everything_on_sqlite() {
    let (_folder, url, path) = empty_sqlite();
    let connect = || SqliteConnection::establish(&path).unwrap();
    everything_is_kept(&url, "sqlite", &mut |statements| connect().batch_execute(statements).unwrap(), &mut |table| {
        sql_query(format!("SELECT count(*) AS count FROM {table}")).get_result::<Count>(&mut connect()).unwrap().count
    });
}
