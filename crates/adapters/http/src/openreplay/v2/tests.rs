//! The calls of the second generation over mocked use cases, which expect each call.

use actix_web::http::{Method, StatusCode};
use derslik_domain::attendee::{Attendance, AttendedSession};
use derslik_domain::id::Id;
use derslik_domain::job::{Event, JobStatus};
use derslik_domain::session::SessionDuration;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{AttendedSessions, JobError, MockActivityService, MockJobService, RequestedErasure};
use derslik_ports::{Reason, StoreError};
use derslik_testkit::builders::{guid, now, user as user_of};

use crate::openreplay::tests::{Answer, KEY, SHOWN, counts, job, send, state, state_with};
use crate::state::HttpState;

const PREFIXES: [&str; 2] = ["/v2/api/public", "/v2/public"];
const BEARER: Option<&str> = Some("Bearer right");

async fn ask(state: HttpState, method: Method, path: &str) -> Answer {
    send(state, method, &format!("/v2/api/public/{path}"), BEARER, None).await
}

async fn answer(jobs: MockJobService, method: Method, path: &str) -> (u16, String) {
    let answer = ask(state(jobs), method, path).await;
    (answer.status.as_u16(), answer.body)
}

fn error(text: &str) -> String {
    serde_json::json!({ "error": text }).to_string()
}

#[actix_web::test]
async fn a_job_is_shown_below_both_prefixes_as_the_first_generation_shows_it() {
    for prefix in PREFIXES {
        let mut jobs = MockJobService::new();
        jobs.expect_get().once().returning(|_, _, id| Ok(job(id.get()).into()));
        let answer = send(state(jobs), Method::GET, &format!("{prefix}/{KEY}/jobs/%2B003451"), BEARER, None).await;
        assert_eq!((answer.status.as_u16(), answer.body), (200, format!(r#"{{"data":{{"jobId":3451,{SHOWN}}}"#)));
    }
}

#[actix_web::test]
async fn a_refused_key_or_project_has_no_body_and_is_checked_before_the_path() {
    let path = format!("/v2/public/{KEY}/jobs/abc");
    for key in [None, Some("right"), Some("Bearer wrong"), Some("Basic right"), Some("Bearer ")] {
        let answer = send(state(MockJobService::new()), Method::GET, &path, key, None).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, ""), "{key:?}");
    }
    for path in [
        "99999999999999999999/jobs/abc",
        "unknown/jobs/1",
        "99999999999999999999/users/a?dry_run=x",
        "projects/unknown",
        "projects/99999999999999999999",
    ] {
        let method = if path.contains("users") { Method::DELETE } else { Method::GET };
        assert_eq!(answer(MockJobService::new(), method, path).await, (401, String::new()), "{path}");
    }
}

#[actix_web::test]
async fn a_path_or_a_method_that_does_not_exist_is_refused_before_the_key() {
    for path in ["/v2/public", "/v2/public/x", "/v2/public/x/y/z/w", "/v2/api/public/projects/", "/v2/api/public/k/jobs/"] {
        let answer = send(state(MockJobService::new()), Method::GET, path, None, None).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (404, "404 page not found"), "{path}");
        assert_eq!(answer.content_type.as_deref(), Some("text/plain; charset=utf-8"));
    }
    let slash = send(state(MockJobService::new()), Method::GET, &format!("/v2/public/{KEY}/jobs/1/"), BEARER, None).await;
    assert_eq!(slash.status, StatusCode::NOT_FOUND);
    let method = send(state(MockJobService::new()), Method::PUT, &format!("/v2/public/{KEY}/jobs/1"), None, None).await;
    assert_eq!((method.status.as_u16(), method.body.as_str(), method.allow.as_deref()), (405, "", Some("GET, DELETE")));
}

#[actix_web::test]
async fn a_list_is_a_numbered_page_of_at_most_200_jobs() {
    for (query, offset, size) in [("", 0, 50), ("?limit=200&page=3", 400, 200), ("?limit=201&page=0", 0, 50), ("?limit=x&page=2", 50, 50)] {
        let mut jobs = MockJobService::new();
        jobs.expect_list_newest().once().returning(move |_, _, page| {
            assert_eq!((page.offset(), page.size()), (offset, size));
            Ok(vec![job(9).into(), job(8).into()])
        });
        let shown = format!(r#"{{"data":[{{"jobId":9,{SHOWN},{{"jobId":8,{SHOWN}]}}"#);
        assert_eq!(answer(jobs, Method::GET, &format!("{KEY}/jobs{query}")).await, (200, shown), "{query}");
    }
    let mut jobs = MockJobService::new();
    jobs.expect_list_newest().once().returning(|_, _, _| Ok(Vec::new()));
    assert_eq!(answer(jobs, Method::GET, &format!("{KEY}/jobs?page=9")).await, (200, r#"{"data":[]}"#.to_owned()));
}

#[actix_web::test]
async fn a_job_id_that_is_not_an_integer_is_refused_and_an_unknown_one_is_not_found() {
    for method in [Method::GET, Method::DELETE] {
        let refused = error(r#"invalid path param jobID: strconv.Atoi: parsing "abc": invalid syntax"#);
        assert_eq!(answer(MockJobService::new(), method.clone(), &format!("{KEY}/jobs/abc")).await, (400, refused));
        let large = error(r#"invalid path param jobID: strconv.Atoi: parsing "9223372036854775808": value out of range"#);
        assert_eq!(answer(MockJobService::new(), method.clone(), &format!("{KEY}/jobs/9223372036854775808")).await, (400, large));
        let mut jobs = MockJobService::new();
        jobs.expect_get().returning(|_, _, _| Err(JobError::JobNotFound));
        jobs.expect_cancel().returning(|_, _, _| Err(JobError::JobNotFound));
        assert_eq!(answer(jobs, method, &format!("{KEY}/jobs/-1")).await, (404, error("job not found")));
    }
}

#[actix_web::test]
async fn a_job_that_has_ended_is_not_cancelled_and_the_answer_tells_how_it_ended() {
    for (status, text) in [(JobStatus::Completed, "completed"), (JobStatus::Cancelled, "cancelled")] {
        let mut jobs = MockJobService::new();
        jobs.expect_cancel().once().returning(move |_, _, _| Err(JobError::NotCancellable(status)));
        let refused = error(&format!("the requested job has already been {text}"));
        assert_eq!(answer(jobs, Method::DELETE, &format!("{KEY}/jobs/1")).await, (400, refused));
    }
    let mut jobs = MockJobService::new();
    jobs.expect_cancel().once().returning(|_, _, id| Ok(job(id.get()).apply(Event::Cancel, now()).unwrap().0));
    let (status, body) = answer(jobs, Method::DELETE, &format!("{KEY}/jobs/3451")).await;
    assert!(status == 200 && body.contains(r#""jobId":3451"#) && body.contains(r#""status":"cancelled""#), "{status} {body}");
}

#[actix_web::test]
async fn a_second_erasure_of_a_user_is_a_conflict_also_when_two_race() {
    let mut jobs = MockJobService::new();
    jobs.expect_erase_user().times(2).returning(|_, _, user| {
        // The store tells the second of two that race from the first one.
        Ok(if user.as_str() == "first" { RequestedErasure::Created(job(1)) } else { RequestedErasure::Live(job(1)) })
    });
    let state = state(jobs);
    let created = ask(state.clone(), Method::DELETE, &format!("{KEY}/users/first")).await;
    assert_eq!((created.status.as_u16(), created.body), (200, format!(r#"{{"data":{{"jobId":1,{SHOWN}}}"#)));
    let live = ask(state, Method::DELETE, &format!("{KEY}/users/second")).await;
    assert_eq!((live.status.as_u16(), live.body), (409, error("a deletion job for this user is already scheduled or running")));
}

#[actix_web::test]
async fn a_user_has_1_to_256_bytes_and_an_erasure_asks_for_nothing_unclear() {
    let path = |user: &str| format!("{KEY}/users/{user}");
    let longest = "x".repeat(256);
    for user in [longest.as_str(), "a%2Fb", "erase"] {
        let mut jobs = MockJobService::new();
        jobs.expect_erase_user().once().returning(|_, _, _| Ok(RequestedErasure::Created(job(1))));
        assert_eq!(answer(jobs, Method::DELETE, &path(user)).await.0, 200, "{user}");
    }
    let too_long = "%D9%85".repeat(129);
    for (user, text) in [
        ("", "userID cannot be empty"),
        (too_long.as_str(), "userID exceeds maximum length of 256 characters"),
        ("a%00b", "invalid path param userID: not a text"),
        ("a?dry_run=maybe", "invalid query param dry_run: neither true nor false"),
        ("a?dryRun=true", "invalid query param dryRun: the name is dry_run"),
    ] {
        assert_eq!(answer(MockJobService::new(), Method::DELETE, &path(user)).await, (400, error(text)), "{user}");
    }
    assert_eq!(answer(MockJobService::new(), Method::GET, &path("")).await, (404, "404 page not found".to_owned()));
    for query in ["dry_run=true", "Dry_Run=false", "dry_run=1"] {
        let cancel = answer(MockJobService::new(), Method::DELETE, &format!("{KEY}/jobs/1?{query}")).await;
        assert!(cancel.0 == 400 && cancel.1.contains("invalid query param "), "{query}: {cancel:?}");
        let path = format!("/v2/public/projects?{query}");
        let create = send(state(MockJobService::new()), Method::POST, &path, BEARER, Some(r#"{"name":"a"}"#)).await;
        assert_eq!(create.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let mut jobs = MockJobService::new();
    jobs.expect_preview_erasure().once().returning(|_, _, _| Ok(counts()));
    let (status, body) = answer(jobs, Method::DELETE, &path("a?dry_run=true")).await;
    assert!(status == 200 && body.starts_with(r#"{"data":{"userId":"a","dryRun":true,"counts":{"#), "{status} {body}");
}

#[actix_web::test]
async fn an_unknown_user_is_not_found() {
    let mut activity = MockActivityService::new();
    activity.expect_summary().once().returning(|_, _, user| {
        assert_eq!(user.as_str(), "mehdi");
        Ok(Some(Attendance { sessions: 3, first: None, last: Some(Timestamp::from_micros(1_623_961_424_614_000)) }))
    });
    let known = ask(state_with(MockJobService::new(), activity), Method::GET, &format!("{KEY}/users/mehdi")).await;
    assert_eq!(known.body, r#"{"data":{"userId":"mehdi","sessionCount":3,"firstSeen":null,"lastSeen":1623961424614}}"#);
    let mut activity = MockActivityService::new();
    activity.expect_summary().once().returning(|_, _, _| Ok(None));
    let unknown = ask(state_with(MockJobService::new(), activity), Method::GET, &format!("{KEY}/users/mehdi")).await;
    assert_eq!((unknown.status.as_u16(), unknown.body), (404, error("user not found")));
}

/// The activity of a user with 600 sessions, the earliest of which starts at the first microsecond.
fn active() -> MockActivityService {
    let mut activity = MockActivityService::new();
    activity.expect_sessions().returning(|_, _, _, _, page| {
        let first = page.after.map_or(1, |after| after.start.micros() + 1);
        let sessions = (first..=600).take(page.size.try_into().unwrap()).map(|number| AttendedSession {
            guid: guid(number.try_into().unwrap()),
            start: Timestamp::from_micros(number),
            duration: SessionDuration::from_minutes(80).unwrap(),
        });
        Ok(AttendedSessions { project: Id::new(1), user: Some(user_of(7).guid), sessions: sessions.collect() })
    });
    activity
}

async fn search(body: &str) -> (u16, Vec<String>) {
    let state = state_with(MockJobService::new(), active());
    let answer = send(state, Method::POST, &format!("/v2/public/{KEY}/users/mehdi/sessions"), BEARER, Some(body)).await;
    let list: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let guids = list["data"].as_array().into_iter().flatten().map(|session| session["sessionId"].as_str().unwrap().to_owned());
    (answer.status.as_u16(), guids.collect())
}

#[actix_web::test]
async fn the_sessions_of_a_user_come_in_numbered_pages() {
    let guids = |range: std::ops::RangeInclusive<u128>| range.map(|number| guid(number).to_string()).collect::<Vec<_>>();
    for (body, range) in [
        ("{}", 1..=50),
        (r#"{"limit":3,"page":2}"#, 4..=6),
        (r#"{"limit":200,"page":2}"#, 201..=400),
        (r#"{"limit":7,"page":86}"#, 596..=600),
    ] {
        assert_eq!(search(body).await, (200, guids(range)), "{body}");
    }
    assert_eq!(search(r#"{"limit":200,"page":4}"#).await, (200, Vec::new()));
    for body in [r#"{"limit":201}"#, r#"{"page":-1}"#, "[]", ""] {
        assert_eq!(search(body).await.0, 400, "{body}");
    }
}

#[actix_web::test]
async fn a_session_has_no_events_and_an_unknown_one_is_not_found() {
    for (session, is_known, expected) in [
        (guid(1).to_string(), true, (200, r#"{"data":[]}"#.to_owned())),
        (guid(1).to_string(), false, (404, error("session not found"))),
        ("7".to_owned(), false, (404, error("session not found"))),
    ] {
        let mut activity = MockActivityService::new();
        activity.expect_has_session().returning(move |_, _, session| {
            assert_eq!(session, guid(1));
            Ok(is_known)
        });
        let path = format!("/v2/public/{KEY}/sessions/{session}/events");
        let answer = send(state_with(MockJobService::new(), activity), Method::POST, &path, BEARER, Some("{}")).await;
        assert_eq!((answer.status.as_u16(), answer.body), expected);
    }
}

#[actix_web::test]
async fn projects_are_shown_as_the_first_generation_shows_them() {
    let shown = format!(r#"{{"projectId":1,"projectKey":"{KEY}","name":"Demo","platform":"web"}}"#);
    assert_eq!(answer(MockJobService::new(), Method::GET, "projects").await, (200, format!(r#"{{"data":[{shown}]}}"#)));
    let one = answer(MockJobService::new(), Method::GET, &format!("projects/{KEY}")).await;
    assert_eq!(one, (200, format!(r#"{{"data":{shown}}}"#)));
    for (body, text) in [
        ("", "invalid JSON body"),
        ("[]", "invalid JSON body"),
        ("{}", "name is required"),
        (r#"{"name":" "}"#, "name must be a text of 1 to 200 characters"),
        (r#"{"name":"a","platform":"amiga"}"#, "platform must be one of: web, ios, android"),
        (r#"{"name":7}"#, "invalid JSON body"),
    ] {
        let refused = send(state(MockJobService::new()), Method::POST, "/v2/public/projects", BEARER, Some(body)).await;
        assert_eq!((refused.status.as_u16(), refused.body), (400, error(text)), "{body}");
    }
}

#[actix_web::test]
async fn an_unreachable_database_is_told_in_this_shape() {
    let mut jobs = MockJobService::new();
    jobs.expect_list_newest().returning(|_, _, _| Err(StoreError::from(Reason::Unreachable).into()));
    let unavailable = (503, error("the service can't reach its database; try again"));
    assert_eq!(answer(jobs, Method::GET, &format!("{KEY}/jobs")).await, unavailable);
}
