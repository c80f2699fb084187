//! The memory that a request may make the service hold, in all dialects.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::App;
use actix_web::body::MessageBody;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Bytes;
use derslik_domain::identity::Scope;
use derslik_domain::page::Page;
use derslik_ports::inbound::{
    AuthenticationError, CourseError, MockActivityService, MockAttendeeService, MockCourseService, MockIdentityService, MockJobService,
    MockLogInService, MockPeopleService, MockProjectService, MockRosterService, MockSessionService, MockTokenGrants,
};
use derslik_testkit::builders::{account, actor_of, guid, session};
use futures_util::future::join_all;

use crate::classroom::{ClassroomSettings, Templates};
use crate::limits::Limits;
use crate::memory::Holder;
use crate::state::{HttpState, Services};

const SESSIONS_BEARER: &str = "Bearer demo-access|0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3";

/// The use cases of an account that accepts every credential but `wrong`.
pub(crate) fn state(courses: MockCourseService) -> HttpState {
    state_with(courses, MockSessionService::new())
}

fn state_with(courses: MockCourseService, sessions: MockSessionService) -> HttpState {
    let mut identity = MockIdentityService::new();
    identity.expect_authenticate().returning(|presented| match presented.secret.as_slice() {
        b"wrong" => Err(AuthenticationError::Invalid),
        _ => Ok(derslik_domain::identity::Actor { scopes: [Scope::Courses].into_iter().collect(), ..actor_of(account()) }),
    });
    state_of(courses, sessions, identity)
}

fn state_of(courses: MockCourseService, sessions: MockSessionService, identity: MockIdentityService) -> HttpState {
    let services = Services {
        sessions: Arc::new(sessions),
        attendees: Arc::new(MockAttendeeService::new()),
        people: Arc::new(MockPeopleService::new()),
        log_in: Arc::new(MockLogInService::new()),
        token_grants: Arc::new(MockTokenGrants::new()),
        courses: Arc::new(courses),
        rosters: Arc::new(MockRosterService::new()),
        jobs: Arc::new(MockJobService::new()),
        projects: Arc::new(MockProjectService::new()),
        activity: Arc::new(MockActivityService::new()),
        identity: Arc::new(identity),
    };
    let classroom = ClassroomSettings { templates: Templates::default(), page_key: [0; 32] };
    HttpState::new(services, classroom, Limits::default())
}

fn post(path: &str, kind: &str, authorization: Option<&str>) -> TestRequest {
    let request = TestRequest::post().uri(path).insert_header((CONTENT_TYPE, kind));
    match authorization {
        Some(value) => request.insert_header((AUTHORIZATION, value)),
        None => request,
    }
}

#[actix_web::test]
async fn requests_without_a_valid_credential_are_refused_before_the_body_is_read() {
    let app = init_service(App::new().configure(|config| crate::configure(config, state(MockCourseService::new())))).await;
    for path in ["/v1/courses", "/v1/courses/7/students", "/xapi/v2/session/batch", "/xapi/session", "/api/v1/projects"] {
        for authorization in [None, Some("Bearer wrong")] {
            // A body that never sends any bytes.
            let never: Payload = Payload::Stream { payload: Box::pin(futures_util::stream::pending()) };
            let request = post(path, "application/json", authorization).to_request().replace_payload(never).0;
            let response = call_service(&app, request).await;
            assert_eq!(response.status(), 401, "{path}");
        }
    }
}

#[actix_web::test]
async fn a_credential_that_ends_while_a_body_is_on_its_way_is_refused() {
    let mut identity = MockIdentityService::new();
    identity.expect_authenticate().once().returning(|_| Ok(actor_of(account())));
    identity.expect_authenticate().once().returning(|_| Err(AuthenticationError::Invalid));
    let state = state_of(MockCourseService::new(), MockSessionService::new(), identity);
    let app = init_service(App::new().configure(|config| crate::configure(config, state))).await;
    let late = futures_util::stream::once(async {
        tokio::time::sleep(Duration::from_millis(120)).await;
        Ok::<_, PayloadError>(Bytes::from_static(b"{}"))
    });
    let request = post("/v1/courses", "application/json", Some("Bearer right")).to_request();
    let late: actix_http::BoxedPayloadStream = Box::pin(late);
    let request = request.replace_payload(Payload::Stream { payload: late }).0;
    assert_eq!(call_service(&app, request).await.status(), 401);
}

#[actix_web::test]
async fn bodies_of_requests_without_a_known_credential_are_short() {
    const MIB: usize = 1024 * 1024;
    let app = init_service(App::new().configure(|config| crate::configure(config, state(MockCourseService::new())))).await;
    let form = "application/x-www-form-urlencoded";
    let multipart = "multipart/mixed; boundary=b";
    let send = async |path, kind, authorization, bytes| {
        let request = post(path, kind, authorization).insert_header(("x-http-method-override", "GET")).set_payload(vec![b'a'; bytes]);
        call_service(&app, request.to_request()).await.status().as_u16()
    };
    for (path, kind) in [("/auth/connect/token", form), ("/v1/courses", form), ("/batch", multipart)] {
        assert_eq!(send(path, kind, None, MIB + 1).await, 413, "{path}");
        assert_ne!(send(path, kind, None, MIB).await, 413, "{path}");
    }
    assert_eq!(send("/batch", multipart, Some("Bearer wrong"), MIB + 1).await, 413);
    assert_eq!(send("/batch", multipart, Some("Bearer right"), MIB + 1).await, 400);
    assert_eq!(send("/v1/courses", form, Some("Bearer right"), MIB + 1).await, 400);
}

#[actix_web::test]
async fn a_part_of_a_batch_is_carried_out_once_the_answer_before_it_was_taken() {
    let begun = Arc::new(AtomicUsize::new(0));
    let (mut courses, counter) = (MockCourseService::new(), Arc::clone(&begun));
    courses.expect_get().times(3).returning(move |_, _| {
        counter.fetch_add(1, Ordering::Relaxed);
        Err(CourseError::NotFound)
    });
    let app = init_service(App::new().configure(|config| crate::configure(config, state(courses)))).await;
    let part = |number| format!("--b\nContent-Type: application/http\nContent-ID: <{number}>\n\nGET /v1/courses/{number} HTTP/1.1\n\n");
    let body: String = (1..=3).map(part).collect::<String>() + "--b--";
    let request = post("/batch", "multipart/mixed; boundary=b", Some("Bearer right")).set_payload(body);
    let mut answer = pin!(call_service(&app, request.to_request()).await.into_body());
    let mut texts = Vec::new();
    while let Some(piece) = poll_fn(|context| answer.as_mut().poll_next(context)).await {
        let piece: Bytes = piece.unwrap();
        texts.push(String::from_utf8(piece.to_vec()).unwrap());
        assert_eq!(begun.load(Ordering::Relaxed), texts.len().min(3));
    }
    assert!(texts.iter().take(3).zip(1..).all(|(text, number)| text.contains(&format!("<response-{number}>"))), "{texts:?}");
    assert_eq!(texts.last().map(|text| text.matches("--").count()), Some(2));
}

#[actix_web::test]
async fn the_parts_of_a_long_page_of_sessions_make_one_list() {
    let mut sessions = MockSessionService::new();
    sessions.expect_search().times(3).returning(|_, filter| {
        let (first, left) = (u128::from(filter.page.offset()), filter.page.size());
        let entries: Vec<_> = (first..).take(left.min(20).try_into().unwrap()).map(|number| session(guid(number))).collect();
        Ok(Page { entries, more: left > 20 })
    });
    let state = state_with(MockCourseService::new(), sessions);
    let app = init_service(App::new().configure(|config| crate::configure(config, state))).await;
    let request = post("/xapi/v2/session/search", "application/json", Some(SESSIONS_BEARER));
    let request = request.set_payload(r#"{"page_size":50,"page_number":2}"#).to_request();
    let list: serde_json::Value = serde_json::from_slice(&read_body(call_service(&app, request).await).await).unwrap();
    let guids: Vec<_> = list.as_array().unwrap().iter().map(|session| session["session_guid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(guids, (50..100).map(|number| guid(number).to_string()).collect::<Vec<_>>());
}

#[actix_web::test]
async fn a_list_without_free_memory_is_refused_as_unavailable_in_the_form_of_its_dialect() {
    let state = state(MockCourseService::new());
    let me = Holder::of(&actor_of(account()));
    let taken = state.response_budget().reserve(me, usize::MAX).await.unwrap();
    let app = init_service(App::new().configure(|config| crate::configure(config, state.clone()))).await;
    let asked = [
        (TestRequest::get().uri("/v1/courses"), "Bearer right", r#""status": "UNAVAILABLE""#),
        (TestRequest::post().uri("/xapi/v2/session/search").set_payload("{}"), SESSIONS_BEARER, r#""code":11,"#),
        (TestRequest::get().uri("/xapi/user"), SESSIONS_BEARER, r#""code":11,"#),
        (TestRequest::get().uri("/api/v1/3sWXSsqHgSKnE87YkNJK/jobs"), "right", r#"{"errors":["#),
    ];
    let answers = asked.map(|(request, authorization, words)| {
        let app = &app;
        async move {
            let response = call_service(app, request.insert_header((AUTHORIZATION, authorization)).to_request()).await;
            assert_eq!((response.status().as_u16(), response.headers().contains_key(RETRY_AFTER)), (503, true), "{words}");
            let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
            assert!(text.contains(words), "{text}");
        }
    });
    join_all(answers).await;
    drop(taken);
}
