//! The endpoint over mocked use cases: what a request becomes, and how each refusal is shown.

use std::sync::{Arc, Mutex};

use actix_web::App;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use derslik_domain::id::Id;
use derslik_domain::identity::{CredentialRoot, Scope};
use derslik_ports::inbound::{
    AuthenticationError, GrantError, GrantedToken, MockActivityService, MockAttendeeService, MockCourseService, MockIdentityService,
    MockJobService, MockLogInService, MockPeopleService, MockProjectService, MockRosterService, MockSessionService, MockTokenGrants,
    RequestedScopes, TokenRequest,
};
use derslik_ports::{Reason, StoreError};
use governor::clock::FakeRelativeClock;
use rstest::rstest;
use serde_json::{Value, json};

use super::assertion::testing::{claims, encoded};
use crate::classroom::{ClassroomSettings, Templates};
use crate::limits::Limits;
use crate::rate::{RateClock, RateQuotas};
use crate::state::{HttpState, Services};

/// Types are case-insensitive (RFC 9110, section 8.3.1).
const FORM: &str = "Application/X-WWW-Form-Urlencoded; charset=UTF-8";
const HEADER: &str = r#"{"alg":"ES256","kid":"0a"}"#;
const ASSERTION: &str = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
const REFRESH: &str = "grant_type=refresh_token&refresh_token=r&client_id=one&client_secret=secret";
const EXCHANGE: &str = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=t\
                        &subject_token_type=urn:ietf:params:oauth:token-type:access_token";

fn state(grants: MockTokenGrants, identity: MockIdentityService) -> HttpState {
    let services = Services {
        sessions: Arc::new(MockSessionService::new()),
        attendees: Arc::new(MockAttendeeService::new()),
        people: Arc::new(MockPeopleService::new()),
        log_in: Arc::new(MockLogInService::new()),
        token_grants: Arc::new(grants),
        courses: Arc::new(MockCourseService::new()),
        rosters: Arc::new(MockRosterService::new()),
        jobs: Arc::new(MockJobService::new()),
        projects: Arc::new(MockProjectService::new()),
        activity: Arc::new(MockActivityService::new()),
        identity: Arc::new(identity),
    };
    let classroom = ClassroomSettings { templates: Templates::default(), page_key: [0; 32] };
    HttpState::new(services, classroom, Limits::default())
}

/// An error of the use case, the status and the name of its answer.
type Failure = (fn() -> GrantError, u16, &'static str);

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

async fn send(state: HttpState, request: TestRequest) -> Answer {
    let app = init_service(App::new().configure(|config| crate::configure(config, state))).await;
    let response = call_service(&app, request.to_request()).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = serde_json::from_slice(&read_body(response).await).unwrap_or_default();
    Answer { status, headers, body }
}

fn post(path: &str, form: &str) -> TestRequest {
    TestRequest::post().uri(path).insert_header((CONTENT_TYPE, FORM)).set_payload(form.to_owned())
}

fn granted() -> GrantedToken {
    GrantedToken { token: "derslik_at_0a".to_owned(), seconds: 3_600, scopes: [Scope::Courses].into_iter().collect() }
}

/// Sends a form, and returns what the use case was asked and the answer.
async fn asked(request: TestRequest) -> (TokenRequest, Answer) {
    let asked = Arc::new(Mutex::new(None));
    let (mut grants, noted) = (MockTokenGrants::new(), Arc::clone(&asked));
    grants.expect_grant().once().returning(move |request, _| {
        *noted.lock().unwrap() = Some(request);
        Ok(granted())
    });
    let answer = send(state(grants, MockIdentityService::new()), request).await;
    let asked = asked.lock().unwrap().take();
    (asked.expect("a request"), answer)
}

/// The status and the name of the error of a form that no use case sees.
async fn refused(form: &str) -> (u16, String) {
    let answer = send(state(MockTokenGrants::new(), MockIdentityService::new()), post("/token", form)).await;
    (answer.status, answer.body["error"].as_str().unwrap_or_default().to_owned())
}

#[rstest]
#[actix_web::test]
async fn an_assertion_gets_a_token_at_each_path(
    #[values("/token", "/token/", "/oauth2/v4/token", "/o/oauth2/token", "/v1/token")] path: &str,
) {
    let (request, answer) = asked(post(path, &(ASSERTION.to_owned() + &encoded(HEADER, &claims().to_string())))).await;
    let TokenRequest::Assertion(assertion) = request else { panic!("{request:?}") };
    assert_eq!((assertion.key.as_deref(), assertion.subject.as_deref()), (Some("0a"), Some("ayse@demo.example")));
    let scope = "https://www.googleapis.com/auth/classroom.courses";
    let token = json!({ "access_token": "derslik_at_0a", "expires_in": 3_600, "token_type": "Bearer", "scope": scope });
    assert_eq!((answer.status, answer.body), (200, token));
    assert_eq!(answer.headers.get("cache-control").unwrap(), "no-store");
}

#[actix_web::test]
async fn a_refresh_token_comes_with_its_client_in_the_form_or_by_basic() {
    let basic = ("Basic ".to_owned() + &STANDARD.encode("one:secret"), "grant_type=refresh_token&refresh_token=r&scope=");
    for request in [post("/token", REFRESH), post("/token", basic.1).insert_header((AUTHORIZATION, basic.0))] {
        let (request, answer) = asked(request).await;
        let TokenRequest::Refresh { client, token, scopes } = request else { panic!("{request:?}") };
        assert_eq!((client.id.as_str(), client.secret.as_str(), token.as_str(), scopes), ("one", "secret", "r", None));
        assert_eq!((answer.status, answer.body.get("issued_token_type")), (200, None));
    }
}

#[actix_web::test]
async fn a_token_is_exchanged_with_its_type_in_the_answer() {
    let (request, answer) = asked(post("/token", &format!("{EXCHANGE}&audience=x&scope=classroom.courses+drive"))).await;
    let TokenRequest::Exchange { token, scopes } = request else { panic!("{request:?}") };
    assert!(token == "t" && scopes.is_some_and(|scopes| scopes.has_unknown));
    assert_eq!(answer.body["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token");
}

#[rstest]
#[case::nothing("", 400, "invalid_request")]
#[case::no_grant_type("assertion=a", 400, "invalid_request")]
#[case::empty_grant_type("grant_type=", 400, "invalid_request")]
#[case::other_grant_type("grant_type=password&username=a&password=b", 400, "unsupported_grant_type")]
#[case::two_grant_types("grant_type=refresh_token&grant_type=refresh_token", 400, "invalid_request")]
#[case::no_assertion(ASSERTION, 400, "invalid_request")]
#[case::assertion_is_no_jwt("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=a.b.c", 400, "invalid_grant")]
#[case::two_assertions("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=a&assertion=a", 400, "invalid_request")]
#[case::no_refresh_token("grant_type=refresh_token&client_id=one&client_secret=s", 400, "invalid_request")]
#[case::two_refresh_tokens(
    "grant_type=refresh_token&refresh_token=r&refresh_token=r&client_id=one&client_secret=s",
    400,
    "invalid_request"
)]
#[case::no_client("grant_type=refresh_token&refresh_token=r", 401, "invalid_client")]
#[case::no_client_id("grant_type=refresh_token&refresh_token=r&client_secret=s", 401, "invalid_client")]
#[case::no_client_secret("grant_type=refresh_token&refresh_token=r&client_id=one", 401, "invalid_client")]
#[case::two_client_ids("grant_type=refresh_token&refresh_token=r&client_id=one&client_id=one&client_secret=s", 400, "invalid_request")]
#[case::no_subject_token("grant_type=urn:ietf:params:oauth:grant-type:token-exchange", 400, "invalid_request")]
#[case::no_subject_type("grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=t", 400, "invalid_request")]
#[case::other_subject_type(
    "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=t\
     &subject_token_type=urn:ietf:params:oauth:token-type:id_token",
    400,
    "invalid_request"
)]
#[actix_web::test]
async fn a_part_that_is_missing_wrong_or_doubled_is_refused(#[case] form: &str, #[case] status: u16, #[case] error: &str) {
    assert_eq!(refused(form).await, (status, error.to_owned()));
}

#[actix_web::test]
async fn a_doubled_or_unknown_type_of_an_exchange_is_refused() {
    for more in ["&subject_token=t", "&scope=a&scope=a", "&requested_token_type=urn:ietf:params:oauth:token-type:saml2"] {
        assert_eq!(refused(&format!("{EXCHANGE}{more}")).await, (400, "invalid_request".to_owned()), "{more}");
    }
}

#[actix_web::test]
async fn an_unsigned_assertion_or_one_by_a_shared_secret_or_without_audience_is_refused() {
    let mut without = claims();
    without["aud"] = Value::Null;
    let texts = [
        encoded(r#"{"alg":"none"}"#, &claims().to_string()),
        encoded(r#"{"alg":"none"}"#, &claims().to_string()).rsplit_once('.').map(|(unsigned, _)| format!("{unsigned}.")).unwrap(),
        encoded(r#"{"alg":"HS256","kid":"0a"}"#, &claims().to_string()),
        encoded(HEADER, &without.to_string()),
    ];
    for text in texts {
        assert_eq!(refused(&format!("{ASSERTION}{text}")).await, (400, "invalid_grant".to_owned()), "{text}");
    }
}

#[actix_web::test]
async fn ten_thousand_scopes_are_read_and_a_form_above_64_kib_is_not() {
    let mut many = claims();
    many["scope"] = json!("a ".repeat(10_000));
    let (request, _) = asked(post("/token", &format!("{ASSERTION}{}", encoded(HEADER, &many.to_string())))).await;
    assert!(matches!(request, TokenRequest::Assertion(assertion) if assertion.scopes.is_some_and(|scopes| scopes.has_unknown)));
    let long = format!("{REFRESH}&scope={}", "a".repeat(64 * 1024));
    assert_eq!(refused(&long).await, (413, "invalid_request".to_owned()));
}

#[actix_web::test]
async fn another_body_or_method_is_refused() {
    let none = || state(MockTokenGrants::new(), MockIdentityService::new());
    let json = TestRequest::post().uri("/token").insert_header((CONTENT_TYPE, "application/json")).set_payload("{}");
    let answer = send(none(), json).await;
    assert_eq!((answer.status, &answer.body["error"]), (400, &json!("invalid_request")));
    for path in ["/token", "/v1/token"] {
        let answer = send(none(), TestRequest::get().uri(path)).await;
        assert_eq!((answer.status, answer.headers.get("allow").unwrap().to_str().unwrap()), (405, "POST"));
    }
}

#[actix_web::test]
async fn each_refusal_of_the_use_case_has_its_documented_error() {
    let unavailable = || GrantError::Store(StoreError::from(Reason::Locked));
    let corrupt = || GrantError::Store(StoreError::Corrupt { table: "token_grants", column: "kind" });
    let no_scope = || GrantError::Scope(RequestedScopes { known: [Scope::Rosters].into_iter().collect(), has_unknown: false });
    let errors: [Failure; 5] = [
        (|| GrantError::Client, 401, "invalid_client"),
        (|| GrantError::Invalid, 400, "invalid_grant"),
        (|| GrantError::Time, 400, "invalid_grant"),
        (|| GrantError::Subject, 400, "invalid_grant"),
        (no_scope, 400, "invalid_scope"),
    ];
    let failures: [Failure; 2] = [(unavailable, 503, "temporarily_unavailable"), (corrupt, 500, "server_error")];
    for (error, status, name) in errors.into_iter().chain(failures) {
        let mut grants = MockTokenGrants::new();
        grants.expect_grant().once().returning(move |_, _| Err(error()));
        let answer = send(state(grants, MockIdentityService::new()), post("/token", REFRESH)).await;
        assert_eq!((answer.status, &answer.body["error"]), (status, &json!(name)));
        assert!(answer.body["error_description"].is_string() && !answer.body.to_string().contains("secret"), "{}", answer.body);
        assert_eq!(answer.headers.contains_key("retry-after"), status == 503);
    }
}

#[actix_web::test]
async fn refused_scopes_are_named_in_the_description() {
    const DRIVE: &str = "https://www.googleapis.com/auth/drive";
    let mut grants = MockTokenGrants::new();
    let refused = || RequestedScopes { known: [Scope::Rosters].into_iter().collect(), has_unknown: true };
    grants.expect_grant().times(2).returning(move |_, _| Err(GrantError::Scope(refused())));
    let state = state(grants, MockIdentityService::new());
    let mut wide = claims();
    wide["scope"] = json!(format!("{DRIVE} classroom.rosters"));
    for form in [ASSERTION.to_owned() + &encoded(HEADER, &wide.to_string()), format!("{REFRESH}&scope=classroom.rosters+{DRIVE}")] {
        let answer = send(state.clone(), post("/token", &form)).await;
        let text = answer.body["error_description"].as_str().unwrap_or_default();
        assert!(text.ends_with(&format!(": https://www.googleapis.com/auth/classroom.rosters, {DRIVE}")), "{text}");
    }
}

#[actix_web::test]
async fn a_part_of_a_client_that_is_missing_is_named() {
    for (form, missing) in [
        ("grant_type=refresh_token&refresh_token=r&client_id=one", "client_secret is missing"),
        ("grant_type=refresh_token&refresh_token=r&client_secret=s", "client_id is missing"),
        ("grant_type=refresh_token&refresh_token=r", "client_id and client_secret are missing, in the form or by Basic"),
    ] {
        let answer = send(state(MockTokenGrants::new(), MockIdentityService::new()), post("/token", form)).await;
        assert_eq!((answer.status, &answer.body["error_description"]), (401, &json!(missing)), "{form}");
    }
}

#[actix_web::test]
async fn an_assertion_with_scopes_that_its_owner_lacks_is_not_called_expired() {
    let mut identity = MockIdentityService::new();
    let refused = RequestedScopes { known: [Scope::Rosters].into_iter().collect(), has_unknown: true };
    identity.expect_authenticate_signed().once().returning(move |_, _, _| Err(AuthenticationError::Scope(refused)));
    let bearer = format!("Bearer {}", encoded(HEADER, &claims().to_string()).replace('=', ""));
    let request = TestRequest::get().uri("/v1/courses").insert_header((AUTHORIZATION, bearer));
    let answer = send(state(MockTokenGrants::new(), identity), request).await;
    let info = &answer.body["error"]["details"][0];
    assert_eq!((answer.status, &info["reason"]), (403, &json!("ACCESS_TOKEN_SCOPE_INSUFFICIENT")));
    let names = "https://www.googleapis.com/auth/classroom.rosters, scopes of other services";
    assert_eq!(info["metadata"]["refused_scopes"], names);
    assert!(answer.headers.get("www-authenticate").unwrap().to_str().unwrap().ends_with("error=\"insufficient_scope\""));
}

#[actix_web::test]
async fn a_wrong_client_by_basic_is_asked_for_basic() {
    let mut grants = MockTokenGrants::new();
    grants.expect_grant().once().returning(|_, _| Err(GrantError::Client));
    let basic = "Basic ".to_owned() + &STANDARD.encode("one:secret");
    let request = post("/token", "grant_type=refresh_token&refresh_token=r").insert_header((AUTHORIZATION, basic));
    let answer = send(state(grants, MockIdentityService::new()), request).await;
    assert_eq!((answer.status, answer.headers.get("www-authenticate").unwrap().to_str().unwrap()), (401, "Basic realm=\"derslik\""));
}

#[actix_web::test]
async fn refused_grants_count_against_the_quota_of_their_network_and_failures_do_not() {
    let quotas = RateQuotas { unknown_per_minute: 2, credential_per_minute: 0 };
    let mut grants = MockTokenGrants::new();
    grants.expect_grant().times(4).returning(|_, _| Err(GrantError::Store(StoreError::from(Reason::Locked))));
    let clock = RateClock::Fake(FakeRelativeClock::default());
    let limited = state(grants, MockIdentityService::new()).with_rate_limits_by(quotas, &clock);
    for _ in 0..4 {
        assert_eq!(send(limited.clone(), post("/token", REFRESH)).await.status, 503);
    }
    let statuses = [
        send(limited.clone(), post("/token", "grant_type=x")).await.status,
        send(limited.clone(), post("/token", "grant_type=x")).await.status,
        send(limited, post("/token", "grant_type=x")).await.status,
    ];
    assert_eq!(statuses, [400, 400, 429]);
}

/// The use case asks the quotas: that of signatures for the network, and that of the proof.
#[actix_web::test]
async fn above_a_quota_of_the_use_case_the_answer_is_429_and_nothing_else_is_counted() {
    let quotas = RateQuotas { unknown_per_minute: 1, credential_per_minute: 2 };
    let root = CredentialRoot::Grant(Id::new(5));
    let mut grants = MockTokenGrants::new();
    grants.expect_grant().returning(move |request, quota| {
        match request {
            TokenRequest::Assertion(_) => quota.take_signature()?,
            TokenRequest::Refresh { .. } | TokenRequest::Exchange { .. } => quota.take_token(Id::new(1_329), root)?,
        }
        Ok(granted())
    });
    let clock = RateClock::Fake(FakeRelativeClock::default());
    let limited = state(grants, MockIdentityService::new()).with_rate_limits_by(quotas, &clock);
    let assertion = ASSERTION.to_owned() + &encoded(HEADER, &claims().to_string());
    for (form, expected) in [(assertion.as_str(), &[200, 429, 429][..]), (REFRESH, &[200, 200, 429][..]), (EXCHANGE, &[429][..])] {
        for status in expected {
            let answer = send(limited.clone(), post("/token", form)).await;
            assert_eq!(answer.status, *status, "{form}");
            assert_eq!(answer.headers.contains_key("retry-after"), *status == 429);
        }
    }
    // The quota of refused requests is untouched.
    let statuses = [send(limited.clone(), post("/token", "grant_type=x")).await.status, send(limited, post("/token", "")).await.status];
    assert_eq!(statuses, [400, 429]);
}

#[actix_web::test]
async fn an_assertion_stands_in_place_of_an_access_token() {
    let text = encoded(HEADER, &claims().to_string()).replace('=', "");
    let (mut identity, shown) = (MockIdentityService::new(), text.clone());
    identity.expect_authenticate_signed().once().returning(move |presented, assertion, _| {
        assert_eq!((presented.secret.as_slice(), assertion.issuer.as_str()), (shown.as_bytes(), "timetable@1329.iam.derslik.internal"));
        Err(AuthenticationError::Expired)
    });
    let request = TestRequest::get().uri("/v1/courses").insert_header((AUTHORIZATION, format!("Bearer {text}")));
    assert_eq!(send(state(MockTokenGrants::new(), identity), request).await.status, 401);
}
