//! Traces that leave the process: a collector gets the spans of a request and of the job that it asked for. A collector that is down, or
//! that answers byte by byte, costs no request.

mod collector;
#[path = "../support/mod.rs"]
mod support;

use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitCode};

use collector::{Collector, drip};
use derslik_domain::text::from_hex;
use libtest_mimic::{Failed, Trial};
use support::process::{Running, derslik, sqlite_url, until};
use support::run;

const TOKEN: &str = "demo-teacher-token";
const COURSE: &str = r#"{"name":"Biology 101","ownerId":"me","courseState":"ACTIVE"}"#;

fn main() -> ExitCode {
    run(vec![
        Trial::test("a_collector_gets_the_spans_of_a_request_and_of_its_job", spans_arrive),
        Trial::test("a_collector_that_is_down_costs_no_request", collector_is_down),
        Trial::test("a_collector_that_answers_byte_by_byte_holds_neither_an_export_nor_the_stop", collector_drips),
    ])
}

fn check(holds: bool, about: &dyn std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{about:?}").into()) }
}

/// The service on an `SQLite` file in a folder, which exports its spans often. Its log is the file `log` there.
fn exporting(folder: &Path, collector: &str) -> Result<Command, Failed> {
    let url = sqlite_url(folder);
    let mut command = derslik(&["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--database-url", &url]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{collector}"));
    command.env("OTEL_BSP_SCHEDULE_DELAY", "50").env("OTEL_EXPORTER_OTLP_TIMEOUT", "1000");
    command.env("DERSLIK_LOG__FILTER", "info").stderr(File::create(folder.join("log"))?);
    Ok(command)
}

fn spans_arrive() -> Result<(), Failed> {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let trace: [u8; 16] = from_hex(TRACE).ok_or("not hexadecimal digits")?;
    let (collector, folder) = (Collector::start()?, tempfile::tempdir()?);
    let mut command = exporting(folder.path(), &collector.address.to_string())?;
    // Only what belongs to a recorded trace is exported, so the span of the job arrives only if it continues that of the request.
    command.env("OTEL_SERVICE_NAME", "school-1").env("OTEL_TRACES_SAMPLER", "parentbased_always_off");
    let service = Running::spawn(command)?;
    let head = service.head_of_post("/v1/courses", TOKEN, COURSE.len());
    let head = head.replacen("\r\n\r\n", &format!("\r\ntraceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n\r\n"), 1);
    let answer = service.send(&head, COURSE.as_bytes())?;
    check(answer.status == 200, &answer)?;
    let has = |text: &[u8]| collector.received(&[&trace, b"school-1", text]);
    until(|| Ok(has(b"/v1/courses")))?;
    until(|| Ok(has(b"assign_calendar_id")))?;
    check(!collector.received(&[b"Biology"]) && !collector.received(&[TOKEN.as_bytes()]), &"a payload or a secret was exported")
}

/// A part of the line of the log that says that an export has failed.
const WARNING: &str = "traces can't be exported";

fn collector_is_down() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    // Nothing listens there any more.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut service = Running::spawn(exporting(folder.path(), &nowhere.to_string())?)?;
    let log = || -> Result<String, Failed> { Ok(std::fs::read_to_string(folder.path().join("log"))?) };
    for _ in 0..100 {
        let answer = service.get("/v1/courses", TOKEN)?;
        check(answer.status == 200, &answer)?;
    }
    until(|| Ok(log()?.contains(WARNING)))?;
    let answer = service.get("/v1/courses", TOKEN)?;
    check(answer.status == 200, &answer)?;
    service.signal("TERM")?;
    check(service.wait()?.success(), &"the exit code is not 0")?;
    check(log()?.matches(WARNING).count() == 1, &log()?)
}

fn collector_drips() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut service = Running::spawn(exporting(folder.path(), &drip()?.to_string())?)?;
    let log = || -> Result<String, Failed> { Ok(std::fs::read_to_string(folder.path().join("log"))?) };
    let answer = service.get("/v1/courses", TOKEN)?;
    check(answer.status == 200, &answer)?;
    // The export has ended, although the collector goes on.
    until(|| Ok(log()?.contains(WARNING)))?;
    // Spans of this request are under way when the service stops.
    let answer = service.get("/v1/courses", TOKEN)?;
    check(answer.status == 200, &answer)?;
    service.signal("TERM")?;
    check(service.wait()?.success(), &"the exit code is not 0")
}
