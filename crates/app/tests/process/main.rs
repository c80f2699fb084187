//! The program as a process: its output, its behaviour under hostile requests and crashes, and how it ends.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]

mod children;
mod commands;
mod console;
mod cors;
mod databases;
mod https;
mod https_client;
mod logs;
mod newer_schema;
mod notify;
mod restarts;
mod settings;
mod signals;
mod sql;
#[path = "../support/mod.rs"]
mod support;
mod twins;
mod unsafe_starts;
mod workers;

use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, ExitCode};
use std::time::Duration;

use derslik_storage::DatabaseUrl;
use derslik_testkit::postgres::{Durability, PostgresServer};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use support::process::{Answer, Running, derslik, sqlite_url, until, url_text};
use support::{DATABASES, DEMO, OTHER, Open, Place, run};

const BATCH: &str = "/xapi/v2/session/batch";
const SEARCH: &str = "/xapi/v2/session/search";

/// Both databases for profile `production`. It refuses a known password, which the server of `TEST_DATABASE_URL` may have, so
/// PostgreSQL is a server of the test's own.
const PRIVATE_DATABASES: [(&str, Open); 2] = [("sqlite", DATABASES[0].1), ("postgres", private_postgres)];

fn private_postgres() -> Result<(DatabaseUrl, Place), Failed> {
    let server = PostgresServer::start(Durability::Durable)?;
    let url: DatabaseUrl = server.maintenance_url().parse()?;
    url.migrate()?;
    Ok((url, Box::new(server)))
}

fn main() -> ExitCode {
    let mut trials = vec![
        Trial::test("the_printed_lines_work_when_pasted", printed_lines_work),
        Trial::test("keys_are_printed_at_the_first_start_alone", keys_are_printed_once),
        Trial::test("a_body_that_stalls_is_cut_off_and_answered_as_such", stalled_body),
        Trial::test("a_body_that_is_too_long_is_answered_as_such", long_body),
        Trial::test("unfinished_bodies_without_credentials_hold_up_no_other_request", anonymous_bodies),
        Trial::test("hostile_bodies_are_refused_in_the_words_of_the_dialect", hostile_bodies),
        Trial::test("a_delete_may_be_chunked_and_have_no_body", chunked_delete),
        Trial::test("a_signal_lets_requests_under_way_end", graceful_stop),
        Trial::test("the_dev_clock_starts_at_the_given_instant_and_runs", dev_clock),
        Trial::test("accounts_that_are_created_at_once_get_ids_and_keys_of_their_own", accounts_at_once),
        Trial::test("an_account_that_was_created_by_name_can_be_used", account_by_name),
        Trial::test("postgres::acknowledged_writes_survive_a_kill", || {
            let server = PostgresServer::start(Durability::Durable)?;
            survives_kills(&server.maintenance_url())
        }),
        Trial::test("sqlite::acknowledged_writes_survive_a_kill", || {
            let folder = tempfile::tempdir()?;
            survives_kills(&sqlite_url(folder.path()))
        }),
    ];
    trials.extend(signals::trials());
    trials.extend(children::trials());
    trials.extend(commands::trials());
    trials.extend(console::trials());
    trials.extend(cors::trials());
    trials.extend(databases::trials());
    trials.extend(https::trials());
    trials.extend(logs::trials());
    trials.extend(newer_schema::trials());
    trials.extend(restarts::trials());
    trials.extend(notify::trials());
    trials.extend(settings::trials());
    trials.extend(twins::trials());
    trials.extend(unsafe_starts::trials());
    trials.extend(workers::trials());
    for (name, open) in DATABASES {
        trials.push(Trial::test(format!("{name}::the_main_job_from_end_to_end"), move || {
            let (url, _place) = open()?;
            main_job(&Running::start(&url_text(&url), &[])?)
        }));
    }
    run(trials)
}

fn check(holds: bool, about: &dyn std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{about:?}").into()) }
}

fn new_session(name: &str) -> Value {
    json!({"name": name, "start_date": "2099-08-05T12:00:00Z", "duration": 80})
}

/// A batch that creates two sessions, fails to create one, changes one, and names one that does not exist.
fn main_job(service: &Running) -> Result<(), Failed> {
    let created = service.post(BATCH, DEMO, &json!([new_session("first")]).to_string())?.json()?;
    let guid = created["approved"][0]["session_guid"].as_str().ok_or("no GUID")?.to_owned();
    let batch = json!([
        new_session("second"),
        new_session("third"),
        {"name": "bad", "start_date": "2020-08-05T14:00:00Z", "duration": 80},
        {"session_guid": guid, "duration": 100},
        {"session_guid": "8293D504-13EE-447F-9B36-6686C5C39FEB", "duration": 100},
    ]);
    let answer = service.post(BATCH, DEMO, &batch.to_string())?;
    let body = answer.json()?;
    check(answer.status == 207, &answer)?;
    let names: Vec<_> = body["approved"].as_array().into_iter().flatten().map(|session| session["name"].clone()).collect();
    check(names == ["second", "third", "first"], &names)?;
    check(body["approved"][2]["options"]["session_duration"] == 100, &body)?;
    check(body["rejected"][0]["state"] == json!({"code": 30, "details": "session_not_found"}), &body)?;
    check(body["rejected"][1]["state"] == json!({"code": 12, "details": ["Invalid session start date."]}), &body)?;
    let foreign = service.get(&format!("/xapi/v2/session/{guid}"), OTHER)?;
    check(foreign.status == 404, &foreign)
}

fn survives_kills(database_url: &str) -> Result<(), Failed> {
    const KILLS: usize = 5;
    let mut acknowledged = Vec::new();
    for round in 0..KILLS {
        let service = Running::start(database_url, &[])?;
        for batch in 0..=round {
            let items: Vec<_> = (0..20).map(|item| new_session(&format!("{round}-{batch}-{item}"))).collect();
            let answer = service.post(BATCH, DEMO, &Value::from(items).to_string())?;
            check(answer.status == 200, &answer)?;
            for session in answer.json()?["approved"].as_array().into_iter().flatten() {
                acknowledged.push((session["session_guid"].clone(), session["name"].clone()));
            }
        }
        service.kill()?;
    }
    let service = Running::start(database_url, &[])?;
    let found = service.post(SEARCH, DEMO, r#"{"page_size":1000}"#)?.json()?;
    let found: Vec<_> =
        found.as_array().into_iter().flatten().map(|session| (session["session_guid"].clone(), session["name"].clone())).collect();
    check(found.len() == acknowledged.len(), &(found.len(), acknowledged.len()))?;
    check(acknowledged.iter().all(|session| found.contains(session)), &"a session is lost")
}

fn printed_lines_work() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut command = derslik(&["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
    command.arg(folder.path());
    let service = Running::spawn(command)?;
    let lines: Vec<_> = service.banner.lines().filter(|line| line.starts_with("curl ")).collect();
    check(lines.len() == 3, &lines)?;
    let mut answers = Vec::new();
    for line in lines {
        let output = Command::new("sh").args(["-c", line]).output()?;
        check(output.status.success(), &output)?;
        answers.push(serde_json::from_slice::<Value>(&output.stdout)?);
    }
    check(answers[0]["approved"][0]["name"] == "CS201" && answers[0]["rejected"][0]["state"]["code"] == 30, &answers[0])?;
    check(answers[1]["data"]["status"] == "scheduled", &answers[1])?;
    check(answers[2]["courseState"] == "ACTIVE", &answers[2])
}

fn keys_are_printed_once() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let start = || {
        let mut command = derslik(&["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(folder.path());
        Running::spawn(command)
    };
    let first = start()?;
    let bearer = first.banner.lines().find_map(|line| line.trim().strip_prefix("bearer")).ok_or("no bearer")?.trim().to_owned();
    check(bearer.starts_with("derslik_ak_"), &bearer)?;
    first.kill()?;
    let second = start()?;
    check(!second.banner.contains("derslik_ak_"), &second.banner)?;
    let answer = second.post(SEARCH, &bearer, "{}")?;
    check(answer.status == 200, &answer)
}

fn with_settings(folder: &std::path::Path, settings: &str) -> Result<Running, Failed> {
    let file = folder.join("derslik.toml");
    std::fs::write(&file, settings)?;
    Running::start(&sqlite_url(folder), &["--config", &file.to_string_lossy()])
}

fn stalled_body() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = with_settings(folder.path(), "[http]\nbody_deadline_seconds = 1\n")?;
    let mut stream = TcpStream::connect(service.address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let head = format!(
        "POST {BATCH} HTTP/1.1\r\nHost: derslik\r\nAuthorization: Bearer {DEMO}\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n[{{}}"
    );
    stream.write_all(head.as_bytes())?;
    let answer = Answer::read(&mut stream)?;
    check(answer.status == 408 && answer.json()?["code"] == 19, &answer)
}

fn long_body() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = Running::start(&sqlite_url(folder.path()), &[])?;
    let body = vec![b' '; 9 * 1024 * 1024];
    let head = |length: &str| {
        format!(
            "POST {BATCH} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: Bearer {DEMO}\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
        )
    };
    let announced = service.send(&head(&format!("Content-Length: {}", body.len())), &body)?;
    check(announced.status == 413 && announced.json()?["code"] == 19, &announced)?;
    let mut chunked = format!("{:x}\r\n", body.len()).into_bytes();
    chunked.extend_from_slice(&body);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    let unannounced = service.send(&head("Transfer-Encoding: chunked"), &chunked)?;
    check(unannounced.status == 413 && unannounced.json()?["code"] == 19, &unannounced)?;
    let next = service.post(SEARCH, DEMO, "{}")?;
    check(next.status == 200, &next)
}

/// Sends eight unfinished bodies of each kind that needs no credential, with the default settings.
fn anonymous_bodies() -> Result<(), Failed> {
    const MIB: usize = 1024 * 1024;
    let folder = tempfile::tempdir()?;
    let service = Running::start(&sqlite_url(folder.path()), &[])?;
    let kinds = [
        ("/v1/courses", "application/json", 8 * MIB - 1),
        ("/auth/connect/token", "application/x-www-form-urlencoded", MIB - 1),
        ("/batch", "multipart/mixed; boundary=b", MIB - 1),
    ];
    let mut unfinished = Vec::new();
    for (path, kind, length) in kinds.iter().flat_map(|kind| std::iter::repeat_n(kind, 8)) {
        let mut stream = TcpStream::connect(service.address)?;
        let head = format!("POST {path} HTTP/1.1\r\nHost: derslik\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        // The service does not read a body to its end that it refuses at once.
        stream.write_all(&vec![b'x'; length - 10]).ok();
        unfinished.push(stream);
    }
    let long = "d".repeat(9_000);
    let session = json!({"name": "n", "start_date": "2099-08-05T12:00:00Z", "duration": 80, "description": long});
    let sessions = service.post(BATCH, DEMO, &Value::from(vec![session; 10]).to_string())?;
    check(sessions.status == 200, &sessions)?;
    let course = json!({"name": "n", "ownerId": "me", "description": long.repeat(3)}).to_string();
    let course = service.post("/v1/courses", "demo-teacher-token", &course)?;
    check(course.status == 200, &course)?;
    let project = service.post("/api/v1/projects", "demo-organization-key", &json!({"name": "n", "other": long.repeat(3)}).to_string())?;
    check(project.status == 200, &project)?;
    // A body as short as a log-in does not count against the limit.
    let head = "POST /auth/connect/token HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nContent-Length: 13\r\n";
    let token = service.send(&format!("{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n"), b"grant_type=no")?;
    check(token.status == 400 && token.body.contains("unsupported_grant_type"), &token)
}

fn hostile_bodies() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = Running::start(&sqlite_url(folder.path()), &[])?;
    let send = |body: &[u8]| {
        let head = format!(
            "POST {BATCH} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: Bearer {DEMO}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        service.send(&head, body)
    };
    let broken_utf8 = send(b"[{\"name\":\"a\xff\xfeb\",\"start_date\":\"2099-08-05T12:00:00Z\",\"duration\":80},{\"name\":\"whole\",\"start_date\":\"2099-08-05T12:00:00Z\",\"duration\":80}]")?;
    check(broken_utf8.status == 207 && broken_utf8.json()?["rejected"][0]["state"]["code"] == 12, &broken_utf8)?;
    let broken_outside = send(b"[\xff]")?;
    check(broken_outside.status == 400 && broken_outside.json()?["code"] == 19, &broken_outside)?;
    let marked = send(b"\xef\xbb\xbf[]")?;
    check(marked.status == 200, &marked)?;
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for item in
        [deep.clone(), format!("{{\"name\":{deep}}}"), format!("{{\"options\":{{\"chat\":{deep}}}}}"), format!("{{\"unknown\":{deep}}}")]
    {
        let answer = send(format!("[{item}]").as_bytes())?;
        check(answer.status == 400 && answer.json()?["rejected"][0]["state"]["code"] == 12, &answer.status)?;
    }
    Ok(())
}

fn chunked_delete() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = Running::start(&sqlite_url(folder.path()), &[])?;
    let created = service.post(BATCH, DEMO, &json!([new_session("gone")]).to_string())?.json()?;
    let guid = created["approved"][0]["session_guid"].as_str().ok_or("no GUID")?;
    let head = format!(
        "DELETE /xapi/v2/session/{guid} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: Bearer {DEMO}\r\n\
         Accept-Encoding: UTF-8\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let answer = service.send(&head, b"0\r\n\r\n")?;
    check(answer.status == 204 || answer.status == 100 && answer.body.contains(" 204 "), &answer)?;
    check(service.get(&format!("/xapi/v2/session/{guid}"), DEMO)?.status == 404, &"it is still there")
}

fn graceful_stop() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut service = Running::start(&sqlite_url(folder.path()), &[])?;
    let body = json!([new_session("last")]).to_string();
    let mut request = service.begin_request(BATCH, DEMO, body.len())?;
    service.signal("TERM")?;
    until(|| Ok(TcpStream::connect(service.address).is_err()))?;
    request.write_all(body.as_bytes())?;
    let answer = Answer::read(&mut request)?;
    check(answer.status == 200, &answer)?;
    check(service.wait()?.success(), &"the exit code is not 0")
}

fn dev_clock() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = Running::start(&sqlite_url(folder.path()), &["--dev-clock", "2025-02-06T16:07:35.488565+03:00"])?;
    let item = json!([{"name": "then", "start_date": "2025-02-06T16:10:00Z", "duration": 80}]);
    let answer = service.post(BATCH, DEMO, &item.to_string())?;
    let created = answer.json()?["approved"][0]["creation_date"].as_str().unwrap_or_default().to_owned();
    check(created.starts_with("2025-02-06T16:0") && created.as_str() > "2025-02-06T16:07:35.488565", &answer)
}

fn account_by_name() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    check(derslik(&["migrate", "--database-url", &url]).status()?.success(), &"no migration")?;
    let create = || derslik(&["account", "create", "okul", "--profile", "production", "--database-url", &url]).output();
    let created = create()?;
    check(created.status.success(), &created)?;
    let text = String::from_utf8(created.stdout)?;
    let bearer = text.lines().find_map(|line| line.strip_prefix("bearer")).ok_or("no bearer")?.trim().to_owned();
    let word = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim).ok_or(format!("no {name}"));
    let (organization_key, project) = (word("org. key")?, word("project")?);
    let project = project.split_whitespace().next().ok_or("no key of the project")?;
    let again = create()?;
    check(again.status.code() == Some(2), &again)?;
    let service = Running::spawn(derslik(&["serve", "--listen", "127.0.0.1:0", "--database-url", &url]))?;
    let answer = service.post(BATCH, &bearer, &json!([new_session("one")]).to_string())?;
    check(answer.status == 200, &answer)?;
    let jobs = service.get(&format!("/api/v1/{project}/jobs"), organization_key)?;
    check(jobs.status == 200 && jobs.json()? == json!({ "data": [] }), &jobs)
}

fn accounts_at_once() -> Result<(), Failed> {
    let server = PostgresServer::start(Durability::Fast)?;
    let url = server.maintenance_url();
    check(derslik(&["migrate", "--database-url", &url]).status()?.success(), &"no migration")?;
    let spawn = |number: usize| {
        let mut command = derslik(&["account", "create", &format!("okul-{number}"), "--database-url", &url]);
        command.stdout(std::process::Stdio::piped()).spawn()
    };
    let children = (0..6).map(spawn).collect::<Result<Vec<_>, _>>()?;
    let mut ids = std::collections::BTreeSet::new();
    for child in children {
        let output = child.wait_with_output()?;
        check(output.status.success(), &output)?;
        let text = String::from_utf8(output.stdout)?;
        ids.insert(text.lines().next().and_then(|line| line.rsplit_once(' ')).ok_or("no id")?.1.to_owned());
    }
    check(ids.len() == 6, &ids)
}
