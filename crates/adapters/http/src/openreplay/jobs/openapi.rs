//! Jobs in the OpenAPI document.

use derslik_domain::job::{Action, ErasureKind, JobStatus};
use serde_json::json;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::path::HttpMethod::{Delete, Get, Post};

use crate::openapi::call::Call;
use crate::openapi::shape::{
    Shape, closed_form, either, flag, list, members, named, one_text, or_null, record, text, text_within, whole, whole_within,
};
use crate::openreplay::described::{about_project, about_user, call, data, with_body, with_values};
use crate::openreplay::words::{action_name, erasure_kind_name, status_name};

/// Adds the schemas of jobs.
pub(in crate::openreplay) fn add_components(components: ComponentsBuilder) -> ComponentsBuilder {
    let instant = |about: &str| whole(&format!("{about}, in milliseconds since 1970."));
    let job = members([
        ("jobId", whole("The number of the job.")),
        ("description", text("What it does, as a sentence in English.")),
        ("status", one_text(&JobStatus::ALL.map(status_name), "Where it stands.")),
        ("projectId", or_null(whole("The number of the project."))),
        ("action", one_text(&Action::ALL.map(action_name), "What it does.")),
        ("referenceId", text("What it is about: for an erasure the user as it was sent.")),
        ("createdAt", instant("When it was created")),
        ("updatedAt", instant("When it was changed last")),
        ("startAt", instant("When it is due")),
        ("errors", or_null(text("The last failure, even if a later attempt succeeded."))),
    ]);
    components
        .schema("Job", record("A job.", job, Vec::new()))
        .schema("JobAnswer", data(named("Job")))
        .schema("JobList", data(list(named("Job"), "The jobs, by their numbers.")))
        .schema("ErasureCounts", counts())
        .schema("ErasurePreview", preview())
        .schema("ErasurePreviewAnswer", data(named("ErasurePreview")))
        .schema("ErasurePreviewList", data(list(named("ErasurePreview"), "The users, in the order in which they were sent.")))
        .schema("ErasedUser", erased_user())
        .schema("ErasedUserList", data(list(named("ErasedUser"), "The users, in the order in which they are erased.")))
        .schema("UserList", users())
}

fn counts() -> Shape {
    let rows = ErasureKind::ALL.map(|kind| (erasure_kind_name(kind).to_owned(), whole("The rows of this kind.")));
    record("The number of rows of each kind.", rows.into(), Vec::new())
}

fn preview() -> Shape {
    let preview = members([
        ("userId", text("The user as it was sent.")),
        ("dryRun", flag("Always true: nothing was changed.")),
        ("counts", named("ErasureCounts")),
    ]);
    record("What an erasure would remove now.", preview, Vec::new())
}

fn erased_user() -> Shape {
    let user = members([
        ("userId", text("The user as it was sent.")),
        ("erased", flag("Whether everything of the user is erased.")),
        ("counts", named("ErasureCounts")),
    ]);
    record("A user of an erasure, and what was removed so far.", user, Vec::new())
}

fn users() -> Shape {
    let user = text_within(1, 1_000, "A user: the GUID, the number, the e-mail address or the user name.");
    let ids = list(user, "1 to 1 000 users. A user who is named twice counts once.");
    closed_form("Users to erase.", members([("userIds", ids)]))
}

/// The parameter by which nothing is erased.
pub(in crate::openreplay) fn with_dry_run(call: Call) -> Call {
    call.in_query("dry_run", "With `true`, the answer is what would be removed, and nothing is.", flag("`true` or `false`."), None)
}

/// The call names a job in its path.
fn about_job(call: Call) -> Call {
    with_values(about_project(call)).in_path("jobId", "The number of the job.", whole_within(0, 2_147_483_647, "A whole number."), 1)
}

/// Every call about jobs.
pub(in crate::openreplay) fn calls() -> Vec<Call> {
    let one = "/api/v1/{projectKey}/jobs/{jobId}";
    let erase_many = call(Post, "/api/v1/{projectKey}/users/erase", "eraseUsers", "Have all data of many users erased");
    let erase = call(Delete, "/api/v1/{projectKey}/users/{userId}", "eraseUser", "Have all data of a user erased");
    vec![
        with_values(about_project(call(Get, "/api/v1/{projectKey}/jobs", "listJobs", "List the jobs of a project")))
            .about("Jobs that have ended are among them. A list of any length is streamed.")
            .in_query("limit", "The most jobs.", whole_within(1, 2_147_483_647, "From 1; without it there is no limit."), Some(json!(2)))
            .in_query("after", "Only jobs after the one with this number.", whole("A whole number."), None)
            .answers(200, "The jobs.", named("JobList")),
        about_job(call(Get, one, "getJob", "Read a job")).answers(200, "The job.", named("JobAnswer")),
        about_job(call(Delete, one, "cancelJob", "Cancel a job"))
            .about("It may be running. With `jobs.compat = \"1.26\"` a job that has ended is answered 400, as that release does.")
            .answers(200, "The job, which is cancelled.", named("JobAnswer"))
            .answers(501, "The job has ended.", named("JobsError")),
        with_dry_run(with_values(about_user(about_project(erase), "ali@okul.example")))
            .about("The job runs at the next midnight (UTC). If there is a live one for the user already, the answer is that one.")
            .answers(200, "The job, or what it would remove.", either([named("JobAnswer"), named("ErasurePreviewAnswer")])),
        with_dry_run(with_body(about_project(erase_many)))
            .about(
                "One job for all of them, which runs at the next midnight (UTC). If there is a live one for the same users already, the \
                 answer is that one. Each user is counted apart.",
            )
            .takes(named("UserList"), json!({ "userIds": ["ali@okul.example", "mehdi@openreplay.com"] }))
            .answers(200, "The job, or what it would remove of each user.", either([named("JobAnswer"), named("ErasurePreviewList")])),
        about_job(call(Get, "/api/v1/{projectKey}/jobs/{jobId}/users", "listErasedUsers", "List the users of an erasure"))
            .about("The rows that were erased of each user so far. A job that is not an erasure has no users.")
            .answers(200, "The users.", named("ErasedUserList")),
    ]
}
