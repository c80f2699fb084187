//! Batches that are repeated with an `Idempotency-Key`, against the real program on both databases. Each makes one session for
//! each name, also after lost answers and crashes.
#![expect(clippy::expect_used, reason = "a failed expectation is what a test is for")]
#![expect(clippy::indexing_slicing, reason = "what is missing in JSON is null")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Barrier;
use std::time::Duration;

use derslik_storage::{DatabaseUrl, schema_revision};
use derslik_testkit::postgres::{PostgresServer, Template, TestDatabase};
use libtest_mimic::{Arguments, Trial};
use serde_json::Value;
use tempfile::TempDir;

const BATCH: &str = "/xapi/v2/session/batch";
const SEARCH: &str = "/xapi/v2/session/search";

/// The bearers of the accounts that `--fixed-dev-keys` makes.
const DEMO: &str = "demo-access|0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3";
const OTHER: &str = "other-access|dda7bc141049ec65fc6b98e64f562940b1e3f53be7083e178cc25fb9b46bf183";

/// The repetitions of each case.
const ROUNDS: usize = 500;

/// Where the program keeps its data.
enum Store {
    Sqlite(TempDir),
    Postgres(TestDatabase),
}

impl Store {
    fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite://{}", folder.path().join("derslik.sqlite").display()),
            Self::Postgres(database) => database.url().to_owned(),
        }
    }
}

/// A running service. The process is killed when this is dropped.
struct Service {
    process: Child,
    address: SocketAddr,
}

impl Service {
    fn start(store: &Store) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_derslik"))
            .args(["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--database-url", &store.url()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let first = lines.next().expect("a banner").expect("a banner");
        let address = first.rsplit('/').next().and_then(|address| address.parse().ok()).expect("an address");
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the program listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
        stream
    }

    fn post(&self, bearer: &str, path: &str, key: Option<&str>, body: &str) -> Reply {
        let mut stream = self.connect();
        send(&mut stream, bearer, path, key, body);
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        Reply::parse(&text)
    }

    /// The number of sessions of each name with this prefix.
    fn counts(&self, bearer: &str, beginning: &str) -> BTreeMap<String, usize> {
        let reply = self.post(bearer, SEARCH, None, &format!(r#"{{"name":"{beginning}","page_size":1000}}"#));
        let mut counts = BTreeMap::new();
        for session in serde_json::from_str::<Vec<Value>>(&reply.body).expect("a list") {
            let name = session["name"].as_str().expect("a name");
            if name.starts_with(beginning) {
                *counts.entry(name.to_owned()).or_default() += 1;
            }
        }
        counts
    }

    /// The number of sessions of that name.
    fn count(&self, bearer: &str, name: &str) -> usize {
        let reply = self.post(bearer, SEARCH, None, &format!(r#"{{"name":"{name}","page_size":1000}}"#));
        serde_json::from_str::<Vec<Value>>(&reply.body).expect("a list").iter().filter(|session| session["name"] == name).count()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    fn is_replayed(&self) -> bool {
        self.head.contains("\r\nidempotent-replayed: true")
    }
}

fn send(stream: &mut TcpStream, bearer: &str, path: &str, key: Option<&str>, body: &str) {
    let key = key.map(|key| format!("Idempotency-Key: {key}\r\n")).unwrap_or_default();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n{key}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("the program reads");
}

/// The expected counts: one session for each round.
fn once_each(name: &str) -> BTreeMap<String, usize> {
    (0..ROUNDS).map(|round| (format!("{name} {round}"), 1)).collect()
}

fn batch(name: &str) -> String {
    format!(r#"[{{"name":"{name}","start_date":"2099-05-05T12:00:00Z","duration":80}},{{"name":"refused","duration":80}}]"#)
}

fn replays_in_sequence(store: &Store) {
    let service = Service::start(store);
    for round in 0..ROUNDS {
        let (name, key) = (format!("sequence {round}"), format!("sequence-{round}"));
        let first = service.post(DEMO, BATCH, Some(&key), &batch(&name));
        let second = service.post(DEMO, BATCH, Some(&key), &batch(&name));
        assert_eq!((first.status, first.is_replayed(), second.is_replayed()), (207, false, true), "{round}");
        assert_eq!((first.status, &first.body), (second.status, &second.body), "{round}");
    }
    assert_eq!(service.counts(DEMO, "sequence "), once_each("sequence"));
}

fn replays_at_once(store: &Store) {
    let service = Service::start(store);
    for round in 0..ROUNDS {
        let (name, key, start) = (format!("twins {round}"), format!("twins-{round}"), Barrier::new(2));
        let twin = || {
            start.wait();
            service.post(DEMO, BATCH, Some(&key), &batch(&name))
        };
        let replies = std::thread::scope(|scope| [scope.spawn(twin), scope.spawn(twin)].map(|twin| twin.join().expect("a reply")));
        assert_eq!(replies.iter().filter(|reply| reply.status == 207 && !reply.is_replayed()).count(), 1, "{replies:?}");
        for reply in &replies {
            let is_busy = reply.status == 409 && reply.head.contains("\r\nretry-after: ");
            assert!(reply.status == 207 || is_busy, "{reply:?}");
        }
    }
    assert_eq!(service.counts(DEMO, "twins "), once_each("twins"));
}

fn refuses_another_body(store: &Store) {
    let service = Service::start(store);
    for round in 0..ROUNDS {
        let (first, second, key) = (format!("first {round}"), format!("second {round}"), format!("other-body-{round}"));
        let kept = service.post(DEMO, BATCH, Some(&key), &batch(&first));
        let other = service.post(DEMO, BATCH, Some(&key), &batch(&second));
        assert_eq!((kept.status, other.status), (207, 422), "{round}");
        assert!(other.body.starts_with(r#"{"code":15,"#) && !other.is_replayed(), "{}", other.body);
        // The key still belongs to the first request.
        let again = service.post(DEMO, BATCH, Some(&key), &batch(&first));
        assert_eq!((again.body, again.status), (kept.body, 207), "{round}");
    }
    assert_eq!((service.counts(DEMO, "first "), service.counts(DEMO, "second ").len()), (once_each("first"), 0));
    for bad in ["k".repeat(256), "a\tb".to_owned(), "ş".to_owned()] {
        assert_eq!(service.post(DEMO, BATCH, Some(&bad), &batch("third")).status, 400);
    }
    assert_eq!(service.count(DEMO, "third"), 0);
}

fn keeps_accounts_apart(store: &Store) {
    let service = Service::start(store);
    for round in 0..ROUNDS {
        let (name, key) = (format!("apart {round}"), format!("shared-{round}"));
        let ours = service.post(DEMO, BATCH, Some(&key), &batch(&name));
        let theirs = service.post(OTHER, BATCH, Some(&key), &batch(&name));
        assert_eq!((ours.status, theirs.status, theirs.is_replayed()), (207, 207, false), "{round}");
        assert_ne!(ours.body, theirs.body, "{round}");
    }
    assert_eq!((service.counts(DEMO, "apart "), service.counts(OTHER, "apart ")), (once_each("apart"), once_each("apart")));
}

/// The client reads no answers, and the program is killed. In every other round this happens once some effects are visible.
/// In the others the moment moves from before the first transaction to after the last.
fn survives_a_crash(store: &Store) {
    const KILLS: usize = 25;
    const TOGETHER: usize = ROUNDS / KILLS;
    let mut replayed = 0;
    for kill in 0..KILLS {
        let batches: Vec<_> =
            (kill * TOGETHER..(kill + 1) * TOGETHER).map(|round| (format!("crash {round}"), format!("crash-{round}"))).collect();
        let service = Service::start(store);
        let streams: Vec<_> = batches
            .iter()
            .map(|(name, key)| {
                let mut stream = service.connect();
                send(&mut stream, DEMO, BATCH, Some(key), &batch(name));
                stream
            })
            .collect();
        let committed = kill * TOGETHER + if kill % 2 == 0 { TOGETHER / 2 } else { 0 };
        while service.counts(DEMO, "crash ").len() < committed {}
        if kill % 2 == 1 {
            std::thread::sleep(Duration::from_millis(u64::try_from(kill).unwrap_or_default()));
        }
        drop(service);
        drop(streams);

        let service = Service::start(store);
        for (name, key) in &batches {
            let again = service.post(DEMO, BATCH, Some(key), &batch(name));
            assert_eq!(again.status, 207, "{name}: {}", again.body);
            assert!(again.body.contains(&format!("\"{name}\"")), "{name}: {}", again.body);
            replayed += usize::from(again.is_replayed());
        }
    }
    assert_eq!(Service::start(store).counts(DEMO, "crash "), once_each("crash"));
    assert!(replayed >= KILLS / 2 * TOGETHER / 2, "{replayed}");
}

/// Every call that creates, in both versions: done once under its key, and answered alike.
fn every_call_that_creates(store: &Store) {
    let service = Service::start(store);
    let lesson = r#"{"name":"lesson","start_date":"2099-05-05","duration":30}"#;
    let session: Value = serde_json::from_str(&service.post(DEMO, "/xapi/session", None, lesson).body).expect("a session");
    let session = session["session_id"].as_str().expect("an id");
    let guest = |name: &str| format!(r#"{{"email":"{name}@okul.example","name":"{name}","surname":"Guest"}}"#);
    let calls = [
        (BATCH.to_owned(), batch("created"), 207),
        ("/api/groups/xapi/session/batch".to_owned(), batch("created in groups"), 207),
        ("/xapi/session".to_owned(), lesson.replace("lesson", "created alone"), 201),
        (format!("/xapi/v2/session/{session}/attendee/batch"), format!("[{}]", guest("a")), 200),
        (format!("/api/groups/xapi/session/{session}/attendee/batch"), format!("[{}]", guest("b")), 200),
        (format!("/xapi/session/{session}/attendees"), format!("[{}]", guest("c")), 200),
        (format!("/xapi/session/{session}/attendee"), guest("d"), 200),
        ("/xapi/user".to_owned(), guest("e").replace('}', r#","username":"created"}"#), 201),
    ];
    for (number, (path, body, status)) in calls.iter().enumerate() {
        let key = format!("create-{number}");
        let first = service.post(DEMO, path, Some(&key), body);
        let second = service.post(DEMO, path, Some(&key), body);
        assert_eq!((first.status, first.is_replayed()), (*status, false), "{path}: {}", first.body);
        assert_eq!((second.status, second.is_replayed(), &second.body), (*status, true, &first.body), "{path}");
        let other = service.post(DEMO, path, Some(&key), &body.replace("okul", "other").replace("created", "other"));
        assert_eq!((other.status, other.is_replayed()), (422, false), "{path}: {}", other.body);
    }
    // The same key elsewhere is another request.
    assert_eq!(service.post(DEMO, "/xapi/session", Some("create-0"), lesson).status, 422);
    assert_eq!(service.counts(DEMO, "created").values().sum::<usize>(), 3);
}

fn main() -> ExitCode {
    type Case = (&'static str, fn(&Store));
    const CASES: [Case; 6] = [
        ("a_batch_that_is_sent_twice_is_done_once_and_answered_alike", replays_in_sequence),
        ("a_batch_that_is_sent_twice_at_once_is_done_once", replays_at_once),
        ("a_key_that_was_used_for_another_body_is_refused", refuses_another_body),
        ("a_key_of_another_account_is_another_key", keeps_accounts_apart),
        ("every_call_that_creates_is_done_once_under_its_key", every_call_that_creates),
        ("a_batch_is_done_once_although_the_program_died_before_it_answered", survives_a_crash),
    ];
    let sqlite = CASES.into_iter().map(|(name, run)| {
        Trial::test(format!("sqlite::{name}"), move || {
            run(&Store::Sqlite(tempfile::tempdir()?));
            Ok(())
        })
    });
    let postgres = CASES.into_iter().map(|(name, run)| {
        Trial::test(format!("postgres::{name}"), move || {
            let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
            run(&Store::Postgres(PostgresServer::shared()?.create_database(&template)?));
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), sqlite.chain(postgres).collect()).exit_code()
}
