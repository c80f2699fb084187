//! Creations with an `Idempotency-Key` in the courses API, against the real program on both databases. Each is carried out
//! once, also after lost answers and crashes.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]

mod support;

use std::io::Write;
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::Barrier;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use support::process::{Answer, Running, url_text};
use support::{DATABASES, run};

const ADMIN: &str = "demo-admin-token";
const TEACHER: &str = "demo-teacher-token";
const OTHER: &str = "other-admin-token";

fn main() -> ExitCode {
    type Case = (&'static str, fn(&str) -> Result<(), Failed>);
    let cases: [Case; 6] = [
        ("an_object_that_is_created_twice_exists_once_and_is_answered_alike", replays_in_sequence),
        ("an_object_that_is_created_twice_at_once_exists_once", replays_at_once),
        ("a_key_that_was_used_for_another_request_is_refused", refuses_another_request),
        ("a_key_of_another_principal_is_another_key", keeps_principals_apart),
        ("a_part_of_a_batch_has_a_key_of_its_own", parts_of_batches),
        ("a_course_is_created_once_although_the_program_died_before_it_answered", survives_a_crash),
    ];
    let mut trials = Vec::new();
    for (database, open) in DATABASES {
        for (name, case) in cases {
            trials.push(Trial::test(format!("{database}::{name}"), move || {
                let (url, _place) = open()?;
                case(&url_text(&url))
            }));
        }
    }
    run(trials)
}

fn check(holds: bool, about: &dyn std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{about:?}").into()) }
}

fn head(token: &str, path: &str, keys: &[&str], length: usize) -> String {
    let keys = keys.iter().map(|key| format!("Idempotency-Key: {key}\r\n")).collect::<Vec<_>>().concat();
    format!(
        "POST {path} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: \
         application/json\r\n{keys}Content-Length: {length}\r\n\r\n"
    )
}

fn post(service: &Running, token: &str, path: &str, key: &str, body: &Value) -> Result<Answer, Failed> {
    let body = body.to_string();
    service.send(&head(token, path, &[key], body.len()), body.as_bytes())
}

fn create(service: &Running, token: &str, key: &str, name: &str) -> Result<Answer, Failed> {
    post(service, token, "/v1/courses", key, &named(name))
}

fn named(name: &str) -> Value {
    json!({ "name": name, "ownerId": "me" })
}

fn is_replayed(answer: &Answer) -> bool {
    answer.head.contains("\r\nidempotent-replayed: true")
}

fn tag(answer: &Answer) -> Option<&str> {
    answer.head.lines().find_map(|line| line.strip_prefix("etag: "))
}

fn id_of(answer: &Answer) -> Result<String, Failed> {
    check(answer.status == 200, answer)?;
    Ok(answer.json()?["id"].as_str().ok_or("no id")?.to_owned())
}

/// The number of courses of this name that the holder of the token sees.
fn count(service: &Running, token: &str, name: &str) -> Result<usize, Failed> {
    let listed = service.get(&format!("/v1/courses?pageSize=1000&x-query={}", name.replace(' ', "+")), token)?.json()?;
    Ok(listed["courses"].as_array().into_iter().flatten().filter(|course| course["name"] == name).count())
}

fn alike(first: &Answer, second: &Answer) -> Result<(), Failed> {
    check(first.status == 200 && !is_replayed(first) && is_replayed(second), &(first, second))?;
    check((first.status, &first.body, tag(first)) == (second.status, &second.body, tag(second)), &(first, second))
}

fn replays_in_sequence(url: &str) -> Result<(), Failed> {
    let service = Running::start(url, &[])?;
    for round in 0..50 {
        let (name, key) = (format!("sequence {round}"), format!("sequence-{round}"));
        let first = create(&service, TEACHER, &key, &name)?;
        let second = create(&service, TEACHER, &key, &name)?;
        alike(&first, &second)?;
        check(tag(&first) == Some(&format!("\"{}-1\"", id_of(&first)?)), &first)?;
        check(count(&service, TEACHER, &name)? == 1, &name)?;
    }
    // Without a key the second of each would be refused, since the object exists already.
    let course = id_of(&create(&service, TEACHER, "the-course", "Fizik")?)?;
    let rows = [
        (ADMIN, "/v1/courses".to_owned(), json!({ "id": "d:once", "name": "a", "ownerId": "me", "courseState": "ACTIVE" })),
        (TEACHER, format!("/v1/courses/{course}/aliases"), json!({ "alias": "p:once" })),
        (ADMIN, format!("/v1/courses/{course}/teachers"), json!({ "userId": "coteacher@demo.example" })),
        (ADMIN, format!("/v1/courses/{course}/students?fields=userId"), json!({ "userId": "student@demo.example" })),
    ];
    for (number, (token, path, body)) in rows.into_iter().enumerate() {
        let key = format!("other-{number}");
        alike(&post(&service, token, &path, &key, &body)?, &post(&service, token, &path, &key, &body)?)?;
        check(post(&service, token, &path, &(key + "-again"), &body)?.status == 409, &path)?;
    }
    let aliases = service.get(&format!("/v1/courses/{course}/aliases"), TEACHER)?.json()?;
    check(aliases["aliases"] == json!([{ "alias": "p:once" }]), &aliases)
}

fn replays_at_once(url: &str) -> Result<(), Failed> {
    let service = Running::start(url, &[])?;
    for round in 0..100 {
        let (name, key, start) = (format!("twins {round}"), format!("twins-{round}"), Barrier::new(2));
        let twin = || {
            start.wait();
            create(&service, TEACHER, &key, &name)
        };
        let [one, other] = std::thread::scope(|scope| [scope.spawn(twin), scope.spawn(twin)].map(std::thread::ScopedJoinHandle::join));
        let answers = [one.map_err(|_| "a panic")??, other.map_err(|_| "a panic")??];
        check(answers.iter().filter(|answer| answer.status == 200 && !is_replayed(answer)).count() == 1, &answers)?;
        for answer in &answers {
            let is_busy = answer.status == 409
                && answer.json()?["error"]["status"] == "ABORTED"
                && answer.json()?["error"]["code"] == 409
                && answer.head.contains("\r\nretry-after: ");
            check(answer.status == 200 || is_busy, answer)?;
        }
    }
    for round in 0..100 {
        let name = format!("twins {round}");
        check(count(&service, TEACHER, &name)? == 1, &name)?;
    }
    Ok(())
}

fn refuses_another_request(url: &str) -> Result<(), Failed> {
    let service = Running::start(url, &[])?;
    check(create(&service, TEACHER, "one", "first")?.status == 200, &"not created")?;
    for (path, body) in
        [("/v1/courses", named("second")), ("/v1/courses?fields=id", named("first")), ("/v1/courses/1/aliases", json!({ "alias": "p:a" }))]
    {
        let refused = post(&service, TEACHER, path, "one", &body)?;
        let error = &refused.json()?["error"];
        check(refused.status == 422 && error["code"] == 422 && error["status"] == "FAILED_PRECONDITION", &refused)?;
    }
    for bad in ["k".repeat(256), "a\tb".to_owned(), "ş".to_owned(), String::new()] {
        let refused = create(&service, TEACHER, &bad, "third")?;
        let error = &refused.json()?["error"];
        check(refused.status == 400 && error["status"] == "INVALID_ARGUMENT", &refused)?;
        check(error["details"][0]["fieldViolations"][0]["field"] == "Idempotency-Key", &refused)?;
    }
    let body = named("third").to_string();
    let twice = service.send(&head(TEACHER, "/v1/courses", &["a", "b"], body.len()), body.as_bytes())?;
    check(twice.status == 400, &twice)?;
    for (name, expected) in [("first", 1), ("second", 0), ("third", 0)] {
        check(count(&service, TEACHER, name)? == expected, &name)?;
    }
    // A refusal is not stored: the key can be used again.
    let wrong = post(&service, TEACHER, "/v1/courses", "free", &json!({ "ownerId": "me" }))?;
    check(wrong.status == 400, &wrong)?;
    let right = create(&service, TEACHER, "free", "fourth")?;
    check(right.status == 200 && !is_replayed(&right), &right)
}

fn keeps_principals_apart(url: &str) -> Result<(), Failed> {
    let service = Running::start(url, &[])?;
    let answers = [ADMIN, TEACHER, OTHER].map(|token| create(&service, token, "shared", "apart"));
    let mut ids = Vec::new();
    for answer in answers {
        let answer = answer?;
        check(!is_replayed(&answer), &answer)?;
        ids.push(id_of(&answer)?);
    }
    ids.sort();
    ids.dedup();
    check(ids.len() == 3, &ids)?;
    check((count(&service, ADMIN, "apart")?, count(&service, OTHER, "apart")?) == (2, 1), &"not apart")
}

fn parts_of_batches(url: &str) -> Result<(), Failed> {
    let service = Running::start(url, &[])?;
    let body = named("in a batch").to_string();
    let part = format!(
        "--b\nContent-Type: application/http\nContent-ID: <1>\n\nPOST /v1/courses HTTP/1.1\nContent-Type: \
         application/json\nIdempotency-Key: part\n\n{body}\n"
    );
    let whole = format!("{part}{part}--b--");
    let batch = |keys: &[&str]| {
        let head = head(TEACHER, "/batch", keys, whole.len()).replace("application/json", "multipart/mixed; boundary=b");
        service.send(&head, whole.as_bytes())
    };
    let refused = batch(&["whole"])?;
    check(refused.status == 400 && count(&service, TEACHER, "in a batch")? == 0, &refused)?;
    let done = batch(&[])?;
    let answers: Vec<&str> = done.body.split("--batch").filter(|answer| answer.contains("HTTP/1.1 200 OK")).collect();
    check(answers.len() == 2, &done)?;
    check(!answers[0].contains("idempotent-replayed: true") && answers[1].contains("idempotent-replayed: true"), &done)?;
    check(count(&service, TEACHER, "in a batch")? == 1, &done)
}

/// The client never reads, and the program is killed: in every other round once the course can be seen, in the others at a
/// moment that moves from before the transaction to after it.
fn survives_a_crash(url: &str) -> Result<(), Failed> {
    let mut replayed = 0;
    for round in 0..12_u64 {
        let (name, key, committed) = (format!("crash {round}"), format!("crash-{round}"), round % 2 == 0);
        let service = Running::start(url, &[])?;
        let mut stream = TcpStream::connect(service.address)?;
        let body = named(&name).to_string();
        stream.write_all(format!("{}{body}", head(TEACHER, "/v1/courses", &[&key], body.len())).as_bytes())?;
        if committed {
            while count(&service, TEACHER, &name)? == 0 {}
        } else {
            std::thread::sleep(Duration::from_millis(round));
        }
        service.kill()?;
        drop(stream);

        let service = Running::start(url, &[])?;
        let again = create(&service, TEACHER, &key, &name)?;
        check(again.status == 200 && (is_replayed(&again) || !committed), &again)?;
        replayed += usize::from(is_replayed(&again));
        check(count(&service, TEACHER, &name)? == 1, &name)?;
    }
    check(replayed >= 6, &replayed)
}
