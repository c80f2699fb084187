//! With an id seed, the same requests in an account give the same bytes: on both databases, whatever other accounts hold, and after a
//! reset.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]

#[path = "id_seed/alike.rs"]
mod alike;
mod support;

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use support::process::{Answer, Running, derslik, url_text};
use support::{DATABASES, Open, Place, run};

/// What all clocks show at first.
const START: &str = "2026-01-05T09:00:00Z";

fn main() -> ExitCode {
    run(vec![
        Trial::test("the_same_requests_give_the_same_bytes_on_both_databases", same_bytes),
        Trial::test("random_requests_give_the_same_bytes_on_both_databases", alike::alike),
        Trial::test("sqlite::a_restored_account_goes_on_with_fresh_ids", || goes_on(DATABASES[0].1)),
        Trial::test("postgres::a_restored_account_goes_on_with_fresh_ids", || goes_on(DATABASES[1].1)),
        Trial::test("sqlite::an_account_of_the_start_begins_anew_after_a_reset", || begins_anew(DATABASES[0].1)),
        Trial::test("postgres::an_account_of_the_start_begins_anew_after_a_reset", || begins_anew(DATABASES[1].1)),
    ])
}

fn check(holds: bool, about: &dyn std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{about:?}").into()) }
}

/// A service whose jobs run by advances of clocks alone.
struct Service {
    running: Running,
    operations: SocketAddr,
    _place: Place,
}

impl Service {
    fn start(open: Open) -> Result<Self, Failed> {
        let (url, place) = open()?;
        let url = url_text(&url);
        let mut command = derslik(&["serve", "--fixed-dev-keys", "--json", "--no-worker", "--id-seed", "7", "--listen", "127.0.0.1:0"]);
        command.args(["--database-url", &url, "--ops-listen", "127.0.0.1:0"]).env_remove("DERSLIK_OPS__LISTEN");
        let running = Running::spawn(command)?;
        let banner: Value = serde_json::from_str(&running.banner)?;
        let operations = banner["operations"].as_str().and_then(|url| url.strip_prefix("http://")).ok_or("no operations listener")?;
        let service = Self { operations: operations.parse()?, running, _place: place };
        service.control("POST", "clock/freeze", &json!({ "at": START }))?;
        Ok(service)
    }

    fn control(&self, method: &str, path: &str, body: &Value) -> Result<Value, Failed> {
        let mut stream = TcpStream::connect(self.operations)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!(
            "{method} /_derslik/v1/{path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.operations,
            body.len()
        );
        stream.write_all((head + &body).as_bytes())?;
        let answer = Answer::read(&mut stream)?;
        check(answer.status < 300, &answer)?;
        if answer.body.is_empty() { Ok(Value::Null) } else { answer.json() }
    }

    fn account(&self) -> Result<Account<'_>, Failed> {
        let made = self.control("POST", "accounts", &Value::Null)?;
        Ok(Account { service: self, made, answers: Vec::new() })
    }
}

/// An account, and the answers that its client got.
struct Account<'s> {
    service: &'s Service,
    made: Value,
    answers: Vec<String>,
}

impl Account<'_> {
    fn text(&self, pointer: &str) -> String {
        self.made.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    fn control(&self, method: &str, path: &str, body: &Value) -> Result<Value, Failed> {
        self.service.control(method, &format!("accounts/{}/{path}", self.text("/id")), body)
    }

    /// One request with the key of its API. Its answer is kept.
    fn ask(&mut self, method: &str, path: &str, body: &Value) -> Result<Value, Failed> {
        let authorization = match path {
            path if path.starts_with("/xapi") => format!("Bearer {}", self.text("/bearer")),
            path if path.starts_with("/v1/") => format!("Bearer {}", self.text("/users/1/token")),
            _ => self.text("/account_key"),
        };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: {authorization}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let answer = self.service.running.send(&head, body.as_bytes())?;
        check(answer.status < 300, &(method, path, &answer))?;
        self.answers.push(format!("{method} {path}\n{}", bytes(&answer)));
        if answer.body.is_empty() { Ok(Value::Null) } else { answer.json() }
    }

    /// Requests to all three APIs, on the day of [`START`] and the day after.
    fn script(&mut self) -> Result<Vec<String>, Failed> {
        self.sessions()?;
        self.courses()?;
        self.jobs()?;
        self.control("POST", "clock/advance", &json!({ "by": "1d" }))?;
        self.ask("GET", "/v1/courses?pageSize=1", &Value::Null)?;
        let jobs = self.jobs_path();
        let listed = self.ask("GET", &jobs, &Value::Null)?;
        check(listed["data"].as_array().is_some_and(|jobs| jobs.len() == 3), &listed)?;
        Ok(std::mem::take(&mut self.answers))
    }

    fn sessions(&mut self) -> Result<(), Failed> {
        let session = |name: &str| json!({ "name": name, "start_date": "2026-02-03T12:00:00Z", "duration": 40 });
        self.ask("POST", "/xapi/v2/session/batch", &json!([session("Kimya"), session("Fizik")]))?;
        let found = self.ask("POST", "/xapi/v2/session/search", &json!({ "name": "Kimya", "page_size": 10 }))?;
        let guid = found[0]["session_guid"].as_str().or_else(|| found[0]["session_id"].as_str()).ok_or_else(|| format!("{found}"))?;
        let path = format!("/xapi/v2/session/{guid}");
        let attendee = json!([{ "email": "konuk@okul.example", "name": "Konuk", "surname": "Kişi" }]);
        self.ask("POST", &format!("{path}/attendee/batch"), &attendee)?;
        self.ask("GET", &format!("{path}/attendee"), &Value::Null)?;
        self.ask("GET", &path, &Value::Null)?;
        let person = json!({ "name": "Ali", "surname": "Yılmaz", "username": "ali", "email": "ali@okul.example" });
        self.ask("POST", "/xapi/user", &person)?;
        self.ask("GET", "/xapi/user", &Value::Null).map(drop)
    }

    fn courses(&mut self) -> Result<(), Failed> {
        for name in ["Biyoloji", "Tarih"] {
            let made = self.ask("POST", "/v1/courses", &json!({ "name": name, "ownerId": "me", "courseState": "ACTIVE" }))?;
            let id = made["id"].as_str().ok_or("no id")?.to_owned();
            self.ask("PATCH", &format!("/v1/courses/{id}?updateMask=room"), &json!({ "room": "7" }))?;
            self.ask("GET", &format!("/v1/courses/{id}"), &Value::Null)?;
        }
        let first = self.ask("GET", "/v1/courses?pageSize=1", &Value::Null)?;
        let token = first["nextPageToken"].as_str().ok_or("no page token")?.to_owned();
        self.ask("GET", &format!("/v1/courses?pageSize=1&pageToken={token}"), &Value::Null)?;
        self.ask("GET", "/v1/userProfiles/me", &Value::Null).map(drop)
    }

    fn jobs_path(&self) -> String {
        format!("/api/v1/{}/jobs", self.text("/project/key"))
    }

    fn jobs(&mut self) -> Result<(), Failed> {
        let (jobs, users) = (self.jobs_path(), format!("/api/v1/{}/users", self.text("/project/key")));
        self.ask("DELETE", &format!("{users}/konuk@okul.example"), &Value::Null)?;
        let cancelled = self.ask("DELETE", &format!("{users}/veli@okul.example"), &Value::Null)?;
        let many = self.ask("POST", &format!("{users}/erase"), &json!({ "userIds": ["a", "b"] }))?;
        let number = |job: &Value| job["data"]["jobId"].as_i64().ok_or_else(|| Failed::from(format!("{job}")));
        let (cancelled, many) = (number(&cancelled)?, number(&many)?);
        self.ask("DELETE", &format!("{jobs}/{cancelled}"), &Value::Null)?;
        self.ask("GET", &format!("{jobs}/{many}"), &Value::Null)?;
        self.ask("GET", &format!("{jobs}/{many}/users"), &Value::Null)?;
        let after = self.ask("GET", &format!("{jobs}?after={cancelled}"), &Value::Null)?;
        check(after["data"].as_array().is_some_and(|jobs| jobs.len() == 1), &after)?;
        self.ask("POST", "/api/v1/projects", &json!({ "name": "Okul", "platform": "ios" }))?;
        self.ask("GET", "/api/v1/projects", &Value::Null).map(drop)
    }
}

/// An answer without its date and the id of the request.
fn bytes(answer: &Answer) -> String {
    let is_of_machine = |line: &&str| ["date:", "x-request-id:"].iter().any(|name| line.starts_with(name));
    let mut kept: Vec<_> = answer.head.lines().filter(|line| !is_of_machine(line)).collect();
    // Headers come in any order.
    kept.sort_unstable();
    format!("{}\n\n{}", kept.join("\n"), answer.body)
}

/// Fails with the first answer that differs.
fn same(about: &str, expected: &[String], found: &[String]) -> Result<(), Failed> {
    match expected.iter().zip(found).find(|(expected, found)| expected != found) {
        Some((expected, found)) => Err(format!("{about}:\n{expected}\n---\n{found}").into()),
        None => check(expected.len() == found.len(), &about),
    }
}

fn same_bytes() -> Result<(), Failed> {
    let mut expected = None;
    for (name, open) in DATABASES {
        let service = Service::start(open)?;
        // The second account is in a database with the rows of the first.
        for place in ["first", "second"] {
            let mut account = service.account()?;
            let found = account.script()?;
            let expected = expected.get_or_insert_with(|| found.clone());
            same(&format!("{name}, {place} account"), expected, &found)?;
            account.control("POST", "clock/set", &json!({ "to": START }))?;
            account.control("POST", "reset", &Value::Null)?;
            same(&format!("{name}, {place} account after a reset"), expected, &account.script()?)?;
        }
    }
    Ok(())
}

fn goes_on(open: Open) -> Result<(), Failed> {
    let service = Service::start(open)?;
    let mut account = service.account()?;
    account.script()?;
    account.control("PUT", "snapshots/full", &Value::Null)?;
    let jobs = account.jobs_path();
    let before = account.ask("GET", &jobs, &Value::Null)?;
    // What is made after the snapshot is the same each time, and has the id of nothing in it.
    let mut made = Vec::new();
    for _ in 0..2 {
        account.control("POST", "snapshots/full/restore", &Value::Null)?;
        check(account.ask("GET", &jobs, &Value::Null)? == before, &"the jobs have other numbers")?;
        account.answers.clear();
        account.ask("POST", "/v1/courses", &json!({ "name": "Resim", "ownerId": "me" }))?;
        account.ask("DELETE", &format!("/api/v1/{}/users/yeni", account.text("/project/key")), &Value::Null)?;
        made.push(std::mem::take(&mut account.answers));
    }
    same("after the same snapshot", &made[0], &made[1])
}

/// The account `demo`, which test control did not make: it keeps its people and projects.
fn begins_anew(open: Open) -> Result<(), Failed> {
    let service = Service::start(open)?;
    let made = json!({
        "id": "1329",
        "bearer": "demo-access|0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3",
        "account_key": "demo-organization-key",
        "project": { "key": "3sWXSsqHgSKnE87YkNJK" },
        "users": [{}, { "token": "demo-admin-token" }],
    });
    let mut demo = Account { service: &service, made, answers: Vec::new() };
    let users = format!("/api/v1/{}/users", demo.text("/project/key"));
    let script = |demo: &mut Account<'_>| -> Result<Vec<String>, Failed> {
        demo.ask("POST", "/v1/courses", &json!({ "name": "Resim", "ownerId": "me" }))?;
        demo.ask("DELETE", &format!("{users}/yeni"), &Value::Null)?;
        Ok(std::mem::take(&mut demo.answers))
    };
    let expected = script(&mut demo)?;
    for _ in 0..2 {
        demo.control("POST", "reset", &Value::Null)?;
        same("after a reset", &expected, &script(&mut demo)?)?;
    }
    // A person who stays keeps the id, and nothing gets it again.
    let person = |name: &str| json!({ "name": name, "surname": "Yılmaz", "username": name, "email": format!("{name}@okul.example") });
    demo.ask("POST", "/xapi/user", &person("ali"))?;
    for name in ["veli", "ayse"] {
        demo.control("POST", "reset", &Value::Null)?;
        demo.ask("POST", "/xapi/user", &person(name))?;
    }
    demo.answers.clear();
    let mut answers = Vec::new();
    for _ in 0..2 {
        demo.control("POST", "reset", &Value::Null)?;
        answers.push(script(&mut demo)?);
    }
    same("after resets with people who stay", &answers[0], &answers[1])
}
