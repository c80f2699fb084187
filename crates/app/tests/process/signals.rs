//! How the process ends in each of its states.

use std::io::Write;
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use derslik_testkit::postgres::{Durability, PostgresServer};
use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use libtest_mimic::{Failed, Trial};

use crate::support::DEMO;
use crate::support::process::{Log, Running, derslik, end_of, send_signal, sqlite_url, until};
use crate::{BATCH, SEARCH, check, new_session};

/// The time limit for a process to end. It is longer than the time after which Docker kills, since test machines may be busy.
const END_LIMIT: Duration = Duration::from_secs(30);

/// The advisory lock that migrating processes take in turn.
const MIGRATION_LOCK: i64 = 0x6465_7273_6c69_6b01;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("postgres::a_signal_ends_serve_and_worker_while_the_database_hangs", database_hangs),
        Trial::test("postgres::a_signal_ends_a_wait_for_the_migration_lock", waits_for_migration_lock),
        Trial::test("a_signal_ends_a_wait_for_the_schema", waits_for_schema),
        Trial::test("a_signal_ends_a_service_whose_log_is_not_read", || log_is_not_read(|stderr| Box::new(stderr))),
        Trial::test("a_signal_ends_a_service_whose_log_is_closed", || {
            log_is_not_read(|stderr| {
                drop(stderr);
                Box::new(())
            })
        }),
        Trial::test("a_second_signal_ends_the_service_at_once", second_signal),
        Trial::test("a_hangup_is_survived", hangup),
    ]
}

/// Waits for the end of a process, and compares its exit code with `code`.
pub(crate) fn expect_end(child: &mut Child, code: i32) -> Result<(), Failed> {
    let begin = Instant::now();
    let status = end_of(child, END_LIMIT)?;
    check(status.code() == Some(code), &(status, begin.elapsed()))
}

fn database_hangs() -> Result<(), Failed> {
    let server = PostgresServer::start(Durability::Fast)?;
    let url = server.maintenance_url();
    let mut idle = Running::start(&url, &[])?;
    let mut busy = Running::start(&url, &[])?;
    let (mut worker, log) = Log::spawn(derslik(&["worker", "--database-url", &url]).env("DERSLIK_LOG__FILTER", "info"))?;
    until(|| Ok(log.text().contains("working on jobs")))?;

    let frozen = server.freeze()?;
    let mut request = TcpStream::connect(busy.address)?;
    let body = serde_json::json!([new_session("late")]).to_string();
    request.write_all(busy.head_of_post(BATCH, DEMO, body.len()).as_bytes())?;
    request.write_all(body.as_bytes())?;

    send_signal(worker.id(), "TERM")?;
    idle.signal("TERM")?;
    busy.signal("TERM")?;
    expect_end(&mut worker, 0)?;
    check(idle.wait()?.code() == Some(0), &"idle")?;
    check(busy.wait()?.code() == Some(0), &"busy")?;
    drop(frozen);
    Ok(())
}

fn waits_for_migration_lock() -> Result<(), Failed> {
    let server = PostgresServer::start(Durability::Fast)?;
    let url = server.maintenance_url();
    let mut holder = PgConnection::establish(&url)?;
    holder.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))?;
    let serve = ["serve", "--listen", "127.0.0.1:0", "--database-url", &url];
    // An interrupted migration must not report success, or scripts would go on as if it were complete.
    for (arguments, code) in [(serve.as_slice(), 0), (&["migrate", "--database-url", &url], 143)] {
        let (mut child, log) = Log::spawn(derslik(arguments).env("DERSLIK_LOG__FILTER", "info").stdout(Stdio::null()))?;
        until(|| Ok(log.text().contains("waiting for it")))?;
        send_signal(child.id(), "TERM")?;
        expect_end(&mut child, code)?;
    }
    Ok(())
}

fn waits_for_schema() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    let serve = ["serve", "--profile", "production", "--listen", "127.0.0.1:0", "--database-url", &url];
    for (arguments, signal) in [(serve.as_slice(), "TERM"), (&["worker", "--database-url", &url], "INT")] {
        let (mut child, log) = Log::spawn(derslik(arguments).env("DERSLIK_ALLOW_SQLITE", "true"))?;
        until(|| Ok(log.text().contains("derslik migrate")))?;
        send_signal(child.id(), signal)?;
        expect_end(&mut child, 0)?;
    }
    check(!folder.path().join("derslik.sqlite").exists(), &"waiting has created a database")
}

/// Serves with a log larger than the buffer of any pipe. `lose` gets the reading end before.
fn log_is_not_read(lose: fn(std::process::ChildStderr) -> Box<dyn std::any::Any>) -> Result<(), Failed> {
    const REQUESTS: usize = 100;
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    let mut command = derslik(&["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--database-url", &url]);
    command.env("DERSLIK_LOG__FILTER", "trace").stderr(Stdio::piped());
    let mut service = Running::spawn(command)?;
    let _held = lose(service.take_stderr().ok_or("no standard error")?);
    for _ in 0..REQUESTS {
        let answer = service.post(SEARCH, DEMO, "{}")?;
        check(answer.status == 200, &answer)?;
    }
    service.signal("TERM")?;
    check(service.wait()?.code() == Some(0), &"the exit code is not 0")
}

fn second_signal() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("derslik.toml");
    std::fs::write(&file, "[http]\ngrace_seconds = 600\nbody_deadline_seconds = 600\n")?;
    let mut service = Running::start(&sqlite_url(folder.path()), &["--config", &file.to_string_lossy()])?;
    let _request = service.begin_request(BATCH, DEMO, 100)?;
    service.signal("TERM")?;
    until(|| Ok(TcpStream::connect(service.address).is_err()))?;
    check(service.is_running()?, &"a request is under way")?;
    service.signal("INT")?;
    check(service.wait()?.code() == Some(0), &"the exit code is not 0")
}

fn hangup() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    let mut service = Running::start(&url, &[])?;
    let (mut worker, log) = Log::spawn(derslik(&["worker", "--database-url", &url]).env("DERSLIK_LOG__FILTER", "info"))?;
    until(|| Ok(log.text().contains("working on jobs")))?;
    service.signal("HUP")?;
    send_signal(worker.id(), "HUP")?;
    until(|| Ok(log.text().contains("SIGHUP")))?;
    let answer = service.post(SEARCH, DEMO, "{}")?;
    check(answer.status == 200, &answer)?;
    service.signal("INT")?;
    send_signal(worker.id(), "INT")?;
    expect_end(&mut worker, 0)?;
    check(service.wait()?.code() == Some(0), &"the exit code is not 0")
}
