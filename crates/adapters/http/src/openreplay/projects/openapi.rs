//! Projects in the OpenAPI document.

use serde_json::json;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::path::HttpMethod::{Get, Post};

use crate::openapi::call::Call;
use crate::openapi::shape::{form, list, members, named, or_null, record, text, text_within, whole};
use crate::openreplay::described::{about_project, call, data, platform, with_body};

/// Adds the schemas of projects.
pub(in crate::openreplay) fn add_components(components: ComponentsBuilder) -> ComponentsBuilder {
    let project = members([
        ("projectId", whole("The number of the project.")),
        ("projectKey", text("Its key in paths.")),
        ("name", text("Its name.")),
        ("platform", platform()),
    ]);
    let name = members([("name", text_within(1, 200, "The name, unique in the organization regardless of case."))]);
    let optional = members([("platform", or_null(platform()))]);
    components
        .schema("Project", record("A project.", project, Vec::new()))
        .schema("ProjectAnswer", data(named("Project")))
        .schema("ProjectList", data(list(named("Project"), "The projects, by their numbers.")))
        .schema("ProjectForm", form("A new project.", name, optional))
}

/// Every call about projects.
pub(in crate::openreplay) fn calls() -> Vec<Call> {
    let all = "/api/v1/projects";
    vec![
        call(Get, all, "listProjects", "List the projects").answers(200, "The projects.", named("ProjectList")),
        with_body(call(Post, all, "createProject", "Create a project"))
            .takes(named("ProjectForm"), json!({ "name": "Mobil", "platform": "ios" }))
            .answers(200, "The new project.", named("ProjectAnswer")),
        about_project(call(Get, "/api/v1/projects/{projectKey}", "getProject", "Read a project")).answers(
            200,
            "The project.",
            named("ProjectAnswer"),
        ),
    ]
}
