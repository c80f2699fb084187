//! The log of a process: one line for each request, complete in both formats, and what a start tells.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use derslik_storage::DatabaseUrl;
use derslik_testkit::postgres::{Durability, PostgresServer};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::support::DEMO;
use crate::support::process::{Answer, Running, derslik, sqlite_url, until};
use crate::{BATCH, check, new_session, sql};

/// A text that stands in queries, names and headers, and must not stand in the log.
const CANARY: &str = "kanarya5b1f0e";

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const TOKEN: &str = "demo-teacher-token";
const ORGANIZATION_KEY: &str = "demo-organization-key";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("each_request_has_one_line_in_a_log_of_text", || requests_are_logged("text")),
        Trial::test("each_request_has_one_line_in_a_log_of_json", || requests_are_logged("json")),
        Trial::test("a_refused_cancellation_is_no_warning", refused_cancellation),
        Trial::test("a_start_that_fails_says_so_in_json_where_the_log_is_json", failures_in_json),
        Trial::test("sqlite::a_start_tells_that_writes_are_not_synced", unsynced_sqlite),
        Trial::test("postgres::a_start_tells_each_setting_of_the_server_that_weakens_durability", weak_server),
        Trial::test("postgres::connections_carry_the_name_of_their_process", names_of_connections),
    ]
}

/// The service on an `SQLite` file in a folder, whose log is the file `log` there.
fn serve(folder: &Path, format: &str) -> Result<Running, Failed> {
    let url = sqlite_url(folder);
    let mut command = derslik(&["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--database-url", &url]);
    command.env("DERSLIK_LOG__FILTER", "info").env("DERSLIK_LOG__FORMAT", format).stderr(File::create(folder.join("log"))?);
    Running::spawn(command)
}

fn log(folder: &Path) -> Result<String, Failed> {
    Ok(std::fs::read_to_string(folder.join("log"))?)
}

/// Waits until the log has that many lines about requests, and returns all of its lines.
fn lines_with_requests(folder: &Path, count: usize) -> Result<Vec<String>, Failed> {
    until(|| Ok(log(folder)?.matches("request_id").count() >= count))?;
    Ok(log(folder)?.lines().map(str::to_owned).collect())
}

fn id_of(answer: &Answer) -> Result<&str, Failed> {
    Ok(answer.head.lines().find_map(|line| line.strip_prefix("x-request-id: ")).ok_or("no id")?)
}

/// A request, and what its line must tell.
struct Asked {
    answer: Answer,
    api: &'static str,
    method: &'static str,
    route: &'static str,
    status: u16,
    has_account: bool,
    trace: Option<&'static str>,
}

/// Sends a request of each kind.
fn ask_all(service: &Running) -> Result<Vec<Asked>, Failed> {
    let get = |target: &str, authorization: &str, more: &str| {
        let head = format!("GET {target} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: {authorization}\r\n{more}\r\n");
        service.send(&head, b"")
    };
    let courses = format!("/v1/courses?pageSize=1&key={CANARY}");
    let traced = get(&courses, &format!("Bearer {TOKEN}"), &format!("traceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n"))?;
    let one = get(&format!("/v1/courses/d:{CANARY}"), &format!("Bearer {TOKEN}"), "")?;
    let created = service.post(BATCH, DEMO, &json!([new_session(CANARY)]).to_string())?;
    let jobs = get("/api/v1/projects/", ORGANIZATION_KEY, "traceparent: 00-not-a-trace\r\n")?;
    let refused = get("/xapi/session", &format!("Bearer {CANARY}"), "")?;
    let nowhere = get(&format!("/{CANARY}?{CANARY}"), CANARY, "")?;
    let asked = |answer, api, method, route, status| Asked { answer, api, method, route, status, has_account: status < 400, trace: None };
    Ok(vec![
        Asked { trace: Some(TRACE), ..asked(traced, "courses", "GET", "/v1/courses", 200) },
        Asked { has_account: true, ..asked(one, "courses", "GET", "/v1/courses/{id}", 404) },
        asked(created, "sessions", "POST", BATCH, 200),
        asked(jobs, "jobs", "GET", "/api/v1/projects", 200),
        asked(refused, "sessions", "GET", "/xapi/session", 401),
        asked(nowhere, "none", "GET", "other", 404),
    ])
}

fn requests_are_logged(format: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = serve(folder.path(), format)?;
    check(service.banner.starts_with('{') == (format == "json"), &service.banner)?;
    let asked = ask_all(&service)?;
    let lines = lines_with_requests(folder.path(), asked.len())?;
    check(!lines.iter().any(|line| line.contains(CANARY)), &lines)?;
    for asked in &asked {
        check(asked.answer.status == asked.status, &asked.answer)?;
        let id = id_of(&asked.answer)?;
        let own: Vec<_> = lines.iter().filter(|line| line.contains(id)).collect();
        let [line] = own.as_slice() else { return Err(format!("{own:?}").into()) };
        let told = if format == "json" { tells_in_json(line, asked)? } else { tells_in_text(line, asked) };
        check(told, line)?;
    }
    if format == "json" {
        // The log has no line that a program could not read.
        for line in &lines {
            serde_json::from_str::<Value>(line)?;
        }
    }
    Ok(())
}

fn tells_in_json(line: &str, asked: &Asked) -> Result<bool, Failed> {
    let line: Value = serde_json::from_str(line)?;
    Ok(line["target"] == "access"
        && line["level"] == "INFO"
        && line["message"] == "request"
        && line["api"] == asked.api
        && line["method"] == asked.method
        && line["route"] == asked.route
        && line["status"] == asked.status
        && line["bytes"] == asked.answer.body.len()
        && line["duration_ms"].as_f64().is_some_and(|millis| millis > 0.0)
        && line["account"].is_i64() == asked.has_account
        && line["trace_id"].as_str() == asked.trace)
}

fn tells_in_text(line: &str, asked: &Asked) -> bool {
    let fields = [
        format!(" api=\"{}\" ", asked.api),
        format!(" method=\"{}\" ", asked.method),
        format!(" route=\"{}\" ", asked.route),
        format!(" status={} ", asked.status),
        format!(" bytes={} ", asked.answer.body.len()),
        " duration_ms=".to_owned(),
    ];
    line.contains(" INFO access: request ")
        && fields.iter().all(|field| line.contains(field))
        && line.contains(" account=") == asked.has_account
        && asked.trace.is_none_or(|trace| line.ends_with(&format!(" trace_id={trace}")))
}

/// A job that has ended can't be cancelled, which is answered with status 501.
fn refused_cancellation() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = serve(folder.path(), "json")?;
    let send = |method: &str, path: &str| {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: {ORGANIZATION_KEY}\r\n\r\n");
        service.send(&head, b"")
    };
    let projects = send("GET", "/api/v1/projects")?.json()?;
    let project = projects["data"][0]["projectKey"].as_str().ok_or_else(|| format!("no project: {projects}"))?.to_owned();
    let job = send("DELETE", &format!("/api/v1/{project}/users/mehdi"))?.json()?;
    let job = format!("/api/v1/{project}/jobs/{}", job["data"]["jobId"]);
    check(send("DELETE", &job)?.status == 200, &job)?;
    let refused = send("DELETE", &job)?;
    check(refused.status == 501, &refused)?;
    let lines = lines_with_requests(folder.path(), 4)?;
    let is_loud = |line: &&String| line.contains("\"WARN\"") || line.contains("\"ERROR\"");
    let loud: Vec<_> = lines.iter().filter(is_loud).filter(|line| line.contains("derslik_http")).collect();
    check(loud.is_empty(), &loud)?;
    check(lines.iter().filter(|line| line.contains("\"target\":\"access\"") && line.contains("\"status\":501")).count() == 1, &lines)
}

fn failures_in_json() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("derslik.toml");
    std::fs::write(&file, "[log]\nformat = \"json\"\n")?;
    let file = file.to_string_lossy();
    let start = |name: &str, value: &str| -> Result<Value, Failed> {
        let mut command = derslik(&["serve", "--config", &file]);
        let ended = command.current_dir(folder.path()).env(name, value).output()?;
        check(ended.status.code() == Some(2), &ended)?;
        let text = String::from_utf8(ended.stderr)?;
        check(text.lines().count() == 1, &text)?;
        Ok(serde_json::from_str(&text)?)
    };
    // One fault is found while the settings are read, the other one afterwards.
    for (name, value, told) in [("DERSLIK_LISTEN", "nowhere", "listen"), ("DERSLIK_PROFILE", "production", "database_url")] {
        let line = start(name, value)?;
        let message = line["message"].as_str().unwrap_or_default();
        check(line["level"] == "ERROR" && message.contains(told) && line["timestamp"].is_string(), &line)?;
    }
    // The file is not read where the flags can't be.
    let ended = derslik(&["serve", "--listen", "nowhere"]).env("DERSLIK_LOG__FORMAT", "json").output()?;
    let line: Value = serde_json::from_slice(&ended.stderr)?;
    let message = line["message"].as_str().unwrap_or_default();
    check(ended.status.code() == Some(2) && line["level"] == "ERROR" && message.contains("--listen"), &line)
}

/// The settings that a start warns of, from a log of JSON, in the order of the lines.
fn warned_of(log: &str) -> Result<Vec<String>, Failed> {
    let mut settings = Vec::new();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line)?;
        if line["rule"] == "durability" {
            check(line["level"] == "WARN", &line)?;
            settings.extend(line["message"].as_str().and_then(|text| text.split(':').next()).map(str::to_owned));
        }
    }
    Ok(settings)
}

fn unsynced_sqlite() -> Result<(), Failed> {
    for (sync, expected) in [("true", &[][..]), ("false", &["database.sqlite_full_sync"][..])] {
        let folder = tempfile::tempdir()?;
        let mut command = derslik(&["serve", "--listen", "127.0.0.1:0", "--database-url", &sqlite_url(folder.path())]);
        command.env("DERSLIK_LOG__FORMAT", "json").env("DERSLIK_DATABASE__SQLITE_FULL_SYNC", sync);
        command.stderr(File::create(folder.path().join("log"))?);
        let _service = Running::spawn(command)?;
        let warned = || warned_of(&log(folder.path())?);
        until(|| Ok(warned()?.len() >= expected.len()))?;
        check(warned()? == expected, &sync)?;
    }
    Ok(())
}

fn weak_server() -> Result<(), Failed> {
    let (server, folder) = (PostgresServer::start(Durability::Fast)?, tempfile::tempdir()?);
    let mut command = derslik(&["serve", "--listen", "127.0.0.1:0", "--database-url", &server.maintenance_url()]);
    command.env("DERSLIK_LOG__FORMAT", "json").stderr(File::create(folder.path().join("log"))?);
    let _service = Running::spawn(command)?;
    let warned = || warned_of(&log(folder.path())?);
    until(|| Ok(warned()?.len() >= 3))?;
    check(warned()? == ["fsync", "full_page_writes", "synchronous_commit"], &log(folder.path())?)
}

fn names_of_connections() -> Result<(), Failed> {
    const NAMES: &str = "
        SELECT DISTINCT application_name AS line FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let server = PostgresServer::start(Durability::Fast)?;
    let plain = server.maintenance_url();
    let separator = if plain.contains('?') { '&' } else { '?' };
    let with_name = format!("{plain}{separator}application_name=school%201");
    let url: DatabaseUrl = plain.parse()?;
    let names = || -> Result<BTreeSet<String>, Failed> { Ok(sql::lines(&url, NAMES)?.into_iter().collect()) };
    let own = |service: &Running| -> Result<BTreeSet<String>, Failed> {
        check(service.get("/v1/courses", TOKEN)?.status == 200, &"a request")?;
        names()
    };
    for (url, expected) in [(&plain, &["derslik serve", "derslik serve listener"][..]), (&with_name, &["school 1"][..])] {
        let service = Running::start(url, &[])?;
        let expected: BTreeSet<_> = expected.iter().map(|name| (*name).to_owned()).collect();
        until(|| Ok(own(&service)? == expected))?;
        service.kill()?;
        until(|| Ok(names()?.is_empty()))?;
    }
    Ok(())
}
