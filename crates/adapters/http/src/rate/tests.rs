//! Requests above a quota, in all dialects, with a clock that stands still.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_http::Request;
use actix_web::App;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use derslik_domain::id::Id;
use derslik_domain::identity::{Actor, CredentialRoot, Scope};
use derslik_domain::page::Page;
use derslik_ports::inbound::{
    AuthenticationError, CourseError, LogInError, MockActivityService, MockAttendeeService, MockCourseService, MockIdentityService,
    MockJobService, MockLogInService, MockPeopleService, MockProjectService, MockRosterService, MockSessionService, MockTokenGrants,
};
use derslik_ports::{Reason, StoreError};
use derslik_testkit::builders::{account, actor_of};
use governor::clock::FakeRelativeClock;

use super::{RateClock, RateQuotas};
use crate::classroom::{ClassroomSettings, Templates};
use crate::forwarding::TrustedProxies;
use crate::limits::Limits;
use crate::state::{HttpState, Services};

/// The service with a clock that a test moves. It knows credentials that begin with `right`, and that of the sessions API below.
struct Api {
    state: HttpState,
    clock: FakeRelativeClock,
    /// How many credentials were looked up.
    looked_up: Arc<AtomicUsize>,
}

const RIGHT_KEY: &str = "Bearer demo-access|0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
const WRONG_KEY: &str = "Bearer demo-access|0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";

impl Api {
    fn new(quotas: RateQuotas) -> Self {
        let looked_up = Arc::new(AtomicUsize::default());
        let (mut identity, counter) = (MockIdentityService::new(), Arc::clone(&looked_up));
        identity.expect_authenticate().returning(move |presented| {
            counter.fetch_add(1, Ordering::Relaxed);
            let actor = Actor { scopes: [Scope::Courses].into_iter().collect(), ..actor_of(account()) };
            match presented.secret.as_slice() {
                b"right" => Ok(actor),
                b"right-2" => Ok(Actor { root: CredentialRoot::Credential(Id::new(2)), ..actor }),
                b"unavailable" => Err(AuthenticationError::Store(StoreError::from(Reason::Unreachable))),
                b"expired" => Err(AuthenticationError::Expired),
                secret if secret == [0x0a_u8; 32] => Ok(actor),
                _ => Err(AuthenticationError::Invalid),
            }
        });
        let mut sessions = MockSessionService::new();
        sessions.expect_search().returning(|_, _| Ok(Page { entries: Vec::new(), more: false }));
        let mut courses = MockCourseService::new();
        courses.expect_get().returning(|_, _| Err(CourseError::NotFound));
        let mut projects = MockProjectService::new();
        projects.expect_list().returning(|_, _| Ok(Vec::new()));
        let mut log_in = MockLogInService::new();
        log_in.expect_log_in().returning(|_| Err(LogInError::Invalid));
        let services = Services {
            sessions: Arc::new(sessions),
            attendees: Arc::new(MockAttendeeService::new()),
            people: Arc::new(MockPeopleService::new()),
            log_in: Arc::new(log_in),
            token_grants: Arc::new(MockTokenGrants::new()),
            courses: Arc::new(courses),
            rosters: Arc::new(MockRosterService::new()),
            jobs: Arc::new(MockJobService::new()),
            projects: Arc::new(projects),
            activity: Arc::new(MockActivityService::new()),
            identity: Arc::new(identity),
        };
        let classroom = ClassroomSettings { templates: Templates::default(), page_key: [0; 32] };
        let clock = FakeRelativeClock::default();
        let state = HttpState::new(services, classroom, Limits::default());
        let state = state.with_trusted_proxies(TrustedProxies::parse(["10.0.0.0/8"]).unwrap());
        Self { state: state.with_rate_limits_by(quotas, &RateClock::Fake(clock.clone())), clock, looked_up }
    }

    /// The service with that quota of requests without a valid credential, and no other.
    fn with_unknown(per_minute: u32) -> Self {
        Self::new(RateQuotas { unknown_per_minute: per_minute, credential_per_minute: 0 })
    }

    /// The service with that quota of each credential, and no other.
    fn with_credential(per_minute: u32) -> Self {
        Self::new(RateQuotas { unknown_per_minute: 0, credential_per_minute: per_minute })
    }

    async fn send(&self, request: Request) -> Answer {
        let app = init_service(App::new().configure(|config| crate::configure(config, self.state.clone()))).await;
        Answer::read(call_service(&app, request).await).await
    }

    /// The status of each of `count` equal requests.
    async fn statuses(&self, count: usize, request: impl Fn() -> TestRequest) -> Vec<u16> {
        let app = init_service(App::new().configure(|config| crate::configure(config, self.state.clone()))).await;
        let mut statuses = Vec::new();
        for _ in 0..count {
            statuses.push(call_service(&app, request().to_request()).await.status().as_u16());
        }
        statuses
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    /// `Retry-After`, `RateLimit` and `RateLimit-Policy`.
    limit: [Option<String>; 3],
    body: String,
}

impl Answer {
    async fn read(response: ServiceResponse) -> Self {
        let field = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let limit = ["retry-after", "ratelimit", "ratelimit-policy"].map(field);
        let status = response.status().as_u16();
        Self { status, limit, body: String::from_utf8(read_body(response).await.to_vec()).unwrap() }
    }
}

fn limit(name: &str, quota: u32, seconds: u32) -> [Option<String>; 3] {
    [seconds.to_string(), format!("\"{name}\";r=0;t={seconds}"), format!("\"{name}\";q={quota};w=60")].map(Some)
}

fn peer(address: &str) -> SocketAddr {
    SocketAddr::new(address.parse().unwrap(), 4711)
}

fn sessions(authorization: Option<&str>) -> TestRequest {
    let request = TestRequest::post().uri("/xapi/v2/session/search").insert_header((CONTENT_TYPE, "application/json")).set_payload("{}");
    with(request, authorization)
}

fn jobs(authorization: Option<&str>) -> TestRequest {
    with(TestRequest::get().uri("/api/v1/projects"), authorization)
}

fn courses(authorization: Option<&str>) -> TestRequest {
    with(TestRequest::get().uri("/v1/courses/7?prettyPrint=false"), authorization)
}

fn with(request: TestRequest, authorization: Option<&str>) -> TestRequest {
    let request = request.peer_addr(peer("192.0.2.1"));
    match authorization {
        Some(value) => request.insert_header((AUTHORIZATION, value)),
        None => request,
    }
}

/// A request without a credential from an address.
fn from(address: &str) -> impl Fn() -> TestRequest + use<> {
    let peer = peer(address);
    move || TestRequest::get().uri("/api/v1/projects").peer_addr(peer)
}

/// A log-in that is refused.
fn log_in(form: &'static str) -> TestRequest {
    let request = TestRequest::post().uri("/auth/connect/token").insert_header((CONTENT_TYPE, "application/x-www-form-urlencoded"));
    with(request, None).set_payload(form)
}

const LOG_IN: &str = "grant_type=password&client_id=api&account_id=1&username=a&password=b";

/// A batch of calls with that credential in the head of the batch, whose parts have these credentials.
fn batch(authorization: Option<&str>, parts: &[Option<&str>]) -> TestRequest {
    let part = |token: Option<&str>| {
        let own = token.map(|token| format!("Authorization: Bearer {token}\n")).unwrap_or_default();
        format!("--b\nContent-Type: application/http\n\nGET /v1/courses/7?prettyPrint=false HTTP/1.1\n{own}\n\n")
    };
    let body: String = parts.iter().copied().map(part).collect::<String>() + "--b--";
    let request = TestRequest::post().uri("/batch").insert_header((CONTENT_TYPE, "multipart/mixed; boundary=b"));
    with(request, authorization).set_payload(body)
}

/// The statuses of the parts of the answer to a batch.
fn parts(answer: &Answer) -> Vec<&str> {
    answer.body.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)).collect()
}

#[actix_web::test]
async fn each_dialect_refuses_requests_above_the_quota_of_a_network_in_its_own_form() {
    let api = Api::with_unknown(6);
    assert_eq!(api.statuses(2, || sessions(None)).await, [401, 401]);
    assert_eq!(api.statuses(2, || jobs(None)).await, [401, 401]);
    assert_eq!(api.statuses(2, || courses(None)).await, [401, 401]);
    let quota = limit("unknown", 6, 10);

    let answer = api.send(sessions(None).to_request()).await;
    let details = "too many requests without a valid credential; try again later";
    let body = format!(r#"{{"code":19,"details":"{details}"}}"#);
    assert_eq!((answer.status, &answer.limit, answer.body), (429, &quota, body));
    let turkish = api.send(sessions(None).insert_header((ACCEPT_LANGUAGE, "tr")).to_request()).await;
    assert_eq!((turkish.status, &turkish.limit), (429, &quota));
    assert!(turkish.body.contains("daha sonra yeniden deneyin"), "{turkish:?}");

    let answer = api.send(jobs(None).to_request()).await;
    let body = format!(r#"{{"errors":["{details}"]}}"#);
    assert_eq!((answer.status, &answer.limit, answer.body), (429, &quota, body));

    let answer = api.send(courses(None).to_request()).await;
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let shown = [&body["error"]["code"], &body["error"]["status"], &body["error"]["errors"][0]["reason"]].map(ToString::to_string);
    assert_eq!((answer.status, &answer.limit), (429, &quota));
    assert_eq!(shown, ["429", "\"RESOURCE_EXHAUSTED\"", "\"rateLimitExceeded\""]);
    assert!(body["error"]["message"].as_str().unwrap().starts_with("Quota exceeded for quota metric "), "{body}");

    let answer = api.send(log_in(LOG_IN).to_request()).await;
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((answer.status, &answer.limit, body["error"].as_str()), (429, &quota, Some("invalid_grant")));
}

#[actix_web::test]
async fn a_valid_credential_passes_whatever_its_network_did() {
    let api = Api::with_unknown(3);
    assert_eq!(api.statuses(5, || sessions(Some(WRONG_KEY))).await, [401, 401, 401, 429, 429]);
    assert_eq!(api.statuses(5, || sessions(Some(RIGHT_KEY))).await, [200; 5]);
    assert_eq!(api.statuses(5, || jobs(Some("right"))).await, [200; 5]);
    assert_eq!(api.statuses(5, || courses(Some("Bearer right"))).await, [404; 5]);
    assert_eq!(api.statuses(1, || jobs(Some("wrong"))).await, [429]);
}

#[actix_web::test]
async fn requests_with_valid_credentials_take_nothing_from_the_quota_of_their_network() {
    let api = Api::with_unknown(3);
    assert_eq!(api.statuses(9, || jobs(Some("right"))).await, [200; 9]);
    assert_eq!(api.statuses(4, || jobs(Some("expired"))).await, [401, 401, 401, 429]);
}

#[actix_web::test]
async fn a_missing_or_malformed_credential_is_refused_without_a_look_up() {
    let api = Api::with_unknown(1);
    for request in [sessions(None), sessions(Some("Bearer demo-access|0a")), jobs(None), courses(None), courses(Some("Basic x"))] {
        let status = api.send(request.to_request()).await.status;
        assert!([401, 429].contains(&status), "{status}");
    }
    assert_eq!(api.looked_up.load(Ordering::Relaxed), 0);
    assert_eq!(api.statuses(1, || jobs(Some("wrong"))).await, [429]);
    assert_eq!(api.looked_up.load(Ordering::Relaxed), 1, "only a look-up tells that a key is unknown");
}

#[actix_web::test]
async fn a_look_up_that_failed_does_not_count() {
    let api = Api::with_unknown(1);
    assert_eq!(api.statuses(3, || jobs(Some("unavailable"))).await, [503; 3]);
    assert_eq!(api.statuses(2, || jobs(Some("wrong"))).await, [401, 429]);
}

#[actix_web::test]
async fn paths_that_ask_for_no_credential_do_not_count() {
    let api = Api::with_unknown(1);
    for path in ["/", "/nothing", "/xapi/nothing", "/api/v1/nothing", "/v1/nothing", "/$discovery/rest?version=v1"] {
        let statuses = api.statuses(3, || with(TestRequest::get().uri(path), None)).await;
        assert!(statuses.iter().all(|status| [200, 404].contains(status)), "{path}: {statuses:?}");
    }
    assert_eq!(api.statuses(2, || jobs(None)).await, [401, 429]);
}

#[actix_web::test]
async fn a_method_that_is_not_carried_out_asks_for_a_credential_as_any_other() {
    let api = Api::new(RateQuotas { unknown_per_minute: 3, credential_per_minute: 2 });
    for (path, quota) in [("/v1/courses/7/topics", [501, 501, 429]), ("/v1/userProfiles/7:checkUserCapability", [429; 3])] {
        assert_eq!(api.statuses(3, || with(TestRequest::get().uri(path), Some("Bearer right"))).await, quota, "{path}");
    }
    let unserved = |authorization| with(TestRequest::post().uri("/v1/invitations/9:accept"), authorization);
    assert_eq!(api.statuses(2, || unserved(Some("Bearer wrong"))).await, [401; 2]);
    assert_eq!(api.statuses(2, || unserved(None)).await, [401, 429]);
    // A part of a batch is a call like any other.
    let body = "--b\nContent-Type: application/http\n\nGET /v1/courses/7/topics HTTP/1.1\n\n\n--b--";
    let request = TestRequest::post().uri("/batch").insert_header((CONTENT_TYPE, "multipart/mixed; boundary=b"));
    assert_eq!(parts(&api.send(with(request, None).set_payload(body).to_request()).await), ["429"]);
    assert_eq!(api.statuses(1, || with(TestRequest::get().uri("/v1/courses/7/nothing"), None)).await, [404]);
}

#[actix_web::test]
async fn refused_log_ins_count_even_if_no_password_was_checked() {
    let api = Api::with_unknown(3);
    let forms = ["grant_type=client_credentials", "grant_type=password&client_id=other", "grant_type=password&client_id=api"];
    for form in forms {
        assert_eq!(api.statuses(1, || log_in(form)).await, [400], "{form}");
    }
    for form in forms.into_iter().chain([LOG_IN]) {
        assert_eq!(api.statuses(1, || log_in(form)).await, [429], "{form}");
    }
}

#[actix_web::test]
async fn networks_have_quotas_of_their_own_and_an_ipv6_network_has_one() {
    let api = Api::with_unknown(1);
    assert_eq!(api.statuses(2, from("192.0.2.1")).await, [401, 429]);
    assert_eq!(api.statuses(2, from("192.0.2.2")).await, [401, 429]);
    assert_eq!(api.statuses(1, from("::ffff:192.0.2.2")).await, [429]);
    assert_eq!(api.statuses(1, from("2001:db8::1")).await, [401]);
    assert_eq!(api.statuses(1, from("2001:db8::ffff:1")).await, [429]);
    assert_eq!(api.statuses(1, from("2001:db8:0:1::1")).await, [401]);
}

#[actix_web::test]
async fn a_forwarded_address_counts_if_the_peer_is_trusted_alone() {
    let api = Api::with_unknown(1);
    let send = async |from: &str, forwarded: &str| {
        let request = TestRequest::get().uri("/api/v1/projects").peer_addr(peer(from));
        let request = if forwarded.is_empty() { request } else { request.insert_header(("x-forwarded-for", forwarded)) };
        api.send(request.to_request()).await.status
    };
    assert_eq!(send("192.0.2.1", "198.51.100.1").await, 401);
    assert_eq!(send("192.0.2.1", "198.51.100.2").await, 429, "a forged address changes nothing");
    assert_eq!(send("10.0.0.1", "198.51.100.1").await, 401, "the forged one was not counted for its owner");
    assert_eq!(send("10.0.0.2", "198.51.100.1").await, 429, "a client has one quota behind all proxies");
    assert_eq!(send("10.0.0.1", "203.0.113.9, 198.51.100.1").await, 429, "a client can't put another one before itself");
    assert_eq!(send("10.0.0.1", "").await, 401, "a proxy that names no client counts itself");
    assert_eq!(send("10.0.0.1", "unknown").await, 429);
}

#[actix_web::test]
async fn a_quota_is_refilled_over_the_minute() {
    let api = Api::with_unknown(6);
    assert_eq!(api.statuses(7, || jobs(None)).await, [401, 401, 401, 401, 401, 401, 429]);
    api.clock.advance(Duration::from_secs(10));
    assert_eq!(api.statuses(2, || jobs(None)).await, [401, 429]);
}

#[actix_web::test]
async fn parts_of_a_batch_count_singly() {
    let api = Api::with_unknown(2);
    let answer = api.send(batch(Some("Bearer right"), &[Some("wrong"), None, Some("wrong"), Some("wrong"), None]).to_request()).await;
    assert_eq!((answer.status, parts(&answer)), (200, vec!["401", "404", "401", "429", "404"]));
    let refused = answer.body.split("HTTP/1.1 429 Too Many Requests\r\n").nth(1).unwrap();
    for field in ["retry-after: 30\r\n", "ratelimit: \"unknown\";r=0;t=30\r\n", "ratelimit-policy: \"unknown\";q=2;w=60\r\n"] {
        assert!(refused.contains(field), "{refused}");
    }
    let answer = api.send(batch(None, &[None, Some("right"), Some("wrong")]).to_request()).await;
    assert_eq!((answer.status, parts(&answer)), (200, vec!["429", "404", "429"]));
}

#[actix_web::test]
async fn a_credential_has_its_own_quota_in_all_dialects_together() {
    let api = Api::with_credential(6);
    assert_eq!(api.statuses(2, || sessions(Some(RIGHT_KEY))).await, [200; 2]);
    assert_eq!(api.statuses(2, || jobs(Some("right"))).await, [200; 2]);
    assert_eq!(api.statuses(2, || courses(Some("Bearer right"))).await, [404; 2]);
    let quota = limit("credential", 6, 10);
    let answer = api.send(sessions(Some(RIGHT_KEY)).to_request()).await;
    let details = "too many requests with this credential; try again later";
    assert_eq!((answer.status, &answer.limit, answer.body), (429, &quota, format!(r#"{{"code":19,"details":"{details}"}}"#)));
    let answer = api.send(jobs(Some("right")).to_request()).await;
    assert_eq!((answer.status, &answer.limit, answer.body), (429, &quota, format!(r#"{{"errors":["{details}"]}}"#)));
    let answer = api.send(courses(Some("Bearer right")).to_request()).await;
    assert_eq!((answer.status, &answer.limit, answer.body.contains("RESOURCE_EXHAUSTED")), (429, &quota, true));
    assert_eq!(api.statuses(1, || jobs(Some("right-2"))).await, [200], "another credential of the same account");
    assert_eq!(api.statuses(9, || jobs(Some("wrong"))).await, [401; 9], "there is no quota without a credential");
}

#[actix_web::test]
async fn each_part_of_a_batch_counts_once_for_its_credential() {
    let api = Api::with_credential(3);
    let answer = api.send(batch(Some("Bearer right"), &[None; 4]).to_request()).await;
    assert_eq!((answer.status, parts(&answer)), (200, vec!["404", "404", "404", "429"]));
}

#[actix_web::test]
async fn without_quotas_nothing_is_refused() {
    let api = Api::new(RateQuotas { unknown_per_minute: 0, credential_per_minute: 0 });
    assert_eq!(api.statuses(2_000, || jobs(None)).await, [401; 2_000]);
}
