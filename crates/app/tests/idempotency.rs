//! Batches that are sent again under an `Idempotency-Key`, against the real program on both databases: one session for
//! each name, whatever happened on the way.
#![expect(clippy::expect_used, reason = "a failed expectation is what a test is for")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Barrier;
use std::time::Duration;

use derslik::accounts::KeyPair;
use derslik_storage::{DatabaseUrl, schema_revision};
use derslik_testkit::postgres::{PostgresServer, Template, TestDatabase};
use libtest_mimic::{Arguments, Trial};
use serde_json::Value;
use tempfile::TempDir;

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

/// The program, serving. It is killed when it is dropped.
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

    /// How many sessions of that name there are.
    fn count(&self, bearer: &str, name: &str) -> usize {
        let reply = self.post(bearer, "search", None, &format!(r#"{{"name":"{name}","page_size":1000}}"#));
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
        "POST /xapi/v2/session/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n{key}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("the program reads");
}

fn bearer(account: &str) -> String {
    KeyPair { access_key: format!("{account}-access"), secret_key: format!("{account}-secret") }.bearer()
}

fn batch(name: &str) -> String {
    format!(r#"[{{"name":"{name}","start_date":"2099-05-05T12:00:00Z","duration":80}},{{"name":"refused","duration":80}}]"#)
}

fn replays_in_sequence(store: &Store) {
    let (service, demo) = (Service::start(store), bearer("demo"));
    for round in 0..500 {
        let (name, key) = (format!("sequence {round}"), format!("sequence-{round}"));
        let first = service.post(&demo, "batch", Some(&key), &batch(&name));
        let second = service.post(&demo, "batch", Some(&key), &batch(&name));
        assert_eq!((first.status, first.is_replayed(), second.is_replayed()), (207, false, true), "{round}");
        assert_eq!((first.status, &first.body), (second.status, &second.body), "{round}");
    }
    for round in 0..500 {
        assert_eq!(service.count(&demo, &format!("sequence {round}")), 1, "{round}");
    }
}

fn replays_at_once(store: &Store) {
    let (service, demo) = (Service::start(store), bearer("demo"));
    for round in 0..500 {
        let (name, key, start) = (format!("twins {round}"), format!("twins-{round}"), Barrier::new(2));
        let twin = || {
            start.wait();
            service.post(&demo, "batch", Some(&key), &batch(&name))
        };
        let replies = std::thread::scope(|scope| [scope.spawn(twin), scope.spawn(twin)].map(|twin| twin.join().expect("a reply")));
        assert_eq!(replies.iter().filter(|reply| reply.status == 207 && !reply.is_replayed()).count(), 1, "{replies:?}");
        for reply in &replies {
            let is_busy = reply.status == 409 && reply.head.contains("\r\nretry-after: ");
            assert!(reply.status == 207 || is_busy, "{reply:?}");
        }
    }
    for round in 0..500 {
        assert_eq!(service.count(&demo, &format!("twins {round}")), 1, "{round}");
    }
}

fn refuses_another_body(store: &Store) {
    let (service, demo) = (Service::start(store), bearer("demo"));
    let first = service.post(&demo, "batch", Some("one"), &batch("first"));
    let other = service.post(&demo, "batch", Some("one"), &batch("second"));
    assert_eq!((first.status, other.status), (207, 422));
    assert!(other.body.starts_with(r#"{"code":15,"#), "{}", other.body);
    assert_eq!((service.count(&demo, "first"), service.count(&demo, "second")), (1, 0));
    for bad in ["k".repeat(256), "a\tb".to_owned(), "ş".to_owned()] {
        assert_eq!(service.post(&demo, "batch", Some(&bad), &batch("third")).status, 400);
    }
    assert_eq!(service.count(&demo, "third"), 0);
}

fn keeps_accounts_apart(store: &Store) {
    let (service, demo, other) = (Service::start(store), bearer("demo"), bearer("other"));
    let ours = service.post(&demo, "batch", Some("shared"), &batch("apart"));
    let theirs = service.post(&other, "batch", Some("shared"), &batch("apart"));
    assert_eq!((ours.status, theirs.status, theirs.is_replayed()), (207, 207, false));
    assert_ne!(ours.body, theirs.body);
    assert_eq!((service.count(&demo, "apart"), service.count(&other, "apart")), (1, 1));
}

/// The client never reads, and the program is killed: in every other round once the effects can be seen, in the others at a
/// moment that moves from before the transaction to after it.
fn survives_a_crash(store: &Store) {
    let (demo, mut replayed) = (bearer("demo"), 0);
    for round in 0..20_u64 {
        let (name, key, committed) = (format!("crash {round}"), format!("crash-{round}"), round % 2 == 0);
        let service = Service::start(store);
        let mut stream = service.connect();
        send(&mut stream, &demo, "batch", Some(&key), &batch(&name));
        if committed {
            while service.count(&demo, &name) == 0 {}
        } else {
            std::thread::sleep(Duration::from_micros(700 * round));
        }
        drop(service);
        drop(stream);

        let service = Service::start(store);
        let again = service.post(&demo, "batch", Some(&key), &batch(&name));
        assert_eq!(again.status, 207, "{round}: {}", again.body);
        assert!(again.is_replayed() || !committed, "{round}");
        replayed += usize::from(again.is_replayed());
        assert_eq!(service.count(&demo, &name), 1, "{round}");
    }
    assert!(replayed >= 10, "{replayed}");
}

fn main() -> ExitCode {
    type Case = (&'static str, fn(&Store));
    const CASES: [Case; 5] = [
        ("a_batch_that_is_sent_twice_is_done_once_and_answered_alike", replays_in_sequence),
        ("a_batch_that_is_sent_twice_at_once_is_done_once", replays_at_once),
        ("a_key_that_was_used_for_another_body_is_refused", refuses_another_body),
        ("a_key_of_another_account_is_another_key", keeps_accounts_apart),
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
