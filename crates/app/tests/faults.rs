//! Faults that a test injects, and the journal, of a running process on both databases: what a client meets, and what remains of it.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use support::process::{Answer, Running, derslik, until, url_text};
use support::{DATABASES, DEMO, OTHER, run};

const BATCH: &str = "/xapi/v2/session/batch";

/// The accounts of the bearers `DEMO` and `OTHER`.
const DEMO_ACCOUNT: &str = "1329";
const OTHER_ACCOUNT: &str = "1330";

type Behaviour = fn(&Service) -> Result<(), Failed>;

const BEHAVIOURS: [(&str, Behaviour); 12] = [
    ("lost_replies_with_an_idempotency_key_leave_one_effect_each", lost_replies),
    ("a_client_meets_each_fault_on_the_wire", on_the_wire),
    ("faults_and_journals_are_of_one_account", of_one_account),
    ("a_wait_ends_with_the_request_and_an_assertion_shows_what_came_closest", waits_and_assertions),
    ("events_bring_a_request_while_it_is_new", events),
    ("a_job_whose_attempt_panics_is_tried_again", jobs),
    ("an_account_that_does_not_exist_has_no_faults_and_no_journal", of_no_account),
    ("a_request_that_a_fault_holds_goes_on_once_the_fault_is_cleared", cleared),
    ("a_delay_and_a_status_act_together", slow_and_failing),
    ("requests_without_a_route_and_those_for_tokens_are_in_a_journal", without_route),
    ("the_listener_answers_while_a_seed_is_read", health_beside_a_seed),
    ("a_request_is_sent_again_from_its_page_in_the_name_of_its_sender", sent_again),
];

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (database, open) in DATABASES {
        for (name, behaviour) in BEHAVIOURS {
            trials.push(Trial::test(format!("{database}::{name}"), move || {
                let (url, _place) = open()?;
                behaviour(&Service::start(&url_text(&url))?)
            }));
        }
    }
    run(trials)
}

fn check(holds: bool, about: &dyn std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{about:?}").into()) }
}

/// A service with test control.
struct Service {
    running: Running,
    operations: SocketAddr,
}

impl Service {
    fn start(database_url: &str) -> Result<Self, Failed> {
        let mut command = derslik(&["serve", "--fixed-dev-keys", "--json", "--listen", "127.0.0.1:0", "--database-url", database_url]);
        command.args(["--ops-listen", "127.0.0.1:0"]).env_remove("DERSLIK_OPS__LISTEN");
        let running = Running::spawn(command)?;
        let banner: Value = serde_json::from_str(&running.banner)?;
        let operations = banner["operations"].as_str().and_then(|url| url.strip_prefix("http://")).ok_or("no operations listener")?;
        let operations = operations.parse()?;
        Ok(Self { running, operations })
    }

    /// Begins a request to test control, about an account.
    fn begin(&self, method: &str, account: &str, path: &str, body: &str) -> Result<TcpStream, Failed> {
        self.begin_at(method, &format!("/_derslik/v1/accounts/{account}/{path}"), body)
    }

    /// Begins a request to the operations listener.
    fn begin_at(&self, method: &str, path: &str, body: &str) -> Result<TcpStream, Failed> {
        let mut stream = TcpStream::connect(self.operations)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            self.operations,
            body.len()
        );
        stream.write_all((head + body).as_bytes())?;
        Ok(stream)
    }

    fn control(&self, method: &str, account: &str, path: &str, body: &Value) -> Result<Answer, Failed> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Answer::read(&mut self.begin(method, account, path, &body)?)
    }

    fn inject(&self, fault: &Value) -> Result<(), Failed> {
        let answer = self.control("POST", DEMO_ACCOUNT, "faults", fault)?;
        check(answer.status == 201, &answer)
    }

    fn journal(&self, account: &str, query: &str) -> Result<Vec<Value>, Failed> {
        let answer = self.control("GET", account, &format!("journal?{query}"), &Value::Null)?;
        let entries = answer.json()?["entries"].as_array().cloned();
        Ok(entries.ok_or_else(|| format!("{answer:?}"))?)
    }

    /// Sends a batch with a key, and returns the answer if one came.
    fn send_batch(&self, bearer: &str, name: &str) -> Result<Answer, Failed> {
        let body = format!(r#"[{{"name":"{name}","start_date":"2099-05-05T12:00:00Z","duration":80}}]"#);
        let head = self.running.head_of_post(BATCH, bearer, body.len());
        let head = head.replacen("\r\n\r\n", &format!("\r\nIdempotency-Key: {name}\r\n\r\n"), 1);
        self.running.send(&head, body.as_bytes())
    }

    /// How many sessions there are of each name.
    fn counts(&self) -> Result<BTreeMap<String, usize>, Failed> {
        let found = self.running.post("/xapi/v2/session/search", DEMO, r#"{"name":"lost-","page_size":1000}"#)?.json()?;
        let mut counts = BTreeMap::new();
        for session in found.as_array().ok_or("no list")? {
            *counts.entry(session["name"].as_str().ok_or("no name")?.to_owned()).or_default() += 1;
        }
        Ok(counts)
    }
}

fn lost_replies(service: &Service) -> Result<(), Failed> {
    const ROUNDS: usize = 500;
    service.inject(&json!({ "kind": "lose-answer", "method": "POST", "path": BATCH, "probability": 0.5, "seed": 7 }))?;
    let mut lost = 0;
    for round in 0..ROUNDS {
        while service.send_batch(DEMO, &format!("lost-{round}")).is_err() {
            lost += 1;
        }
    }
    check(lost > ROUNDS / 2, &lost)?;
    let expected: BTreeMap<String, usize> = (0..ROUNDS).map(|round| (format!("lost-{round}"), 1)).collect();
    let counts = service.counts()?;
    check(counts == expected, &counts)?;
    let entries = service.journal(DEMO_ACCOUNT, &format!("path={BATCH}&limit=10000"))?;
    let unanswered = entries.iter().filter(|entry| entry["status"].is_null() && entry["fault"] == "lose-answer").count();
    check(unanswered == lost && entries.len() == lost + ROUNDS, &(unanswered, entries.len()))
}

fn on_the_wire(service: &Service) -> Result<(), Failed> {
    let meets = |fault: &Value| {
        service.inject(fault)?;
        Ok::<_, Failed>(service.send_batch(DEMO, "wire"))
    };
    let refused = meets(&json!({ "kind": "status", "status": 503, "times": 1 }))??;
    check(refused.status == 503 && refused.json()?["code"] == 11, &refused)?;
    let refused = meets(&json!({ "preset": "google-quota", "times": 1, "retry_after": 4 }))??;
    check(refused.status == 429 && refused.head.contains("\r\nretry-after: 4"), &refused)?;
    check(meets(&json!({ "kind": "reset", "times": 1 }))?.is_err(), &"an answer came")?;
    let cut = meets(&json!({ "kind": "truncate", "times": 1 }))??;
    let length = cut.head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse::<usize>().ok());
    check(length.is_some_and(|length| cut.body.len() == length / 2), &cut)?;
    let slow = meets(&json!({ "kind": "drip", "millis": 1, "times": 1 }))??;
    check(slow.status == 200 && slow.json().is_ok(), &slow)?;
    let faults: Vec<_> = service.journal(DEMO_ACCOUNT, "")?.iter().map(|entry| entry["fault"].clone()).collect();
    check(faults == ["status", "status", "reset", "truncate", "drip"], &faults)
}

fn of_one_account(service: &Service) -> Result<(), Failed> {
    service.inject(&json!({ "kind": "status", "status": 500 }))?;
    check(service.send_batch(DEMO, "ours")?.status == 500, &"ours")?;
    check(service.send_batch(OTHER, "theirs")?.status == 200, &"theirs")?;
    let (ours, theirs) = (service.journal(DEMO_ACCOUNT, "")?, service.journal(OTHER_ACCOUNT, "")?);
    check(ours.len() == 1 && theirs.len() == 1, &(&ours, &theirs))?;
    let proof = OTHER.split('|').next_back().unwrap_or_default();
    check(theirs[0]["headers"]["authorization"] == "***" && !theirs[0].to_string().contains(proof), &theirs)?;
    check(service.control("DELETE", DEMO_ACCOUNT, "faults", &Value::Null)?.status == 204, &"clear")?;
    check(service.send_batch(DEMO, "ours")?.status == 200, &"cleared")?;
    let curl = service.control("GET", OTHER_ACCOUNT, "journal/curl", &Value::Null)?;
    check(curl.body.starts_with("curl -X 'POST' ") && !curl.body.contains(proof), &curl)
}

fn waits_and_assertions(service: &Service) -> Result<(), Failed> {
    let waiting = service.begin("GET", DEMO_ACCOUNT, "journal/wait?contains=awaited&timeout=30", "");
    service.send_batch(DEMO, "other")?;
    service.send_batch(DEMO, "awaited")?;
    let waited = Answer::read(&mut waiting?)?;
    check(waited.status == 200 && waited.json()?["entries"][0]["body"][0]["name"] == "awaited", &waited)?;
    let late = service.control("GET", DEMO_ACCOUNT, "journal/wait?contains=never&timeout=0", &Value::Null)?;
    check(late.status == 408 && late.json()?["nearest"][0]["differences"][0]["field"] == "contains", &late)?;
    let expected = json!({ "match": { "method": "POST", "path": BATCH, "body": [{ "name": "awaited" }] }, "count": 1 });
    let holds = service.control("POST", DEMO_ACCOUNT, "journal/assert", &expected)?;
    check(holds.status == 200 && holds.json()?["matched"] == json!([2]), &holds)?;
    let expected = json!({ "match": { "path": BATCH, "body": [{ "name": "awaited", "duration": 81 }] } });
    let fails = service.control("POST", DEMO_ACCOUNT, "journal/assert", &expected)?;
    let differs = json!([{ "field": "body.0.duration", "expected": 81, "found": 80 }]);
    check(fails.status == 409 && fails.json()?["nearest"][0]["differences"] == differs, &fails)?;
    let waiting = service.begin("GET", DEMO_ACCOUNT, "journal/wait?contains=twice&count=2&timeout=30", "");
    for name in ["twice", "between", "twice"] {
        service.send_batch(DEMO, name)?;
    }
    let waited = Answer::read(&mut waiting?)?.json()?;
    let numbers: Vec<_> = waited["entries"].as_array().into_iter().flatten().map(|entry| entry["seq"].clone()).collect();
    check(numbers == [json!(3), json!(5)], &waited)
}

fn events(service: &Service) -> Result<(), Failed> {
    service.send_batch(DEMO, "before")?;
    let mut lines = BufReader::new(service.begin("GET", DEMO_ACCOUNT, "journal/live?after=1&path=/xapi/**", "")?).lines();
    service.send_batch(DEMO, "new")?;
    let event = lines.find_map(|line| line.ok()?.strip_prefix("data: ").map(str::to_owned)).ok_or("no event")?;
    let entry: Value = serde_json::from_str(&event)?;
    check(entry["seq"] == 2 && entry["body"][0]["name"] == "new", &entry)
}

fn jobs(service: &Service) -> Result<(), Failed> {
    const TEACHER: &str = "demo-teacher-token";
    service.inject(&json!({ "kind": "job-panics", "action": "assign_calendar_id", "times": 1 }))?;
    let course = r#"{"name":"Biyoloji","ownerId":"me","courseState":"ACTIVE"}"#;
    let made = service.running.post("/v1/courses", TEACHER, course)?.json()?;
    let path = format!("/v1/courses/{}", made["id"].as_str().ok_or("no id")?);
    until(|| Ok(service.running.get(&path, TEACHER)?.json()?["calendarId"].is_string()))?;
    let faults = service.control("GET", DEMO_ACCOUNT, "faults", &Value::Null)?.json()?;
    check(faults["faults"][0]["seen"] == 2 && faults["faults"][0]["injected"] == 1, &faults)
}

fn of_no_account(service: &Service) -> Result<(), Failed> {
    for (method, path, body) in [
        ("GET", "faults", Value::Null),
        ("POST", "faults", json!({ "kind": "reset" })),
        ("DELETE", "faults", Value::Null),
        ("GET", "journal", Value::Null),
        ("GET", "journal/wait?timeout=0", Value::Null),
        ("POST", "journal/assert", json!({})),
    ] {
        let answer = service.control(method, "4242", path, &body)?;
        check(answer.status == 404 && answer.json()?["detail"] == "there is no account 4242", &(method, path, &answer))?;
    }
    Ok(())
}

fn cleared(service: &Service) -> Result<(), Failed> {
    service.inject(&json!({ "kind": "delay", "millis": 60_000 }))?;
    let begin = Instant::now();
    std::thread::scope(|scope| {
        let held = scope.spawn(|| service.send_batch(DEMO, "held").map_err(|error| format!("{error:?}")));
        until(|| Ok(service.control("GET", DEMO_ACCOUNT, "faults", &Value::Null)?.json()?["faults"][0]["seen"] == 1))?;
        check(service.control("DELETE", DEMO_ACCOUNT, "faults", &Value::Null)?.status == 204, &"clear")?;
        let answer = held.join().map_err(|_| "the client has panicked")??;
        check(answer.status == 200 && begin.elapsed() < Duration::from_secs(20), &(answer, begin.elapsed()))
    })
}

fn slow_and_failing(service: &Service) -> Result<(), Failed> {
    service.inject(&json!({ "kind": "delay", "millis": 300 }))?;
    service.inject(&json!({ "kind": "status", "status": 502 }))?;
    let begin = Instant::now();
    let answer = service.send_batch(DEMO, "slow")?;
    check(answer.status == 502 && begin.elapsed() >= Duration::from_millis(300), &(&answer, begin.elapsed()))?;
    let faults = service.control("GET", DEMO_ACCOUNT, "faults", &Value::Null)?.json()?;
    let injected: Vec<_> = [0, 1].map(|place| faults["faults"][place]["injected"].clone()).into();
    check(injected == [1, 1] && faults["faults"][1]["kind"] == "status", &faults)
}

fn sent_again(service: &Service) -> Result<(), Failed> {
    const TEACHER: &str = "demo-teacher-token";
    let deed = |number: u64, token: &str| {
        let body = format!("form_token={token}");
        Answer::read(&mut service.begin_at("POST", &format!("/console/1329/requests/{number}/replay"), &body)?)
    };
    // A member, a program whose key makes its request idempotent, and a program with the key for jobs.
    let made = service.running.post("/v1/courses", TEACHER, r#"{"name":"Again","ownerId":"me"}"#)?;
    check(made.status == 200, &made)?;
    check(service.send_batch(DEMO, "lost-again")?.status == 200, &"batch")?;
    check(service.running.get("/api/v1/projects", "demo-organization-key")?.status == 200, &"projects")?;
    let opened = Answer::read(&mut service.begin_at("GET", "/console/1329/requests/1", "")?)?;
    let token = opened.body.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.ok_or_else(|| format!("{opened:?}"))?;
    for (number, own) in [(1, 4), (2, 5), (3, 6)] {
        let done = deed(number, token)?;
        let leads_to_its_entry = done.head.contains(&format!("\r\nlocation: /console/1329/requests/{own}?note="));
        check(done.status == 303 && leads_to_its_entry, &done)?;
    }
    let statuses: Vec<_> = service.journal(DEMO_ACCOUNT, "")?.iter().map(|entry| entry["status"].clone()).collect();
    check(statuses == [200; 6], &statuses)?;
    let courses = service.running.get("/v1/courses?teacherId=me", TEACHER)?.json()?;
    let owners: Vec<_> = courses["courses"].as_array().into_iter().flatten().map(|course| course["ownerId"].clone()).collect();
    check(owners == [made.json()?["ownerId"].clone(), made.json()?["ownerId"].clone()], &courses)?;
    check(service.counts()? == BTreeMap::from([("lost-again".to_owned(), 2)]), &service.counts()?)?;
    check(service.control("POST", DEMO_ACCOUNT, "reset", &Value::Null)?.status < 300, &"reset")?;
    check(deed(1, token)?.status == 404, &"after the reset")
}

fn without_route(service: &Service) -> Result<(), Failed> {
    const TEACHER: &str = "demo-teacher-token";
    service.running.get("/v1/corses", TEACHER)?;
    service.running.get("/v1/courses/1/courseWork", TEACHER)?;
    service.running.get(BATCH, DEMO)?;
    let form = "grant_type=password&client_id=api&username=nobody&password=wrong&account_id=1329";
    let head = format!(
        "POST /auth/connect/token HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        form.len()
    );
    check(service.running.send(&head, form.as_bytes())?.status == 400, &"the log-in")?;
    let entries = service.journal(DEMO_ACCOUNT, "")?;
    let seen: Vec<_> = entries.iter().map(|entry| (entry["path"].as_str().unwrap_or_default(), entry["status"].clone())).collect();
    let expected = [("/v1/corses", 404), ("/v1/courses/1/courseWork", 501), (BATCH, 405), ("/auth/connect/token", 400)];
    check(seen == expected.map(|(path, status)| (path, json!(status))), &seen)?;
    check(!entries[3]["body"].to_string().contains("wrong"), &entries[3])?;

    check(service.running.get("/v1/courses", "no-such-token")?.status == 401, &"a wrong token")?;
    let unmatched = Answer::read(&mut service.begin_at("GET", "/_derslik/v1/journal/unmatched", "")?)?.json()?;
    let paths: Vec<_> = unmatched["entries"].as_array().ok_or("no list")?.iter().map(|entry| entry["path"].clone()).collect();
    check(paths == ["/v1/courses"] && !unmatched.to_string().contains("no-such-token"), &unmatched)
}

fn health_beside_a_seed(service: &Service) -> Result<(), Failed> {
    use std::fmt::Write as _;

    let mut document = "people:\n".to_owned();
    for number in 0..60_000 {
        writeln!(document, "- email: p{number}@okul.example\n  name: Person {number}\n  surname: Of a long document")?;
    }
    // The last one is wrong, so that nothing is written.
    document.push_str("- email: last@okul.example\n  name: Last\n  role: admn\n");
    let mut longest = Duration::ZERO;
    let answer = std::thread::scope(|scope| {
        let read = || {
            let answer = service.begin("POST", DEMO_ACCOUNT, "seed", &document).and_then(|mut stream| Answer::read(&mut stream));
            answer.map_err(|error| format!("{error:?}"))
        };
        let reading = scope.spawn(read);
        while !reading.is_finished() {
            let begin = Instant::now();
            let health = Answer::read(&mut service.begin_at("GET", "/healthz", "")?)?;
            check(health.status == 200, &health)?;
            longest = longest.max(begin.elapsed());
        }
        Ok::<_, Failed>(reading.join().map_err(|_| "the client has panicked")??)
    })?;
    check(answer.status == 422 && answer.json()?["field"] == "people.60000.role", &answer)?;
    check(longest < Duration::from_secs(1), &longest)?;
    let begin = Instant::now();
    let deep = Answer::read(&mut service.begin("POST", DEMO_ACCOUNT, "seed", &"[".repeat(200_000))?)?;
    check(deep.status == 422 && deep.json()?["line"] == 1 && begin.elapsed() < Duration::from_secs(3), &(deep, begin.elapsed()))
}
