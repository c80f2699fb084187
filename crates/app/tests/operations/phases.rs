//! What the listener shows while a process starts, works and stops.

use std::io::Write;
use std::net::TcpStream;

use libtest_mimic::{Failed, Trial};
use serde_json::json;

use crate::support::process::{Answer, derslik, end_of, send_signal, sqlite_url, until, url_text};
use crate::support::{DATABASES, DEMO, Open};
use crate::{Listener, Service, check, logged};

const BATCH: &str = "/xapi/v2/session/batch";
const SEARCH: &str = "/xapi/v2/session/search";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("a_service_that_waits_for_its_schema_lives_and_is_not_ready", waits_for_schema),
        Trial::test("a_service_that_drains_is_not_ready_and_takes_requests", drains),
        Trial::test("the_operations_listener_closes_after_the_public_one", closes_last),
        Trial::test("a_service_stops_by_itself_after_the_drain", stops_after_drain),
    ];
    for (name, open) in DATABASES {
        trials.push(Trial::test(format!("{name}::a_worker_has_a_listener_where_one_is_named"), move || worker(open)));
    }
    trials
}

fn waits_for_schema() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    let mut serve = derslik(&["serve", "--profile", "production", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"]);
    serve.args(["--database-url", &url]).env("DERSLIK_ALLOW_SQLITE", "true").env("DERSLIK_LOG__FILTER", "info");
    let (_service, log) = crate::support::process::Log::spawn(serve.stdout(std::process::Stdio::null()))?;
    let listener = Listener::of_log(&log)?;
    until(|| Ok(log.text().contains("waiting for the database")))?;
    check(listener.is_alive()?, &"it lives")?;
    let waiting = listener.until_ready(false)?;
    check(waiting["parts"]["process"]["note"] == "starting" && waiting["parts"]["database"]["state"] == "failing", &waiting)?;
    let migrated = derslik(&["migrate", "--database-url", &url]).output()?;
    check(migrated.status.success(), &migrated)?;
    listener.until_ready(true)?;
    Ok(())
}

fn with_drain(seconds: u16, folder: &std::path::Path) -> Result<Service, Failed> {
    let file = folder.join("derslik.toml");
    std::fs::write(&file, format!("[ops]\ndrain_seconds = {seconds}\n[http]\ngrace_seconds = 600\nbody_deadline_seconds = 600\n"))?;
    let service = Service::start(&sqlite_url(folder), &["--config", &file.to_string_lossy()])?;
    service.operations.until_ready(true)?;
    Ok(service)
}

fn drains() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut service = with_drain(600, folder.path())?;
    service.running.signal("TERM")?;
    let draining = service.operations.until_ready(false)?;
    check(draining["parts"]["process"]["note"] == "draining" && draining["parts"]["database"]["state"] == "ok", &draining)?;
    let answer = service.running.post(SEARCH, DEMO, "{}")?;
    check(answer.status == 200, &answer)?;
    check(service.operations.is_alive()?, &"it lives")?;
    service.running.signal("TERM")?;
    check(service.running.wait()?.code() == Some(0), &"a second signal")
}

fn closes_last() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut service = with_drain(0, folder.path())?;
    let body = json!([{ "name": "last", "start_date": "2099-08-05T12:00:00Z", "duration": 80 }]).to_string();
    let mut request = service.running.begin_request(BATCH, DEMO, body.len())?;
    service.running.signal("TERM")?;
    until(|| Ok(TcpStream::connect(service.running.address).is_err()))?;
    service.operations.until_ready(false)?;
    check(service.operations.is_alive()?, &"it lives while a request is under way")?;
    request.write_all(body.as_bytes())?;
    let answer = Answer::read(&mut request)?;
    check(answer.status == 200, &answer)?;
    check(service.running.wait()?.code() == Some(0), &"the exit code is not 0")
}

fn stops_after_drain() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut service = with_drain(1, folder.path())?;
    service.running.signal("TERM")?;
    check(service.running.wait()?.code() == Some(0), &"the exit code is not 0")
}

fn worker(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    let (mut worker, log) = logged(&["worker", "--ops-listen", "127.0.0.1:0", "--database-url", &url_text(&url)])?;
    let listener = Listener::of_log(&log)?;
    let ready = listener.until_ready(true)?;
    check(ready["parts"]["process"]["note"] == "working", &ready)?;
    send_signal(worker.id(), "TERM")?;
    let status = end_of(&mut worker, std::time::Duration::from_secs(60))?;
    check(status.code() == Some(0), &status)?;
    // Without the flag there is none.
    let (_quiet, log) = logged(&["worker", "--database-url", &url_text(&url)])?;
    until(|| Ok(log.text().contains("working on jobs")))?;
    check(!log.text().contains("the operations listener"), &log.text())
}
