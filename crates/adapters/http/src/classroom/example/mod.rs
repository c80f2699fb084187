//! The resource of `docs/adding-a-resource.md`, compiled and called. It is not a part of the service.

mod enrollments;

use std::sync::{Arc, OnceLock};

use actix_web::App;
use actix_web::http::header::AUTHORIZATION;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::{Roster, UserRef};
use derslik_domain::id::Id;
use derslik_ports::inbound::{
    IdempotentOutcome, MemberWithAccess, MockActivityService, MockAttendeeService, MockCourseService, MockIdentityService, MockJobService,
    MockLogInService, MockPeopleService, MockProjectService, MockRosterService, MockSessionService, MockTokenGrants, NewMember,
};
use derslik_testkit::builders::{account, actor_of, user};
use serde_json::{Value, json};

use super::engine::{Api, Slashed, calls_below, description};
use super::{ClassroomSettings, Templates};
use crate::limits::Limits;
use crate::state::{HttpState, Services};

static API: Api = Api {
    resources: &[&enrollments::OPERATIONS],
    described: &[],
    unimplemented: &[],
    slashed: Slashed { variables: &["courseId"], prefixes: &["d:"] },
    scopes: &[],
    parameters: &[],
    document: OnceLock::new(),
};

fn state(rosters: MockRosterService) -> HttpState {
    let mut identity = MockIdentityService::new();
    identity.expect_authenticate().returning(|_| Ok(actor_of(account())));
    let services = Services {
        sessions: Arc::new(MockSessionService::new()),
        attendees: Arc::new(MockAttendeeService::new()),
        people: Arc::new(MockPeopleService::new()),
        log_in: Arc::new(MockLogInService::new()),
        token_grants: Arc::new(MockTokenGrants::new()),
        courses: Arc::new(MockCourseService::new()),
        rosters: Arc::new(rosters),
        jobs: Arc::new(MockJobService::new()),
        projects: Arc::new(MockProjectService::new()),
        activity: Arc::new(MockActivityService::new()),
        identity: Arc::new(identity),
    };
    HttpState::new(services, ClassroomSettings { templates: Templates::default(), page_key: [0; 32] }, Limits::default())
}

/// The status and the body of the answer to a request.
async fn answer(rosters: MockRosterService, request: TestRequest) -> (u16, Value) {
    let app = App::new().app_data(Data::new(state(rosters))).service(calls_below(&API, "/v1")).service(description(&API, "/discovery"));
    let app = init_service(app).await;
    let response = call_service(&app, request.insert_header((AUTHORIZATION, "Bearer t")).to_request()).await;
    (response.status().as_u16(), serde_json::from_slice(&read_body(response).await).unwrap())
}

fn member(number: i64) -> MemberWithAccess {
    MemberWithAccess { course: Id::new(7), user: user(number) }
}

#[actix_web::test]
async fn the_caller_joins_with_the_code_in_the_body() {
    let mut rosters = MockRosterService::new();
    let joins = NewMember { roster: Roster::Students, user: UserRef::Me, code: Some("zi7le".to_owned()) };
    rosters
        .expect_add()
        .once()
        .withf(move |_, course, new_member, idempotent| {
            *course == CourseRef::parse("d:a/b") && *new_member == joins && idempotent.is_none()
        })
        .returning(|_, _, _, _| Ok(IdempotentOutcome::Unkeyed(member(2))));
    let request = TestRequest::post().uri("/v1/courses/d:a/b/enrollments").set_payload(r#"{"enrollment_code":"zi7le"}"#);
    assert_eq!(answer(rosters, request).await, (200, json!({ "courseId": "7", "userId": "2" })));
}

#[actix_web::test]
async fn a_body_without_a_code_is_refused() {
    let request = TestRequest::post().uri("/v1/courses/7/enrollments").set_payload("{}");
    let (status, body) = answer(MockRosterService::new(), request).await;
    assert_eq!((status, &body["error"]["details"][0]["fieldViolations"][0]["field"]), (400, &json!("enrollment.enrollment_code")));
}

#[actix_web::test]
async fn the_path_names_the_student() {
    let mut rosters = MockRosterService::new();
    rosters
        .expect_get()
        .once()
        .withf(|_, course, roster, user| (course, *roster, user) == (&CourseRef::parse("7"), Roster::Students, &UserRef::parse("5")))
        .returning(|_, _, _, _| Ok(member(5)));
    let request = TestRequest::get().uri("/v1/courses/7/enrollments/5?fields=userId");
    assert_eq!(answer(rosters, request).await, (200, json!({ "userId": "5" })));
}

#[actix_web::test]
async fn the_discovery_document_describes_the_resource() {
    let (status, document) = answer(MockRosterService::new(), TestRequest::get().uri("/discovery")).await;
    let methods = &document["resources"]["courses"]["resources"]["enrollments"]["methods"];
    assert_eq!((status, &methods["create"]["request"]["$ref"]), (200, &json!("Enrollment")));
    assert_eq!(document["schemas"]["Enrollment"]["properties"]["userId"]["readOnly"], json!(true));
}

/// The blocks of Rust in a page.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```rust\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block)).collect()
}

#[test]
fn the_guide_shows_the_files_of_this_resource() {
    let files = [
        include_str!("enrollments/messages.rs"),
        include_str!("enrollments/read.rs"),
        include_str!("enrollments/view.rs"),
        include_str!("enrollments/operations.rs"),
        include_str!("enrollments/mod.rs"),
    ];
    assert_eq!(blocks(include_str!("../../../../../../docs/adding-a-resource.md")), files);
}
