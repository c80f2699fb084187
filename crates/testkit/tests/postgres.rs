//! Tests of the PostgreSQL for tests, on a real server.

#![cfg(test)]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use derslik_testkit::postgres::{Durability, PostgresError, PostgresServer, Template};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, RunQueryDsl};

fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).unwrap()
}

fn count(connection: &mut PgConnection, query: &str) -> i64 {
    diesel::select(sql::<BigInt>(&format!("({query})"))).get_result(connection).unwrap()
}

fn execute(url: &str, statements: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    Ok(PgConnection::establish(url)?.batch_execute(statements)?)
}

/// A template with a new name, also on a server that stays between runs.
fn fresh_template(name: &str, made: &Arc<AtomicUsize>) -> Template {
    let made = Arc::clone(made);
    let revision = format!("{:?}", (std::process::id(), std::time::Instant::now()));
    Template::new(name, &revision, move |url| {
        made.fetch_add(1, Ordering::SeqCst);
        execute(url, "CREATE TABLE thing (id bigint PRIMARY KEY)")
    })
}

fn remove(server: &PostgresServer, template: &Template) {
    let name = template.database();
    execute(&server.maintenance_url(), &format!("ALTER DATABASE {name} IS_TEMPLATE false")).unwrap();
    execute(&server.maintenance_url(), &format!("DROP DATABASE {name}")).unwrap();
}

#[test]
fn each_database_starts_as_the_template_and_is_dropped_in_the_end() {
    let server = PostgresServer::shared().unwrap();
    let template = fresh_template("isolation", &Arc::default());
    let first = server.create_database(&template).unwrap();
    let second = server.create_database(&template).unwrap();

    execute(first.url(), "INSERT INTO thing VALUES (1)").unwrap();

    assert_eq!(count(&mut connect(first.url()), "SELECT count(*) FROM thing"), 1);
    assert_eq!(count(&mut connect(second.url()), "SELECT count(*) FROM thing"), 0);

    let names = format!("'{}', '{}'", first.name(), second.name());
    // A connection that is still open must not keep the database alive.
    let _open = connect(second.url());
    drop((first, second));
    let left = format!("SELECT count(*) FROM pg_database WHERE datname IN ({names})");
    assert_eq!(count(&mut connect(&server.maintenance_url()), &left), 0);
    remove(server, &template);
}

#[test]
fn callers_at_once_make_one_template() {
    let server = PostgresServer::shared().unwrap();
    let made = Arc::new(AtomicUsize::new(0));
    let template = fresh_template("race", &made);

    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let database = server.create_database(&template).unwrap();
                assert_eq!(count(&mut connect(database.url()), "SELECT count(*) FROM thing"), 0);
            });
        }
    });

    assert_eq!(made.load(Ordering::SeqCst), 1);
    remove(server, &template);
}

#[test]
fn a_half_made_template_is_made_again() {
    let server = PostgresServer::shared().unwrap();
    let failing = Template::new("half", "1", |url| {
        execute(url, "CREATE TABLE rest ()")?;
        Err("no more".into())
    });
    let error = server.create_database(&failing).unwrap_err();
    assert!(matches!(error, PostgresError::Migration(_)), "{error}");

    let template = Template::new("half", "1", |url| execute(url, "CREATE TABLE thing (id bigint)"));
    assert_eq!(failing.database(), template.database());
    let database = server.create_database(&template).unwrap();

    let rest = "SELECT count(*) FROM pg_class WHERE relname = 'rest'";
    assert_eq!(count(&mut connect(database.url()), rest), 0);
    remove(server, &template);
}

#[test]
fn a_durable_cluster_keeps_committed_rows_over_a_crash() {
    let server = PostgresServer::start(Durability::Durable).unwrap();
    let url = server.url("postgres");
    let mut connection = connect(&url);
    assert_eq!(count(&mut connection, "SELECT count(*) FROM pg_settings WHERE name = 'fsync' AND setting = 'on'"), 1);
    connection.batch_execute("CREATE TABLE kept AS SELECT 7 AS id").unwrap();

    server.stop_immediate().unwrap();
    assert!(connection.batch_execute("SELECT 1").is_err());
    assert!(PgConnection::establish(&url).is_err());
    server.restart().unwrap();

    assert_eq!(count(&mut connect(&url), "SELECT count(*) FROM kept WHERE id = 7"), 1);
    server.restart().unwrap();
    assert_eq!(count(&mut connect(&url), "SELECT count(*) FROM kept"), 1);
}
