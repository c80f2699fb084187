//! Answers of the sessions API when a port fails.
#![cfg(test)]

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use actix_web::{App, test};
use derslik_domain::identity::{Denial, Scope};
use derslik_http::classroom::{ClassroomSettings, Templates};
use derslik_http::{HttpState, Limits, Services, configure};
use derslik_ports::inbound::{
    AuthenticationError, MockActivityService, MockAttendeeService, MockCourseService, MockIdentityService, MockJobService,
    MockLogInService, MockPeopleService, MockProjectService, MockRosterService, MockSessionService, MockTokenGrants, ServiceError,
};
use derslik_ports::{Reason, StoreError};
use derslik_testkit::builders::{account, actor_of};
use serde_json::{Value, json};

/// The answer to a search: its status, its `Retry-After` in seconds, and its body.
async fn answer(sessions: MockSessionService, identity: MockIdentityService) -> (StatusCode, Option<String>, Value) {
    let services = Services {
        sessions: Arc::new(sessions),
        attendees: Arc::new(MockAttendeeService::new()),
        people: Arc::new(MockPeopleService::new()),
        log_in: Arc::new(MockLogInService::new()),
        token_grants: Arc::new(MockTokenGrants::new()),
        courses: Arc::new(MockCourseService::new()),
        rosters: Arc::new(MockRosterService::new()),
        jobs: Arc::new(MockJobService::new()),
        projects: Arc::new(MockProjectService::new()),
        activity: Arc::new(MockActivityService::new()),
        identity: Arc::new(identity),
    };
    let classroom = ClassroomSettings { templates: Templates::default(), page_key: [0; 32] };
    let state = HttpState::new(services, classroom, Limits::default());
    let app = test::init_service(App::new().configure(|config| configure(config, state))).await;
    let bearer = format!("Bearer demo-access|{}", "0".repeat(64));
    let request = test::TestRequest::post().uri("/xapi/v2/session/search").insert_header((AUTHORIZATION, bearer));
    let response = test::call_service(&app, request.insert_header((CONTENT_TYPE, "application/json")).set_payload("{}").to_request()).await;
    let wait = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
    (response.status(), wait, test::read_body_json(response).await)
}

fn known() -> MockIdentityService {
    let mut identity = MockIdentityService::new();
    identity.expect_authenticate().returning(|_| Ok(actor_of(account())));
    identity
}

fn failing(error: impl Fn() -> ServiceError + Send + 'static) -> MockSessionService {
    let mut sessions = MockSessionService::new();
    sessions.expect_search().returning(move |_, _| Err(error()));
    sessions
}

#[actix_web::test]
async fn an_unreachable_database_is_answered_with_retry_after() {
    let wanted = (StatusCode::SERVICE_UNAVAILABLE, Some("1".to_owned()), json!(11));
    let by_service = answer(failing(|| StoreError::from(Reason::Unreachable).into()), known()).await;
    assert_eq!((by_service.0, by_service.1, by_service.2["code"].clone()), wanted);

    let mut identity = MockIdentityService::new();
    identity.expect_authenticate().returning(|_| Err(AuthenticationError::Store(StoreError::from(Reason::Unreachable))));
    let by_identity = answer(MockSessionService::new(), identity).await;
    assert_eq!((by_identity.0, by_identity.1, by_identity.2["code"].clone()), wanted);
}

#[actix_web::test]
async fn an_internal_failure_does_not_reveal_its_cause() {
    let (status, _, body) = answer(failing(|| StoreError::Other("password=hunter2".into()).into()), known()).await;
    assert_eq!((status, body["code"].clone()), (StatusCode::INTERNAL_SERVER_ERROR, json!(10)));
    assert!(!body.to_string().contains("hunter2"));
}

#[actix_web::test]
async fn a_credential_without_the_scope_is_refused_as_such() {
    let (status, _, body) = answer(failing(|| Denial::Scope(Scope::Sessions).into()), known()).await;
    assert_eq!((status, body["code"].clone()), (StatusCode::UNAUTHORIZED, json!(17)));
}
