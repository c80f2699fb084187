//! The answers of the metadata server to clients, and its refusals.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::App;
use actix_web::http::Method;
use actix_web::http::header::RETRY_AFTER;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use derslik_domain::id::Id;
use derslik_domain::identity::{Delegation, Scope, Scopes, ServiceAccount, ServiceAddress};
use derslik_ports::inbound::{GrantError, GrantedToken, MockTokenGrants, RequestedScopes};
use derslik_ports::{Reason, StoreError};
use derslik_testkit::builders::now;
use governor::clock::FakeRelativeClock;
use rstest::rstest;
use serde_json::{Value, json};

use super::checks::{FLAVOR, FLAVOR_VALUE};
use super::routes::{configure, configure_within};
use super::{MetadataServer, start};
use crate::rate::{RateClock, RateLimits, RateQuotas};

const ADDRESS: &str = "timetable@1329.iam.derslik.internal";
const TOKEN: &str = "/computeMetadata/v1/instance/service-accounts/default/token";

fn address() -> ServiceAddress {
    ADDRESS.parse().unwrap()
}

fn scopes(scopes: &[Scope]) -> Scopes {
    scopes.iter().copied().collect()
}

fn service() -> ServiceAccount {
    ServiceAccount {
        address: address(),
        principal: Id::new(7),
        scopes: scopes(&[Scope::Courses, Scope::Rosters]),
        delegation: Delegation::None,
        created_at: now(),
    }
}

fn server(grants: MockTokenGrants) -> MetadataServer {
    MetadataServer { grants: Arc::new(grants), account: address(), universe_domain: "okul.example".to_owned(), any_host: false }
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header((FLAVOR, FLAVOR_VALUE)).insert_header(("host", "127.0.0.1:8082"))
}

/// An answer: its status, its content type and its body.
async fn ask(server: MetadataServer, request: TestRequest) -> (u16, String, String) {
    let app = init_service(App::new().configure(move |config| configure(config, Data::new(server)))).await;
    let response = call_service(&app, request.to_request()).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    assert_eq!(headers.contains_key(RETRY_AFTER), status == 503);
    let kind = headers.get("content-type").unwrap().to_str().unwrap().to_owned();
    (status, kind, String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

/// A server that issues a token for `expected` scopes.
fn issuing(expected: Option<Scopes>) -> MetadataServer {
    let mut grants = MockTokenGrants::new();
    grants.expect_find_service_account().returning(|_| Ok(Some(service())));
    grants.expect_grant_to().once().returning(move |account, requested| {
        assert_eq!((account, requested), (address(), expected.map(|known| RequestedScopes { known, has_unknown: false })));
        Ok(GrantedToken { token: "issued".to_owned(), seconds: 3_600, scopes: Scopes::default() })
    });
    server(grants)
}

#[rstest]
#[case("/", "computeMetadata/\n")]
#[case("/computeMetadata/v1/instance", "service-accounts/\n")]
#[case("/computeMetadata/v1/instance/service-accounts/", "default/\ntimetable@1329.iam.derslik.internal/\n")]
#[case("/computeMetadata/v1/instance/service-accounts/default/email", ADDRESS)]
#[case("/computeMetadata/v1/project/project-id", "derslik-1329")]
#[case("/computeMetadata/v1/project/numeric-project-id", "1329")]
#[case("/computeMetadata/v1/universe/universe-domain", "okul.example")]
#[actix_web::test]
async fn what_clients_ask_before_a_token_needs_no_database(#[case] path: &str, #[case] expected: &str) {
    let answer = ask(server(MockTokenGrants::new()), get(path)).await;
    assert_eq!(answer, (200, "application/text".to_owned(), expected.to_owned()));
}

#[actix_web::test]
async fn the_service_account_is_described_with_its_scopes() {
    let mut grants = MockTokenGrants::new();
    grants.expect_find_service_account().returning(|_| Ok(Some(service())));
    let server = server(grants);
    let path = "/computeMetadata/v1/instance/service-accounts/default/?recursive=true";
    let (status, kind, body) = ask(server.clone(), get(path)).await;
    let names = ["https://www.googleapis.com/auth/classroom.courses", "https://www.googleapis.com/auth/classroom.rosters"];
    assert_eq!((status, kind.as_str()), (200, "application/json"));
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body, json!({ "aliases": ["default"], "email": ADDRESS, "scopes": names }));
    let (_, _, body) = ask(server, get("/computeMetadata/v1/instance/service-accounts/default/scopes")).await;
    assert_eq!(body.lines().collect::<Vec<_>>(), names);
}

#[rstest]
#[case("/computeMetadata?recursive=true", "/v1")]
#[case("/computeMetadata/v1/?recursive=true", "")]
#[case("/computeMetadata/v1/instance/?recursive=True&alt=json", "/instance")]
#[case("/computeMetadata/v1/instance/service-accounts/?recursive=true", "/instance/serviceAccounts")]
#[case("/computeMetadata/v1/instance/service-accounts/default/?recursive=true", "/instance/serviceAccounts/default")]
#[case("/computeMetadata/v1/project/?recursive=true", "/project")]
#[case("/computeMetadata/v1/universe/?recursive=true", "/universe")]
#[actix_web::test]
async fn each_folder_is_told_with_all_that_stands_below_it(#[case] path: &str, #[case] place: &str) {
    let names = ["https://www.googleapis.com/auth/classroom.courses", "https://www.googleapis.com/auth/classroom.rosters"];
    let account = json!({ "aliases": ["default"], "email": ADDRESS, "scopes": names });
    let all = json!({
        "instance": { "serviceAccounts": { "default": account, ADDRESS: account } },
        "project": { "numericProjectId": 1329, "projectId": "derslik-1329" },
        "universe": { "universeDomain": "okul.example" },
    });
    let expected = if place == "/v1" { json!({ "v1": all }) } else { all.pointer(place).unwrap().clone() };
    let mut grants = MockTokenGrants::new();
    grants.expect_find_service_account().returning(|_| Ok(Some(service())));
    let (status, kind, body) = ask(server(grants), get(path)).await;
    assert_eq!((status, kind.as_str()), (200, "application/json"));
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
}

#[actix_web::test]
async fn a_folder_with_the_service_account_needs_one() {
    for path in ["/computeMetadata/v1/?recursive=true", "/computeMetadata/v1/instance/service-accounts/default/"] {
        let mut grants = MockTokenGrants::new();
        grants.expect_find_service_account().once().returning(|_| Ok(None));
        assert_eq!(ask(server(grants), get(path)).await.0, 404, "{path}");
    }
}

#[rstest]
#[case("", Some(service()), 200)]
#[case("?scopes=classroom.courses,classroom.topics", Some(service()), 200)]
#[case("?scopes=classroom.topics", Some(service()), 403)]
#[case("", None, 404)]
#[actix_web::test]
async fn a_look_at_a_token_makes_none(#[case] query: &str, #[case] found: Option<ServiceAccount>, #[case] status: u16) {
    let mut grants = MockTokenGrants::new();
    grants.expect_find_service_account().once().returning(move |_| Ok(found.clone()));
    grants.expect_grant_to().never();
    let answer = ask(server(grants), get(&format!("{TOKEN}{query}")).method(Method::HEAD)).await;
    assert_eq!((answer.0, answer.2.contains("access_token")), (status, false));
}

#[rstest]
#[case("", None)]
#[case("?scopes=", None)]
#[case("?scopes=https://www.googleapis.com/auth/classroom.courses", Some(scopes(&[Scope::Courses])))]
#[case("?scopes=classroom.courses,classroom.rosters", Some(scopes(&[Scope::Courses, Scope::Rosters])))]
#[case("?scopes=classroom.courses%20classroom.topics,email,classroom.courses.readonly", Some(scopes(&[Scope::Courses])))]
#[actix_web::test]
async fn a_token_has_the_scopes_that_are_asked_for_as_far_as_the_service_account_has_them(
    #[case] query: &str,
    #[case] expected: Option<Scopes>,
) {
    let (status, kind, body) = ask(issuing(expected), get(&format!("{TOKEN}{query}"))).await;
    assert_eq!((status, kind.as_str()), (200, "application/json"));
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body, json!({ "access_token": "issued", "expires_in": 3_600, "token_type": "Bearer" }));
}

#[actix_web::test]
async fn there_is_no_token_without_a_scope_without_the_account_and_without_the_database() {
    let path = format!("{TOKEN}?scopes=classroom.topics,openid");
    let mut grants = MockTokenGrants::new();
    grants.expect_find_service_account().returning(|_| Ok(Some(service())));
    assert_eq!(ask(server(grants), get(&path)).await.0, 403);
    let mut grants = MockTokenGrants::new();
    grants.expect_find_service_account().returning(|_| Ok(None));
    assert_eq!(ask(server(grants), get(&path)).await.0, 404);
    let no_scope = || GrantError::Scope(RequestedScopes { known: scopes(&[Scope::Jobs]), has_unknown: false });
    let refused: [(fn() -> GrantError, u16); 3] =
        [(|| GrantError::Invalid, 404), (no_scope, 403), (|| GrantError::Store(StoreError::from(Reason::Locked)), 503)];
    for (error, status) in refused {
        let mut grants = MockTokenGrants::new();
        grants.expect_grant_to().once().returning(move |_, _| Err(error()));
        assert_eq!(ask(server(grants), get(TOKEN)).await.0, status);
    }
}

#[rstest]
#[case::no_flavor(TestRequest::get().uri(TOKEN).insert_header(("host", "127.0.0.1:8082")), 403)]
#[case::other_flavor(get(TOKEN).insert_header((FLAVOR, "google")), 403)]
#[case::forwarded(get(TOKEN).insert_header(("x-forwarded-for", "")), 403)]
#[case::forwarded_by_the_standard(get(TOKEN).insert_header(("forwarded", "for=192.0.2.7")), 403)]
#[case::via(get(TOKEN).insert_header(("via", "1.1 proxy")), 403)]
#[case::page(get(TOKEN).insert_header(("origin", "http://127.0.0.1:8082")), 403)]
#[case::fetched(get(TOKEN).insert_header(("sec-fetch-site", "same-origin")), 403)]
#[case::rebound(get(TOKEN).insert_header(("host", "rebound.example:8082")), 403)]
#[case::rebound_address(get(TOKEN).insert_header(("host", "127.0.0.1.rebound.example")), 403)]
#[case::word_for_a_port(get(TOKEN).insert_header(("host", "localhost:x.rebound.example")), 403)]
#[case::after_the_port(get(TOKEN).insert_header(("host", "127.0.0.1:80:rebound")), 403)]
#[case::after_the_brackets(get(TOKEN).insert_header(("host", "[127.0.0.1]rebound.example")), 403)]
#[case::without_host(TestRequest::get().uri(TOKEN).insert_header((FLAVOR, FLAVOR_VALUE)), 403)]
#[case::two_hosts(get(TOKEN).append_header(("host", "rebound.example")), 403)]
#[case::target(get("http://rebound.example/computeMetadata/v1/instance/service-accounts/default/token"), 403)]
#[case::post(get(TOKEN).method(Method::POST), 405)]
#[case::preflight(get(TOKEN).method(Method::OPTIONS), 405)]
#[case::other_account(get("/computeMetadata/v1/instance/service-accounts/other@1329.iam.derslik.internal/token"), 404)]
#[case::identity(get("/computeMetadata/v1/instance/service-accounts/default/identity?audience=a"), 404)]
#[case::api(get("/v1/courses"), 404)]
#[actix_web::test]
async fn what_no_client_of_a_metadata_server_sends_is_refused(#[case] request: TestRequest, #[case] status: u16) {
    assert_eq!(ask(server(MockTokenGrants::new()), request).await.0, status);
}

#[actix_web::test]
async fn an_identity_token_is_refused_by_name() {
    let path = "/computeMetadata/v1/instance/service-accounts/default/identity?audience=a";
    let (status, _, text) = ask(server(MockTokenGrants::new()), get(path)).await;
    assert!(status == 404 && text.starts_with("identity tokens are not given out"), "{text}");
}

#[rstest]
#[actix_web::test]
async fn names_of_this_machine_are_known(
    #[values("localhost:8082", "Metadata.google.internal", "metadata", "[::1]:80", "10.0.0.7")] host: &str,
) {
    assert_eq!(ask(issuing(None), get(TOKEN).insert_header(("host", host))).await.0, 200);
}

#[actix_web::test]
async fn tokens_are_given_a_limited_number_of_times_in_a_minute() {
    let mut grants = MockTokenGrants::new();
    grants
        .expect_grant_to()
        .times(2)
        .returning(|_, _| Ok(GrantedToken { token: "issued".to_owned(), seconds: 3_600, scopes: Scopes::default() }));
    let quotas = RateQuotas { unknown_per_minute: 2, credential_per_minute: 0 };
    let (server, limits) = (server(grants), RateLimits::new(quotas, &RateClock::Fake(FakeRelativeClock::default())));
    let app = init_service(App::new().configure(move |config| configure_within(config, Data::new(server), limits))).await;
    for status in [200, 200, 429, 429] {
        let answer = call_service(&app, get(TOKEN).to_request()).await;
        assert_eq!((answer.status().as_u16(), answer.headers().contains_key(RETRY_AFTER)), (status, status == 429));
    }
    // Other questions have no limit.
    assert_eq!(call_service(&app, get("/").to_request()).await.status().as_u16(), 200);
}

#[actix_web::test]
async fn a_listener_for_other_machines_is_called_by_any_name() {
    let server = MetadataServer { any_host: true, ..issuing(None) };
    assert_eq!(ask(server, get(TOKEN).insert_header(("host", "derslik:8082"))).await.0, 200);
}

#[test]
fn every_answer_carries_the_flavor_and_the_listener_stops() {
    use std::io::{Read, Write};

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let running = start(listener, server(MockTokenGrants::new())).unwrap();
    for (head, status) in [("GET / HTTP/1.1\r\nMetadata-Flavor: Google\r\n", "200"), ("GET / HTTP/1.1\r\n", "403")] {
        let mut stream = std::net::TcpStream::connect(running.address()).unwrap();
        write!(stream, "{head}Host: {}\r\n\r\n", running.address()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let answer = answer.to_ascii_lowercase();
        assert!(answer.starts_with(&format!("http/1.1 {status} ")), "{answer}");
        assert!(answer.contains("\r\nmetadata-flavor: google\r\n") && answer.contains("\r\ncache-control: no-store\r\n"), "{answer}");
        assert!(!answer.contains("access-control-"), "{answer}");
    }
    running.stop();
}
