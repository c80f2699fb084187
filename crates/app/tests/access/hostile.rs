//! Hostile forms of what the service reads: valid texts with changes by chance, sent through the whole service. Each is answered in the
//! words of its API, and none fails the service. The valid texts are accepted, so the changes begin where parsing succeeds.
//!
//! These are the targets of a fuzzer with seeds and shrinking, which any toolchain can run. `make prove ARGS=fuzz` runs them at length.

use actix_web::body::MessageBody;
use actix_web::dev::{Service as HttpService, ServiceResponse};
use actix_web::test::{self, TestRequest};
use actix_web::{App, Error};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derslik_domain::identity::{Role, Scope, ServiceName, SignatureAlgorithm, TokenLifetime};
use derslik_http::{Limits, configure};
use derslik_ports::inbound::operators::{GrantTerms, NewDelegation, NewServiceAccount};
use derslik_testkit::builders::{account, now};
use libtest_mimic::Failed;
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::DecodePrivateKey as _;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::{Value, json};

use super::support::{DEMO, Open, Service, proof};

const ADMIN: &str = "demo-admin-token";
/// A session that does not exist.
const MISSING: &str = "8293D504-13EE-447F-9B36-6686C5C39FEB";
/// The most bytes of a changed text.
const MOST_BYTES: usize = 4_096;
/// The most sessions of an answer that are read again.
const READ_AGAIN: usize = 3;

/// One parser of the service, by the requests that reach it.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// Its name in the names of tests.
    pub(crate) name: &'static str,
    /// Texts that are accepted. `{token}` and `{assertion}` stand for those of the [`Site`].
    texts: &'static [&'static str],
    /// What changes put in, with broken bars between.
    parts: &'static str,
    /// The request with a text.
    request: fn(&Site, &[u8]) -> TestRequest,
}

/// What requests refer to.
struct Site {
    course: String,
    token: String,
    assertion: String,
}

/// Parts of JSON.
const JSON: &str = "{¦}¦[¦]¦[[[[[[[[¦,¦:¦\"¦\\¦\\u0000¦\\ud800¦\u{0}¦\u{feff}¦null¦true¦1e999¦-0¦80.5¦9223372036854775808¦\"name\":¦\"x\":1¦\
    \"session_guid\":null¦\"options\":{\"chat\":{}}¦/*¦*/¦//¦\n¦İı¦\u{202e}¦\u{1f393}¦ا";
/// Parts of names and numbers.
const NAMES: &str = ",¦.¦(¦)¦((((((((¦/¦*¦_¦ ¦%¦%00¦\u{0}¦name¦courses¦creation_time¦id¦=¦&¦+¦ı¦-1¦9999999999";
/// Parts of dates and times.
const TIMES: &str = "T¦Z¦ ¦:¦-¦+¦+24:00¦+03¦-0000¦.¦.123456789¦0000¦9999-12-31¦1970-01-01¦24:00:00¦23:59:60¦02-30¦١¦\u{0}";
/// Parts of a batch of requests.
const MIXED: &str = "--b¦--b--¦\r\n¦\n\n¦Content-Type: application/http¦Content-ID: <a + 1>¦Authorization: Bearer wrong¦GET ¦POST /batch¦ HTTP/1.1¦\
    /v1/courses¦//¦%ff¦Content-Length: 99999999999¦x-http-method-override: GET¦\u{0}¦: ¦ş";
/// Parts of an assertion.
const ASSERTION: &str = ".¦..¦=¦e30¦bnVsbA¦eyJhbGciOiJub25lIn0¦eyJhbGciOiJIUzI1NiJ9¦W10¦-¦_¦AAAAAAAA¦ ¦ş";

/// All targets.
pub(crate) const TARGETS: [Target; 10] = [
    Target {
        name: "batches_of_sessions",
        texts: &[
            r#"[{"name":"Ders","start_date":"2099-05-05T12:00:00Z","duration":30}]"#,
            r#"[/* a */{"name":"Şube","start_date":"2099-05-05","duration":"45","tags":"a,b","options":{"allow_rating":false,"preparation_time":10}}]"#,
        ],
        parts: JSON,
        request: |_, text| json_to("/xapi/v2/session/batch", DEMO, text),
    },
    Target {
        name: "courses",
        texts: &[r#"{"name":"Kimya","ownerId":"me","section":"2","courseState":"ACTIVE"}"#],
        parts: JSON,
        request: |_, text| json_to("/v1/courses", ADMIN, text),
    },
    Target {
        name: "update_masks",
        texts: &["name", "name,section", " room ,description_heading,,"],
        parts: NAMES,
        request: |site, text| {
            let course = json!({ "name": "a", "section": "b", "room": "c", "description": "d", "descriptionHeading": "e" });
            let path = format!("/v1/courses/{}?updateMask={}", site.course, escaped(text));
            json_to(&path, ADMIN, course.to_string().as_bytes()).method(actix_web::http::Method::PATCH)
        },
    },
    Target {
        name: "batches_of_requests",
        texts: &[
            "--b\r\nContent-Type: application/http\r\nContent-ID: <1>\r\n\r\nGET /v1/courses?pageSize=1 HTTP/1.1\r\n\r\n--b--",
            "--b\nContent-Type: application/http\n\nPOST /v1/courses HTTP/1.1\nContent-Type: application/json\n\n{\"name\":\"a\",\"ownerId\":\"me\"}\n--b--",
        ],
        parts: MIXED,
        request: |_, text| json_to("/batch", ADMIN, text).insert_header(("Content-Type", "multipart/mixed; boundary=b")),
    },
    Target {
        name: "page_tokens",
        texts: &["{token}"],
        parts: ASSERTION,
        request: |_, text| get(&format!("/v1/courses?pageSize=1&pageToken={}", escaped(text))),
    },
    Target {
        name: "fields",
        texts: &["courses(id,name),nextPageToken", "courses/id", "*"],
        parts: NAMES,
        request: |_, text| get(&format!("/v1/courses?pageSize=1&fields={}", escaped(text))),
    },
    Target {
        name: "starts",
        texts: &["2099-08-05", "2099-08-05T12:00:00Z", "2099-08-05 12:00:00.123456789+03:00"],
        parts: TIMES,
        request: |_, text| {
            let start = String::from_utf8_lossy(text);
            json_to("/xapi/v2/session/batch", DEMO, json!([{ "name": "a", "start_date": start, "duration": 30 }]).to_string().as_bytes())
        },
    },
    Target {
        name: "searches",
        texts: &["2099-08-05", "2099-08-05T12:00:00Z"],
        parts: TIMES,
        request: |_, text| {
            let date = String::from_utf8_lossy(text);
            json_to("/xapi/v2/session/search", DEMO, json!({ "begin_date": date, "end_date": date }).to_string().as_bytes())
        },
    },
    Target {
        name: "assertions",
        texts: &["{assertion}"],
        parts: ASSERTION,
        request: |_, text| {
            let form = format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={}", escaped(text));
            let request = TestRequest::post().uri("/token").insert_header(("Content-Type", "application/x-www-form-urlencoded"));
            request.set_payload(form)
        },
    },
    Target {
        name: "assertions_as_tokens",
        texts: &["{assertion}"],
        parts: ASSERTION,
        request: |_, text| {
            let visible: String = text.iter().filter(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect();
            TestRequest::get().uri("/v1/courses?pageSize=1").insert_header(("Authorization", format!("Bearer {visible}")))
        },
    },
];

fn json_to(path: &str, bearer: &str, body: &[u8]) -> TestRequest {
    let request = TestRequest::post().uri(path).insert_header(("Authorization", format!("Bearer {bearer}")));
    request.insert_header(("Content-Type", "application/json")).set_payload(body.to_vec())
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header(("Authorization", format!("Bearer {ADMIN}")))
}

/// A text as a value in a query.
fn escaped(text: &[u8]) -> String {
    let one = |byte: &u8| if byte.is_ascii_alphanumeric() { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    text.iter().map(one).collect()
}

/// A change of a text.
#[derive(Debug, Clone)]
enum Change {
    /// Puts a part in.
    Put(Index, usize),
    /// Removes some bytes.
    Cut(Index, usize),
    /// Repeats some bytes: where they begin, their number, and how often they stand there afterwards.
    Repeat(Index, usize, usize),
    /// Replaces a byte.
    Replace(Index, u8),
}

fn any_change(parts: usize) -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<Index>(), 0..parts).prop_map(|(at, part)| Change::Put(at, part)),
        2 => (any::<Index>(), 1_usize..40).prop_map(|(at, length)| Change::Cut(at, length)),
        1 => (any::<Index>(), 1_usize..20, 2_usize..100).prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Replace(at, byte)),
    ]
}

/// The range of `length` bytes from a place on, or of those up to the end. The end is a place, too.
fn range(at: Index, length: usize, bytes: &[u8]) -> std::ops::Range<usize> {
    let begin = at.index(bytes.len() + 1);
    begin..bytes.len().min(begin + length)
}

/// The text after all changes.
fn changed(text: &str, changes: &[Change], parts: &[&str]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for change in changes {
        let (range, new) = match change {
            Change::Put(at, part) => (range(*at, 0, &bytes), parts[*part].as_bytes().to_vec()),
            Change::Cut(at, length) => (range(*at, *length, &bytes), Vec::new()),
            Change::Repeat(at, length, times) => {
                let range = range(*at, *length, &bytes);
                (range.clone(), bytes[range].repeat(*times))
            }
            Change::Replace(at, byte) => (range(*at, 1, &bytes), vec![*byte]),
        };
        drop(bytes.splice(range, new));
        bytes.truncate(MOST_BYTES);
    }
    bytes
}

impl Site {
    /// Makes what the valid texts refer to.
    async fn of<S, B>(app: &S, service: &Service) -> Result<Self, Failed>
    where
        S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody,
    {
        let mut course = String::new();
        for name in ["Kimya", "Fizik"] {
            let made = ask(app, json_to("/v1/courses", ADMIN, json!({ "name": name, "ownerId": "me" }).to_string().as_bytes())).await?;
            serde_json::from_str::<Value>(&made.1)?["id"].as_str().unwrap_or_default().clone_into(&mut course);
        }
        let page = ask(app, get("/v1/courses?pageSize=1")).await?;
        let token = serde_json::from_str::<Value>(&page.1)?["nextPageToken"].as_str().ok_or("there is no second page")?.to_owned();
        Ok(Self { course, token, assertion: assertion(service).await? })
    }

    fn put_into(&self, text: &str) -> String {
        text.replace("{token}", &self.token).replace("{assertion}", &self.assertion)
    }
}

/// An assertion of a service account of `demo` that is right.
async fn assertion(service: &Service) -> Result<String, Failed> {
    let (grants, scopes) = (&service.operators.grants, [Scope::Courses].into_iter().collect());
    let name = ServiceName::parse("timetable")?;
    let new = NewServiceAccount { name: name.clone(), role: Role::Member, scopes, delegation: NewDelegation::People(Vec::new()) };
    let made = grants.create_service_account(account().id, new).await?;
    let terms = GrantTerms { scopes, project: None, lifetime: TokenLifetime::Default };
    let key = grants.create_key(account().id, name, SignatureAlgorithm::Es256, terms).await?;
    let at = now().micros() / 1_000_000;
    // With itself as the subject, it is good as a bearer too.
    let address = made.address.to_string();
    let claims = json!({
        "iss": address, "sub": address, "aud": "https://oauth2.googleapis.com/token", "iat": at, "exp": at + 3_600,
        "scope": "https://www.googleapis.com/auth/classroom.courses",
    });
    let part = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", part(&json!({ "alg": "ES256", "typ": "JWT" })), part(&claims));
    let signing = p256::ecdsa::SigningKey::from_pkcs8_pem(&key.private_pem)?;
    let signature: p256::ecdsa::Signature = signing.sign(message.as_bytes());
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
}

/// The status and the body of an answer.
async fn ask<S, B>(app: &S, request: TestRequest) -> Result<(u16, String), Failed>
where
    S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let response = test::call_service(app, request.to_request()).await;
    let status = response.status().as_u16();
    Ok((status, String::from_utf8(test::read_body(response).await.to_vec())?))
}

/// What is wrong with an answer, if anything is: a failure of the service, or words that no client of the API could read.
fn fault(status: u16, body: &str) -> Option<&'static str> {
    let is_failure = |status: u16| status >= 500 && status != 501;
    if is_failure(status) {
        return Some("the service failed");
    }
    // The answer to a batch of requests.
    if body.starts_with("--") {
        let mut statuses = body.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
        return statuses.any(is_failure).then_some("a part of the batch failed");
    }
    (!body.is_empty() && serde_json::from_str::<Value>(body).is_err()).then_some("the answer is not JSON")
}

/// Sends a text, and checks the answer. What a batch of sessions has approved can be read by its GUID.
async fn checked<S, B>(app: &S, site: &Site, target: Target, text: &[u8]) -> Result<u16, Failed>
where
    S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let (status, body) = ask(app, (target.request)(site, text)).await?;
    let about = || format!("{:?} is answered {status} {body:?}", String::from_utf8_lossy(text));
    if let Some(fault) = fault(status, &body) {
        return Err(format!("{fault}: {}", about()).into());
    }
    let told: Value = serde_json::from_str(&body).unwrap_or_default();
    let approved = told["approved"].as_array().map(Vec::as_slice).unwrap_or_default();
    for session in approved.iter().take(READ_AGAIN) {
        let guid = session["session_guid"].as_str().unwrap_or(MISSING);
        let path = format!("/xapi/v2/session/{guid}");
        let read = ask(app, TestRequest::get().uri(&path).insert_header(("Authorization", format!("Bearer {DEMO}")))).await?;
        let found: Value = serde_json::from_str(&read.1).unwrap_or_default();
        if read.0 != 200 || found["name"] != session["name"] {
            return Err(format!("{guid} is read as {read:?}: {}", about()).into());
        }
    }
    Ok(status)
}

/// Sends the valid texts of a target, and many that were changed.
pub(crate) fn fuzz(open: Open, target: Target) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let _context = runtime.enter();
    let local = tokio::task::LocalSet::new();
    let service = local.block_on(&runtime, Service::start(open, now(), Limits::default()))?;
    let state = service.state.clone();
    let app = local.block_on(&runtime, test::init_service(App::new().configure(|config| configure(config, state))));
    let site = local.block_on(&runtime, Site::of(&app, &service))?;
    let send = |text: &[u8]| local.block_on(&runtime, checked(&app, &site, target, text));

    let parts: Vec<_> = target.parts.split('¦').collect();
    let texts: Vec<_> = target.texts.iter().map(|text| site.put_into(text)).collect();
    for text in &texts {
        let status = send(text.as_bytes())?;
        if status != 200 {
            return Err(format!("{text} is answered {status}").into());
        }
    }
    let config = ProptestConfig {
        cases: proof::of(64, 4_000),
        rng_seed: RngSeed::Fixed(proof::seed()),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let any_case = (any::<Index>(), proptest::collection::vec(any_change(parts.len()), 1..8));
    let outcome = TestRunner::new(config).run(&any_case, |(text, changes)| {
        let text = changed(&texts[text.index(texts.len())], &changes, &parts);
        send(&text).map(drop).map_err(|failed| TestCaseError::fail(failed.message().unwrap_or("it failed").to_owned()))
    });
    outcome.map_err(|failure| format!("with the seed {}: {failure}", proof::seed()).into())
}
