//! The second generation in the OpenAPI document.

use derslik_domain::job::JobStatus;
use serde_json::json;
use utoipa::openapi::path::HttpMethod::{self, Delete, Get, Post};
use utoipa::openapi::{ComponentsBuilder, ResponseBuilder};

use crate::openapi::call::{Call, Refusal, error};
use crate::openapi::shape::{Shape, either, form, list, members, named, record, text, text_like, whole, whole_within};
use crate::openreplay::described::{ORGANIZATION_KEY, TAG, about_project, data, platform};
use crate::openreplay::jobs::openapi::with_dry_run;
use crate::openreplay::words::status_name;

/// The user and the session of the examples.
const TEACHER: &str = "teacher@demo.example";
const SESSION: &str = "61E3D504-13EE-447F-9B36-6686C5C39FEB";

/// What any call may answer.
const ANY: [Refusal; 10] = [
    (400, "JobsV2BadRequest"),
    (401, "JobsV2Unauthorized"),
    (403, "JobsV2NotAllowed"),
    (404, "JobsV2NotFound"),
    (405, "JobsV2MethodNotAllowed"),
    (408, "JobsV2TooSlow"),
    (413, "JobsV2TooLarge"),
    (429, "JobsV2TooMany"),
    (500, "JobsV2Failure"),
    (503, "JobsV2Unavailable"),
];

/// The meaning of each error with a text.
const MEANINGS: [(&str, &str); 8] = [
    ("JobsV2BadRequest", "A part of the path, the query or the body can't be read or is out of range, or a rule forbids the change."),
    ("JobsV2NotAllowed", "The key does not have the right to this call."),
    ("JobsV2NotFound", "There is no such job, user or session. For a path that does not exist, the body is plain text."),
    ("JobsV2TooSlow", "The body did not arrive in time."),
    ("JobsV2TooLarge", "The body is too long."),
    ("JobsV2TooMany", "Too many requests; `Retry-After`, `RateLimit` and `RateLimit-Policy` say when to go on."),
    ("JobsV2Failure", "An unexpected failure. The request had no effect."),
    (
        "JobsV2Unavailable",
        "The database is unreachable or too busy, or too many bodies are in flight. The request had no effect; `Retry-After` says when to \
         repeat it.",
    ),
];

/// Adds the errors and the shapes that only this generation has.
pub(in crate::openreplay) fn add_components(components: ComponentsBuilder) -> ComponentsBuilder {
    let error_text = record("What went wrong.", members([("error", text("A sentence in English."))]), Vec::new());
    let bare = |about: &str| ResponseBuilder::new().description(about).build();
    let components = components
        .schema("JobsV2Error", error_text)
        .schema("JobsV2Search", search())
        .schema("JobsV2Events", data(list(text("An event."), "Always empty: no event is recorded.")))
        .schema("JobsV2UserAnswer", data(named("User")))
        .response(
            "JobsV2Unauthorized",
            bare("There is no valid key after `Bearer`, or its organization has no such project. There is no body."),
        )
        .response("JobsV2MethodNotAllowed", bare("The path does not have this method. There is no body."));
    MEANINGS.iter().fold(components, |components, (name, about)| components.response(*name, error(about, named("JobsV2Error"))))
}

fn search() -> Shape {
    let optional = members([
        ("limit", whole_within(0, 200, "The most sessions; 50 if it is missing or 0.")),
        ("page", whole_within(0, 2_147_483_647, "The number of the page, from 1.")),
        ("startTimestamp", whole("Only sessions from this instant on, in milliseconds since 1970.")),
        ("endTimestamp", whole("Only sessions up to this instant.")),
    ]);
    form("A search of sessions.", Vec::new(), optional)
}

/// A call of this generation.
fn call(method: HttpMethod, path: &'static str, id: &str, summary: &str) -> Call {
    Call::new(method, path, id, TAG, summary).secured_by(ORGANIZATION_KEY).refuses(&ANY)
}

/// The call names a job in its path.
fn about_job(call: Call) -> Call {
    about_project(call).in_path("jobID", "The number of the job.", whole_within(0, 2_147_483_647, "A whole number."), 1)
}

/// The call names a user in its path.
fn about_user(call: Call, example: &str) -> Call {
    let about = "A user: the GUID, the number, the e-mail address or the user name. A slash in it is escaped.";
    about_project(call).in_path("userID", about, text_like("^.{1,256}$", "1 to 256 bytes without NUL."), example)
}

/// Every call of this generation.
pub(in crate::openreplay) fn calls() -> Vec<Call> {
    [calls_about_jobs(), calls_about_users(), calls_about_projects()].into_iter().flatten().collect()
}

fn calls_about_jobs() -> Vec<Call> {
    let one = "/v2/api/public/{projectKey}/jobs/{jobID}";
    let ended = [JobStatus::Completed, JobStatus::Cancelled].map(status_name).join(" or ");
    vec![
        about_project(call(Get, "/v2/api/public/{projectKey}/jobs", "listNewestJobs", "List the newest jobs of a project"))
            .about("A value out of range counts as not sent.")
            .in_query("limit", "The most jobs, 50 by default.", whole_within(1, 200, "1 to 200."), Some(json!(2)))
            .in_query("page", "The number of the page.", whole_within(1, 2_147_483_647, "From 1."), None)
            .answers(200, "The jobs, the newest first.", named("JobList")),
        about_job(call(Get, one, "getJobV2", "Read a job")).answers(200, "The job.", named("JobAnswer")),
        about_job(call(Delete, one, "cancelJobV2", "Cancel a job"))
            .about(&format!("It may be running. A job that is {ended} is refused with status 400."))
            .answers(200, "The job, which is cancelled.", named("JobAnswer")),
    ]
}

fn calls_about_users() -> Vec<Call> {
    let one = "/v2/api/public/{projectKey}/users/{userID}";
    let sessions = "/v2/api/public/{projectKey}/users/{userID}/sessions";
    let events = "/v2/api/public/{projectKey}/sessions/{sessionID}/events";
    vec![
        about_user(call(Get, one, "getUserV2", "Read what is known of a user"), TEACHER)
            .about("A guest is known by the e-mail address.")
            .answers(200, "The user.", named("JobsV2UserAnswer")),
        with_dry_run(about_user(call(Delete, one, "eraseUserV2", "Have all data of a user erased"), "ali@okul.example"))
            .about("The job runs at the next midnight (UTC).")
            .answers(200, "The job, or what it would remove.", either([named("JobAnswer"), named("ErasurePreviewAnswer")]))
            .answers(409, "There is a live job for the user.", named("JobsV2Error")),
        about_user(call(Post, sessions, "searchSessionsOfUser", "List the sessions of a user"), TEACHER)
            .takes(named("JobsV2Search"), json!({ "limit": 2, "startTimestamp": 1_754_000_000_000_i64 }))
            .answers(200, "The sessions.", named("AttendedList")),
        about_project(call(Post, events, "searchEventsOfSession", "List the events of a session"))
            .in_path("sessionID", "The GUID of the session.", text("A GUID."), SESSION)
            .takes(form("A search of events, of which nothing is read.", Vec::new(), Vec::new()), json!({}))
            .answers(200, "The events.", named("JobsV2Events")),
    ]
}

fn calls_about_projects() -> Vec<Call> {
    let all = "/v2/api/public/projects";
    let optional = members([("platform", platform())]);
    let name = members([("name", text("The name, unique in the organization regardless of case: 1 to 200 characters."))]);
    vec![
        call(Get, all, "listProjectsV2", "List the projects").answers(200, "The projects.", named("ProjectList")),
        call(Post, all, "createProjectV2", "Create a project")
            .takes(form("A new project.", name, optional), json!({ "name": "Mobil", "platform": "ios" }))
            .answers(200, "The new project.", named("ProjectAnswer")),
        about_project(call(Get, "/v2/api/public/projects/{projectKey}", "getProjectV2", "Read a project")).answers(
            200,
            "The project.",
            named("ProjectAnswer"),
        ),
    ]
}
