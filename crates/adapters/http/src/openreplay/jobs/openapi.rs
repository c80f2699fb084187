//! Jobs in the OpenAPI document.

use derslik_domain::job::{Action, JobStatus};
use serde_json::json;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::path::HttpMethod::{Delete, Get};

use crate::openapi::call::Call;
use crate::openapi::shape::{list, members, named, one_text, or_null, record, text, whole, whole_within};
use crate::openreplay::described::{about_project, about_user, call, data, with_values};
use crate::openreplay::words::{action_name, status_name};

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
}

/// The call names a job in its path.
fn about_job(call: Call) -> Call {
    with_values(about_project(call)).in_path("jobId", "The number of the job.", whole_within(0, 2_147_483_647, "A whole number."), 1)
}

/// Every call about jobs.
pub(in crate::openreplay) fn calls() -> Vec<Call> {
    let one = "/api/v1/{projectKey}/jobs/{jobId}";
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
        with_values(about_user(about_project(erase), "ali@okul.example"))
            .about("The job runs at the next midnight (UTC). If there is a live one for the user already, the answer is that one.")
            .answers(200, "The job.", named("JobAnswer")),
    ]
}
