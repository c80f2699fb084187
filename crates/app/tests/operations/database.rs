//! Readiness while the database is busy, silent, gone, or of another release.

use derslik_storage::DatabaseUrl;
use derslik_testkit::postgres::{Durability, PostgresServer};
use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;
use libtest_mimic::{Failed, Trial};
use serde_json::json;

use crate::support::process::{sqlite_url, until, url_text};
use crate::support::{DATABASES, DEMO, Open};
use crate::{Service, check, sql};

const BATCH: &str = "/xapi/v2/session/batch";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("postgres::a_server_that_stops_and_comes_back_shows", server_stops),
        Trial::test("postgres::a_server_that_hangs_is_not_waited_for", server_hangs),
        Trial::test("postgres::a_lock_on_the_table_of_jobs_warns_and_leaves_the_process_ready", jobs_locked),
        Trial::test("sqlite::a_file_that_is_moved_away_shows", file_is_moved),
    ];
    for (name, open) in DATABASES {
        trials.push(Trial::test(format!("{name}::a_process_whose_connections_are_all_held_lives_and_is_ready"), move || {
            connections_held(open)
        }));
        trials.push(Trial::test(format!("{name}::an_older_schema_is_not_ready_and_a_newer_one_is"), move || other_schemas(open)));
    }
    trials
}

fn server_stops() -> Result<(), Failed> {
    let server = PostgresServer::start(Durability::Fast)?;
    let service = Service::start(&server.maintenance_url(), &["--no-worker"])?;
    service.operations.until_ready(true)?;
    for _ in 0..2 {
        server.stop_immediate()?;
        let lost = service.operations.until_ready(false)?;
        check(lost["parts"]["database"]["state"] == "failing" && lost["parts"]["schema"]["state"] == "unknown", &lost)?;
        check(service.operations.is_alive()?, &"it lives without its database")?;
        server.restart()?;
        let found = service.operations.until_ready(true)?;
        check(found["parts"]["database"]["state"] == "ok" && found["parts"]["schema"]["state"] == "ok", &found)?;
    }
    Ok(())
}

fn server_hangs() -> Result<(), Failed> {
    let server = PostgresServer::start(Durability::Fast)?;
    let service = Service::start(&server.maintenance_url(), &["--no-worker"])?;
    service.operations.until_ready(true)?;
    let frozen = server.freeze()?;
    service.operations.until_ready(false)?;
    check(service.operations.is_alive()?, &"it lives without its database")?;
    drop(frozen);
    service.operations.until_ready(true)?;
    Ok(())
}

fn jobs_locked() -> Result<(), Failed> {
    let server = PostgresServer::start(Durability::Fast)?;
    let service = Service::start(&server.maintenance_url(), &["--no-worker"])?;
    service.operations.until_ready(true)?;
    let shows = |state: &str| {
        until(|| {
            let (status, body) = service.operations.readiness()?;
            check(status == 200 && body["parts"]["database"]["state"] == "ok", &body)?;
            Ok(body["parts"]["worker"]["state"] == state)
        })
    };
    let mut migration = PgConnection::establish(&server.maintenance_url())?;
    migration.batch_execute("BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")?;
    shows("warning")?;
    migration.batch_execute("ROLLBACK")?;
    shows("ok")
}

fn file_is_moved() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = Service::start(&sqlite_url(folder.path()), &["--no-worker"])?;
    service.operations.until_ready(true)?;
    let (file, elsewhere) = (folder.path().join("derslik.sqlite"), folder.path().join("elsewhere.sqlite"));
    std::fs::rename(&file, &elsewhere)?;
    service.operations.until_ready(false)?;
    check(!file.exists(), &"the look has created a file")?;
    std::fs::rename(&elsewhere, &file)?;
    service.operations.until_ready(true)?;
    Ok(())
}

/// Keeps all requests that write waiting until it is dropped.
enum Held {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Held {
    fn hold(url: &DatabaseUrl) -> Result<Self, Failed> {
        Ok(match url {
            DatabaseUrl::Postgres(url) => {
                let mut conn = PgConnection::establish(url)?;
                conn.batch_execute("BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")?;
                Self::Postgres(conn)
            }
            DatabaseUrl::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
                conn.batch_execute("PRAGMA busy_timeout = 60000; BEGIN IMMEDIATE")?;
                Self::Sqlite(conn)
            }
        })
    }

    fn release(&mut self) -> Result<(), Failed> {
        match self {
            Self::Postgres(conn) => conn.batch_execute("ROLLBACK")?,
            Self::Sqlite(conn) => conn.batch_execute("ROLLBACK")?,
        }
        Ok(())
    }
}

fn connections_held(open: Open) -> Result<(), Failed> {
    const REQUESTS: usize = 8;
    let (url, _place) = open()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("derslik.toml");
    std::fs::write(&file, "[database]\nconnections = 2\n")?;
    let service = Service::start(&url_text(&url), &["--no-worker", "--config", &file.to_string_lossy()])?;
    service.operations.until_ready(true)?;
    let body = json!([{ "name": "one", "start_date": "2099-08-05T12:00:00Z", "duration": 80 }]).to_string();
    let mut held = Held::hold(&url)?;
    let looks = std::thread::scope(|scope| {
        let requests: Vec<_> = (0..REQUESTS).map(|_| scope.spawn(|| service.running.post(BATCH, DEMO, &body))).collect();
        let mut looks = 0;
        while requests.iter().any(|request| !request.is_finished()) {
            check(service.operations.is_alive()?, &"not alive")?;
            let (status, body) = service.operations.readiness()?;
            check(status == 200, &body)?;
            let metrics = service.operations.get("/metrics")?;
            check(!metrics.body.contains("\nderslik_database_up 0\n"), &metrics)?;
            looks += 1;
        }
        for request in requests {
            let answer = request.join().map_err(|_| "a request has panicked")??;
            check(answer.status == 503, &answer)?;
        }
        Ok::<_, Failed>(looks)
    })?;
    check(looks > 0, &"all requests were answered before the first look")?;
    held.release()?;
    until(|| Ok(service.running.post(BATCH, DEMO, &body)?.status == 200))
}

fn other_schemas(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    let service = Service::start(&url_text(&url), &["--no-worker"])?;
    service.operations.until_ready(true)?;
    let last = sql::lines(&url, "SELECT max(version) AS line FROM __diesel_schema_migrations")?;
    let last = last.first().ok_or("no migrations")?;
    sql::execute(&url, &format!("DELETE FROM __diesel_schema_migrations WHERE version = '{last}'"))?;
    let older = service.operations.until_ready(false)?;
    check(older["parts"]["schema"]["state"] == "failing" && older["parts"]["database"]["state"] == "ok", &older)?;
    sql::execute(&url, &format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{last}'), ('99990101000001')"))?;
    service.operations.until_ready(true)?;
    until(|| Ok(service.operations.readiness()?.1["parts"]["schema"]["state"] == "warning"))
}
