//! A body with invalid chunks, sent with every call. The answer is 400 in the format of the API, also for calls that ignore a
//! body, and the call is not carried out.

use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::{CALLS, Objects};
use crate::support::process::{Running, url_text};
use crate::support::{DEMO, Open};

const JOBS: &str = "demo-organization-key";
const COURSES: &str = "demo-admin-token";

/// Bodies that are invalid in the first chunk or after one.
const BODIES: [&str; 3] = ["zz\r\n", "1\r\n[\r\nzz\r\n", "ffffffffffffffffff\r\n"];

/// Calls of the other APIs, with a bearer that may make them.
const OTHER_CALLS: [(&str, &str, &str); 25] = [
    ("GET", "/api/v1/projects", JOBS),
    ("POST", "/api/v1/projects", JOBS),
    ("GET", "/api/v1/projects/PROJECT", JOBS),
    ("GET", "/api/v1/PROJECT/jobs", JOBS),
    ("GET", "/api/v1/PROJECT/jobs/1", JOBS),
    ("DELETE", "/api/v1/PROJECT/jobs/1", JOBS),
    ("GET", "/api/v1/PROJECT/users/pupil", JOBS),
    ("DELETE", "/api/v1/PROJECT/users/pupil", JOBS),
    ("GET", "/api/v1/PROJECT/users/pupil/sessions", JOBS),
    ("GET", "/api/v1/PROJECT/jobs/1/users", JOBS),
    ("POST", "/api/v1/PROJECT/users/erase", JOBS),
    ("GET", "/v2/api/public/projects", JOBS),
    ("POST", "/v2/api/public/projects", JOBS),
    ("GET", "/v2/public/PROJECT/jobs", JOBS),
    ("DELETE", "/v2/public/PROJECT/users/pupil", JOBS),
    ("POST", "/v2/public/PROJECT/users/pupil/sessions", JOBS),
    ("POST", "/v2/public/PROJECT/sessions/7/events", JOBS),
    ("GET", "/v1/PROJECT/jobs", JOBS),
    ("DELETE", "/v1/PROJECT/users/pupil/", JOBS),
    ("GET", "/v1/courses", COURSES),
    ("GET", "/v1/courses/1", COURSES),
    ("POST", "/v1/courses", COURSES),
    ("DELETE", "/v1/courses/1", COURSES),
    ("GET", "/v1/userProfiles/me", COURSES),
    ("POST", "/batch", COURSES),
];

pub(crate) fn broken(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    let service = Running::start(&url_text(&url), &[])?;
    let objects = make(&service)?;
    let before = all(&service, &objects)?;
    let calls = CALLS;
    let sessions = calls.iter().map(|call| (call.method.as_str(), objects.put_into(call.path), DEMO));
    let others = OTHER_CALLS.iter().map(|(method, path, bearer)| (*method, path.replace("PROJECT", "3sWXSsqHgSKnE87YkNJK"), *bearer));
    for (method, path, bearer) in sessions.chain(others) {
        let kind = if path == "/batch" { "multipart/mixed; boundary=b" } else { "application/json" };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: derslik\r\nAuthorization: Bearer {bearer}\r\nContent-Type: {kind}\r\n\
             Transfer-Encoding: chunked\r\n\r\n"
        );
        for body in BODIES {
            let about = format!("{method} {path} {body:?}");
            let answer = service.send(&head, body.as_bytes()).map_err(|failure| format!("{about}: {:?}", failure.message()))?;
            let shape: Value = serde_json::from_str(&answer.body).map_err(|_| format!("{about}: {answer:?}"))?;
            let is_ours = match bearer {
                DEMO => shape["code"] == 19,
                JOBS if path.starts_with("/v2/") => shape["error"].is_string(),
                JOBS => shape["errors"].is_array(),
                _ => shape["error"]["code"] == 400,
            };
            if answer.status != 400 || !is_ours {
                return Err(format!("{about}: {answer:?}").into());
            }
        }
    }
    if all(&service, &objects)? == before { Ok(()) } else { Err("something was done".into()) }
}

/// A session that a person attends.
fn make(service: &Running) -> Result<Objects, Failed> {
    let post = |path: &str, body: Value| service.post(path, DEMO, &body.to_string())?.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let session = post("/xapi/session", json!({"name": "Lesson", "start_date": "2099-05-05", "duration": 30}))?;
    let session = text(&session["session_id"]);
    let pupil = json!({"name": "A", "surname": "Pupil", "username": "pupil", "email": "pupil@okul.example"});
    let user = text(&post("/xapi/user", pupil)?["user_id"]);
    let code = text(&post(&format!("/xapi/session/{session}/attendee"), json!({"user_guid": user}))?);
    Ok(Objects { session, code, user })
}

/// All objects, to compare them before and after.
fn all(service: &Running, objects: &Objects) -> Result<Vec<String>, Failed> {
    let lists = [
        ("/xapi/session?page_size=1000", DEMO),
        ("/xapi/session/SESSION/attendees", DEMO),
        ("/xapi/user?page_size=1000", DEMO),
        ("/api/v1/projects", JOBS),
        ("/api/v1/3sWXSsqHgSKnE87YkNJK/jobs", JOBS),
        ("/v1/courses", COURSES),
    ];
    lists.into_iter().map(|(path, bearer)| Ok(service.get(&objects.put_into(path), bearer)?.body)).collect()
}
