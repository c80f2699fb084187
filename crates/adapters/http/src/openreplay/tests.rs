//! The calls of the dialect over mocked use cases, which expect each call.

use std::sync::Arc;

use actix_web::App;
use actix_web::http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use derslik_domain::attendee::{Attendance, AttendedSession};
use derslik_domain::id::{Id, JobId, ProjectId};
use derslik_domain::identity::CredentialKind;
use derslik_domain::job::{
    ErasedUser, ErasureCounts, ErasureKind, Event, Job, JobStatus, NewJob, Platform, Project, ProjectName, ReferenceId, UserPlace,
};
use derslik_domain::page::Page;
use derslik_domain::rows::RowCount;
use derslik_domain::session::SessionDuration;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{
    AttendedSessions, AuthenticationError, JobError, MockActivityService, MockAttendeeService, MockCourseService, MockIdentityService,
    MockJobService, MockLogInService, MockPeopleService, MockProjectService, MockRosterService, MockSessionService, MockTokenGrants,
    RequestedErasure,
};
use derslik_ports::{Reason, StoreError};
use derslik_testkit::builders::{account, actor_of, guid, now, user as user_of};

use super::compat::JobsCompat;
use crate::classroom::{ClassroomSettings, Templates};
use crate::limits::Limits;
use crate::state::{HttpState, Services};

pub(super) const KEY: &str = "3sWXSsqHgSKnE87YkNJK";

/// The use cases of an account with the one project [`KEY`] and the one organization key `right`.
pub(super) fn state(jobs: MockJobService) -> HttpState {
    state_with(jobs, MockActivityService::new())
}

pub(super) fn state_with(jobs: MockJobService, activity: MockActivityService) -> HttpState {
    let mut identity = MockIdentityService::new();
    identity.expect_authenticate().returning(|presented| {
        assert_eq!(presented.kind, CredentialKind::AccountKey);
        if presented.secret == b"right" { Ok(actor_of(account())) } else { Err(AuthenticationError::Invalid) }
    });
    let mut projects = MockProjectService::new();
    projects.expect_get().returning(|_, key| if key.as_str() == KEY { Ok(project()) } else { Err(JobError::ProjectNotFound) });
    projects.expect_list().returning(|_, _| Ok(vec![project()]));
    let services = Services {
        sessions: Arc::new(MockSessionService::new()),
        attendees: Arc::new(MockAttendeeService::new()),
        people: Arc::new(MockPeopleService::new()),
        log_in: Arc::new(MockLogInService::new()),
        token_grants: Arc::new(MockTokenGrants::new()),
        courses: Arc::new(MockCourseService::new()),
        rosters: Arc::new(MockRosterService::new()),
        jobs: Arc::new(jobs),
        projects: Arc::new(projects),
        activity: Arc::new(activity),
        identity: Arc::new(identity),
    };
    let classroom = ClassroomSettings { templates: Templates::default(), page_key: [0; 32] };
    HttpState::new(services, classroom, Limits::default())
}

pub(super) fn project() -> Project {
    let name = ProjectName::new("Demo").unwrap();
    Project { id: Id::new(1), key: KEY.parse().unwrap(), name, platform: Platform::Web, created_at: now() }
}

pub(super) fn job(id: i64) -> Job {
    let created = Timestamp::from_micros(1_623_912_955_277_000);
    NewJob::delete_user_data(ProjectId::new(1), ReferenceId::new("mehdi").unwrap(), created).into_job(JobId::new(id))
}

pub(super) const SHOWN: &str = r#""description":"Delete user sessions of userId = mehdi","status":"scheduled","projectId":1,"action":"delete_user_data","referenceId":"mehdi","createdAt":1623912955277,"updatedAt":1623912955277,"startAt":1623974400000,"errors":null}"#;

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: Option<String>,
    pub(super) allow: Option<String>,
    retry_after: bool,
    pub(super) body: String,
}

async fn ask(state: HttpState, method: Method, path: &str, key: Option<&str>) -> Answer {
    send(state, method, path, key, None).await
}

/// As [`ask`], with a body.
pub(super) async fn send(state: HttpState, method: Method, path: &str, key: Option<&str>, body: Option<&str>) -> Answer {
    let app = init_service(App::new().configure(|config| crate::configure(config, state))).await;
    let mut request = TestRequest::default().method(method).uri(path);
    if let Some(key) = key {
        request = request.insert_header((AUTHORIZATION, key));
    }
    if let Some(body) = body {
        request = request.set_payload(body.to_owned());
    }
    let response = call_service(&app, request.to_request()).await;
    let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    Answer {
        status: response.status(),
        content_type: header(CONTENT_TYPE),
        allow: header(ALLOW),
        retry_after: response.headers().contains_key(RETRY_AFTER),
        body: String::from_utf8(read_body(response).await.to_vec()).unwrap(),
    }
}

async fn get(jobs: MockJobService, path: &str) -> (u16, String) {
    let answer = ask(state(jobs), Method::GET, path, Some("right")).await;
    (answer.status.as_u16(), answer.body)
}

#[actix_web::test]
async fn a_job_is_shown_below_both_prefixes_and_to_both_forms_of_the_key() {
    for (prefix, key) in [("/api/v1", "right"), ("/v1", "right"), ("/api/v1", "Bearer right")] {
        let mut jobs = MockJobService::new();
        jobs.expect_get().once().returning(|_, _, id| Ok(job(id.get()).into()));
        let answer = ask(state(jobs), Method::GET, &format!("{prefix}/{KEY}/jobs/3451"), Some(key)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body, format!(r#"{{"data":{{"jobId":3451,{SHOWN}}}"#));
    }
}

#[actix_web::test]
async fn the_key_is_checked_before_the_project_and_the_project_before_the_job() {
    let path = "/api/v1/unknown/jobs/abc";
    let without_key = ask(state(MockJobService::new()), Method::GET, path, None).await;
    assert_eq!((without_key.status.as_u16(), without_key.body.as_str()), (401, r#"{"errors":["Not authenticated"]}"#));
    let wrong_key = ask(state(MockJobService::new()), Method::GET, path, Some("wrong")).await;
    assert_eq!((wrong_key.status.as_u16(), wrong_key.body.as_str()), (401, r#"{"errors":["Invalid API Key"]}"#));
    let not_found = (404, r#"{"errors":["project not found."]}"#.to_owned());
    assert_eq!(get(MockJobService::new(), path).await, not_found);
    assert_eq!(get(MockJobService::new(), "/api/v1/99999999999999999999/jobs/abc").await, not_found);
}

#[actix_web::test]
async fn a_path_that_only_a_project_can_have_is_answered_by_this_api_and_the_rest_by_the_courses() {
    let ours = [
        format!("/v1/{KEY}/users/"),
        format!("/v1/{KEY}/users"),
        format!("/v1/{KEY}/users/a/b/c"),
        format!("/v1/{KEY}/events"),
        format!("/v1/{KEY}"),
        format!("/v1/{KEY}/"),
        "/v1/unknown/users/".to_owned(),
        "/v1/unknown/jobs/1/2".to_owned(),
        "/v1/projects/unknown/more".to_owned(),
    ];
    for path in &ours {
        for method in [Method::GET, Method::DELETE] {
            let answer = ask(state(MockJobService::new()), method, path, Some("right")).await;
            assert_eq!((answer.status.as_u16(), answer.body.as_str()), (404, r#"{"detail":"Not Found"}"#), "{path}");
        }
    }
    for path in ["/v1", "/v1/", "/v1/lessons", "/v1/lessons/jobs2", "/v1/courses/users/lessons", "/v1/invitations2/1"] {
        let answer = ask(state(MockJobService::new()), Method::GET, path, Some("right")).await;
        assert!(answer.status == 404 && answer.body.contains("NOT_FOUND"), "{path}: {} {}", answer.status, answer.body);
    }
}

#[actix_web::test]
async fn a_job_id_that_is_not_an_integer_is_unprocessable_and_one_that_is_too_large_is_unknown() {
    let (status, body) = get(MockJobService::new(), &format!("/api/v1/{KEY}/jobs/1.0")).await;
    let expected = r#"{"detail":[{"type":"int_parsing","loc":["path","jobId"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"1.0"}]}"#;
    assert_eq!((status, body.as_str()), (422, expected));
    let unknown = get(MockJobService::new(), &format!("/api/v1/{KEY}/jobs/9223372036854775808")).await;
    assert_eq!(unknown, (404, r#"{"errors":["Job not found."]}"#.to_owned()));
}

#[actix_web::test]
async fn a_refused_cancel_has_the_status_of_the_document_or_of_the_release() {
    for (compat, status) in [(JobsCompat::Documented, 501), (JobsCompat::Release126, 400)] {
        let mut jobs = MockJobService::new();
        jobs.expect_cancel().returning(|_, _, _| Err(JobError::NotCancellable(JobStatus::Completed)));
        let state = state(jobs).with_jobs_compat(compat);
        let answer = ask(state, Method::DELETE, &format!("/api/v1/{KEY}/jobs/1"), Some("right")).await;
        let body = r#"{"errors":["The request job has already been canceled/completed."]}"#;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (status, body));
    }
}

#[actix_web::test]
async fn a_cancelled_job_is_shown_as_such() {
    let mut jobs = MockJobService::new();
    jobs.expect_cancel().returning(|_, _, id| Ok(job(id.get()).apply(Event::Cancel, now()).unwrap().0));
    let answer = ask(state(jobs), Method::DELETE, &format!("/api/v1/{KEY}/jobs/3451"), Some("right")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains(r#""jobId":3451"#) && answer.body.contains(r#""status":"cancelled""#), "{}", answer.body);
}

#[actix_web::test]
async fn the_release_shows_nothing_for_an_unknown_job() {
    let mut jobs = MockJobService::new();
    jobs.expect_get().returning(|_, _, _| Err(JobError::JobNotFound));
    let state = state(jobs).with_jobs_compat(JobsCompat::Release126);
    let answer = ask(state, Method::GET, &format!("/api/v1/{KEY}/jobs/1"), Some("right")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, r#"{"data":{}}"#));
}

#[actix_web::test]
async fn a_user_id_is_any_text_without_nul() {
    for (path, user) in [("a%2Fb", "a/b"), ("mehdi@openreplay.com", "mehdi@openreplay.com"), ("%D9%85%20%2B", "م +")] {
        let mut jobs = MockJobService::new();
        jobs.expect_erase_user().once().returning(move |_, _, reference| {
            assert_eq!(reference.as_str(), user);
            Ok(RequestedErasure::Created(job(1)))
        });
        let answer = ask(state(jobs), Method::DELETE, &format!("/api/v1/{KEY}/users/{path}"), Some("right")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    for path in ["a%00b".to_owned(), "x".repeat(1_001), "%ff".to_owned()] {
        let answer = ask(state(MockJobService::new()), Method::DELETE, &format!("/api/v1/{KEY}/users/{path}"), Some("right")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
}

const COUNTS: &str = r#"{"credentials":0,"attendances":0,"sessions":3,"memberships":0,"answers":0,"profile":1}"#;

pub(super) fn counts() -> ErasureCounts {
    ErasureCounts::default().with(ErasureKind::Sessions, RowCount::new(3)).with(ErasureKind::Profile, RowCount::new(1))
}

#[actix_web::test]
async fn a_dry_run_tells_what_would_go_and_makes_no_job() {
    let mut jobs = MockJobService::new();
    jobs.expect_preview_erasure().once().returning(|_, _, user| {
        assert_eq!(user.as_str(), "a/b");
        Ok(counts())
    });
    let answer = ask(state(jobs), Method::DELETE, &format!("/api/v1/{KEY}/users/a%2Fb?dry_run=true"), Some("right")).await;
    assert_eq!(answer.body, format!(r#"{{"data":{{"userId":"a/b","dryRun":true,"counts":{COUNTS}}}}}"#));
    // Neither an erasure nor a look: no use case is called.
    for query in ["dry_run=yes", "dry_run=", "dry_run=true&dry_run=false"] {
        let path = format!("/api/v1/{KEY}/users/a?{query}");
        let answer = ask(state(MockJobService::new()), Method::DELETE, &path, Some("right")).await;
        assert!(answer.status == 422 && answer.body.contains(r#""loc":["query","dry_run"]"#), "{query}: {}", answer.body);
    }
    let elsewhere = ask(state(MockJobService::new()), Method::DELETE, "/api/v1/unknown/users/a?dry_run=yes", Some("right")).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_dry_run_of_many_tells_what_would_go_of_each_and_makes_no_job() {
    let users: Vec<String> = (0..45).map(|number| format!("user{number}")).collect();
    let body = serde_json::json!({ "userIds": users }).to_string();
    let path = format!("/api/v1/{KEY}/users/erase");
    let mut jobs = MockJobService::new();
    jobs.expect_preview_erasure().times(45).returning(|_, _, _| Ok(counts()));
    jobs.expect_erase_users().never();
    let answer = send(state(jobs), Method::POST, &format!("{path}?dry_run=true"), Some("right"), Some(&body)).await;
    let shown: Vec<String> = users.iter().map(|user| format!(r#"{{"userId":"{user}","dryRun":true,"counts":{COUNTS}}}"#)).collect();
    assert_eq!((answer.status.as_u16(), answer.body), (200, format!(r#"{{"data":[{}]}}"#, shown.join(","))));
    let mut jobs = MockJobService::new();
    jobs.expect_preview_erasure().once().returning(|_, _, _| Err(JobError::ProjectNotFound));
    let elsewhere = send(state(jobs), Method::POST, &format!("{path}?dry_run=true"), Some("right"), Some(&body)).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
    for query in ["dry_run=yes", "dry_run", "dryRun=true", "dry_run=true&dry_run=false"] {
        let unclear = send(state(MockJobService::new()), Method::POST, &format!("{path}?{query}"), Some("right"), Some(&body)).await;
        assert_eq!(unclear.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {}", unclear.body);
    }
    let in_body = send(state(MockJobService::new()), Method::POST, &path, Some("right"), Some(r#"{"userIds":["a"],"dry_run":true}"#)).await;
    assert!(in_body.status == 422 && in_body.body.contains(r#""loc":["body","dry_run"]"#), "{}", in_body.body);
}

#[actix_web::test]
async fn a_call_that_has_no_dry_run_refuses_it() {
    for query in ["dry_run=true", "dryRun=true", "dry_run=1"] {
        let path = format!("/api/v1/{KEY}/jobs/1?{query}");
        let cancel = ask(state(MockJobService::new()), Method::DELETE, &path, Some("right")).await;
        assert_eq!(cancel.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {}", cancel.body);
        let path = format!("/api/v1/projects?{query}");
        let create = send(state(MockJobService::new()), Method::POST, &path, Some("right"), Some(r#"{"name":"a"}"#)).await;
        assert_eq!(create.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {}", create.body);
    }
}

#[actix_web::test]
async fn many_users_are_erased_by_one_job_and_erase_is_a_user_as_well() {
    let path = format!("/v1/{KEY}/users/erase");
    let mut jobs = MockJobService::new();
    jobs.expect_erase_users().once().returning(|_, _, users| {
        assert_eq!(users.iter().map(ReferenceId::as_str).collect::<Vec<_>>(), ["mehdi", "a/b"]);
        Ok(RequestedErasure::Created(job(1)))
    });
    let answer = send(state(jobs), Method::POST, &path, Some("right"), Some(r#"{"userIds":["mehdi","a/b","mehdi"]}"#)).await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, format!(r#"{{"data":{{"jobId":1,{SHOWN}}}"#)));
    let mut jobs = MockJobService::new();
    jobs.expect_erase_user().once().returning(|_, _, user| {
        assert_eq!(user.as_str(), "erase");
        Ok(RequestedErasure::Live(job(1)))
    });
    assert_eq!(ask(state(jobs), Method::DELETE, &path, Some("right")).await.status, StatusCode::OK);
    let too_many = format!(r#"{{"userIds":[{}]}}"#, vec![r#""a""#; 1_001].join(","));
    for body in [r#"{"userIds":[]}"#, r#"{"userIds":"a"}"#, r#"{"userIds":[1]}"#, "[]", "{", too_many.as_str()] {
        let answer = send(state(MockJobService::new()), Method::POST, &path, Some("right"), Some(body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let elsewhere = send(state(MockJobService::new()), Method::POST, "/v1/unknown/users/erase", Some("right"), Some(body)).await;
        assert_eq!(elsewhere.status, StatusCode::NOT_FOUND, "{body}");
    }
    let without_key = send(state(MockJobService::new()), Method::POST, &path, None, Some(r#"{"userIds":["a"]}"#)).await;
    assert_eq!(without_key.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn the_users_of_an_erasure_are_read_in_parts_that_make_one_list() {
    let mut jobs = MockJobService::new();
    jobs.expect_erased_users().times(2).returning(|_, _, id, page| {
        assert_eq!((id.get(), page.size), (9, 250));
        let first = page.after.map_or(0, |place: UserPlace| place.get() + 1);
        let user =
            |number: u16| ErasedUser { user: ReferenceId::new(number.to_string()).unwrap(), is_erased: number == 0, counts: counts() };
        Ok((first..300).take(250).map(user).collect())
    });
    let (status, body) = get(jobs, &format!("/api/v1/{KEY}/jobs/9/users")).await;
    let list: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, list["data"].as_array().unwrap().len()), (200, 300));
    let begin = format!(r#"{{"data":[{{"userId":"0","erased":true,"counts":{COUNTS}}},{{"userId":"1","erased":false,"#);
    assert!(body.starts_with(&begin), "{}", &body[..200]);
    let mut jobs = MockJobService::new();
    jobs.expect_erased_users().returning(|_, _, _, _| Err(JobError::JobNotFound));
    assert_eq!(get(jobs, &format!("/api/v1/{KEY}/jobs/9/users")).await, (404, r#"{"errors":["Job not found."]}"#.to_owned()));
}

#[actix_web::test]
async fn a_long_list_is_read_in_parts_that_make_one() {
    let mut jobs = MockJobService::new();
    jobs.expect_list().times(4).returning(|_, _, page| {
        assert_eq!(page.size, 1_000);
        let first = page.after.map_or(1, |after| after.get() + 1);
        // Pages of long texts end early.
        Ok(Page::first((first..=2_500).map(|id| job(id).into()).collect(), 700))
    });
    let (status, body) = get(jobs, &format!("/api/v1/{KEY}/jobs")).await;
    let list: serde_json::Value = serde_json::from_str(&body).unwrap();
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|job| job["jobId"].as_i64().unwrap()).collect();
    assert_eq!((status, ids), (200, (1..=2_500).collect()));
}

#[actix_web::test]
async fn a_list_goes_on_after_a_job_and_ends_at_its_limit() {
    let mut jobs = MockJobService::new();
    jobs.expect_list().once().returning(|_, _, page| {
        assert_eq!((page.after, page.size), (Some(Id::new(7)), 2));
        Ok(Page { entries: vec![job(8).into(), job(9).into()], more: true })
    });
    let (_, body) = get(jobs, &format!("/api/v1/{KEY}/jobs?limit=2&after=7")).await;
    assert_eq!(body, format!(r#"{{"data":[{{"jobId":8,{SHOWN},{{"jobId":9,{SHOWN}]}}"#));
    let mut jobs = MockJobService::new();
    jobs.expect_list().returning(|_, _, _| Ok(Page { entries: Vec::new(), more: false }));
    assert_eq!(get(jobs, &format!("/api/v1/{KEY}/jobs")).await, (200, r#"{"data":[]}"#.to_owned()));
}

async fn get_activity(activity: MockActivityService, path: &str) -> (u16, String) {
    let answer = ask(state_with(MockJobService::new(), activity), Method::GET, path, Some("right")).await;
    (answer.status.as_u16(), answer.body)
}

#[actix_web::test]
async fn a_known_user_is_shown_in_numbers_and_an_unknown_one_as_null() {
    for prefix in ["/api/v1", "/v1"] {
        let mut activity = MockActivityService::new();
        activity.expect_summary().once().returning(|_, _, user| {
            assert_eq!(user.as_str(), "a/b");
            let at = |micros| Some(Timestamp::from_micros(micros));
            Ok(Some(Attendance { sessions: 3, first: at(1_623_880_990_264_999), last: at(1_623_961_424_614_000) }))
        });
        let shown = r#"{"data":{"userId":"a/b","sessionCount":3,"firstSeen":1623880990264,"lastSeen":1623961424614}}"#;
        assert_eq!(get_activity(activity, &format!("{prefix}/{KEY}/users/a%2Fb")).await, (200, shown.to_owned()));
    }
    let mut activity = MockActivityService::new();
    activity.expect_summary().returning(|_, _, _| Ok(None));
    assert_eq!(get_activity(activity, &format!("/v1/{KEY}/users/unknown")).await, (200, r#"{"data":null}"#.to_owned()));
}

#[actix_web::test]
async fn the_sessions_of_a_user_are_read_in_parts_that_make_one_list() {
    let mut activity = MockActivityService::new();
    activity.expect_sessions().times(11).returning(|_, _, user, filter, page| {
        assert_eq!((user.as_str(), filter.from.micros(), filter.to), ("mehdi", 1_000, Timestamp::MAX));
        let first = page.after.map_or(1, |after| after.start.micros() + 1);
        let sessions = (first..=2_500).take(page.size.try_into().unwrap()).map(|number| AttendedSession {
            guid: guid(number.try_into().unwrap()),
            start: Timestamp::from_micros(number),
            duration: SessionDuration::from_minutes(80).unwrap(),
        });
        Ok(AttendedSessions { project: Id::new(1), user: Some(user_of(7).guid), sessions: sessions.collect() })
    });
    let (status, body) = get_activity(activity, &format!("/api/v1/{KEY}/users/mehdi/sessions?start_date=1")).await;
    let list: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, list["data"].as_array().unwrap().len()), (200, 2_500));
    let first = r#"{"data":[{"projectId":1,"sessionId":"01930000-0000-7000-8000-000000000001","userUuid":"00000000-0000-0000-0000-000000000007","userId":"mehdi","userAgent":"","userOs":"","userBrowser":"","userDevice":"","userCountry":"","startTs":0,"duration":4800000,"eventsCount":0,"pagesCount":0,"errorsCount":0},"#;
    assert!(body.starts_with(first), "{}", &body[..400]);
}

#[actix_web::test]
async fn an_unknown_user_has_no_sessions_and_an_invalid_date_is_unprocessable() {
    let mut activity = MockActivityService::new();
    activity.expect_sessions().returning(|_, _, _, _, _| Ok(AttendedSessions { project: Id::new(1), user: None, sessions: Vec::new() }));
    let path = format!("/api/v1/{KEY}/users/unknown/sessions");
    assert_eq!(get_activity(activity, &path).await, (200, r#"{"data":[]}"#.to_owned()));
    let expected = r#"{"detail":[{"type":"int_parsing","loc":["query","end_date"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"2021-05-18"}]}"#;
    assert_eq!(get_activity(MockActivityService::new(), &format!("{path}?end_date=2021-05-18")).await, (422, expected.to_owned()));
    let elsewhere = get_activity(MockActivityService::new(), "/v1/unknown/users/unknown/sessions?end_date=x").await;
    assert_eq!(elsewhere, (404, r#"{"errors":["project not found."]}"#.to_owned()));
}

#[actix_web::test]
async fn projects_are_shown_by_their_keys() {
    let shown = format!(r#"{{"projectId":1,"projectKey":"{KEY}","name":"Demo","platform":"web"}}"#);
    assert_eq!(get(MockJobService::new(), "/api/v1/projects").await, (200, format!(r#"{{"data":[{shown}]}}"#)));
    assert_eq!(get(MockJobService::new(), &format!("/v1/projects/{KEY}")).await, (200, format!(r#"{{"data":{shown}}}"#)));
}

#[actix_web::test]
async fn other_paths_and_methods_are_refused_as_the_original_does() {
    let path = ask(state(MockJobService::new()), Method::GET, "/api/v1/x/y/z/w", None).await;
    assert_eq!((path.status.as_u16(), path.body.as_str()), (404, r#"{"detail":"Not Found"}"#));
    let method = ask(state(MockJobService::new()), Method::PUT, &format!("/api/v1/{KEY}/jobs/1"), None).await;
    assert_eq!((method.status.as_u16(), method.body.as_str()), (405, r#"{"detail":"Method Not Allowed"}"#));
    assert_eq!(method.allow.as_deref(), Some("GET, DELETE"));
}

#[actix_web::test]
async fn an_unreachable_database_is_answered_with_retry_after() {
    let mut jobs = MockJobService::new();
    jobs.expect_list().returning(|_, _, _| Err(StoreError::from(Reason::Unreachable).into()));
    let answer = ask(state(jobs), Method::GET, &format!("/api/v1/{KEY}/jobs"), Some("right")).await;
    assert_eq!((answer.status.as_u16(), answer.retry_after), (503, true));
}
