//! What the descriptions of all calls of this API have in common: the credential, the errors, and parts of requests.

use derslik_domain::job::Platform;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::words::platform_name;
use crate::openapi::call::{Call, Refusal, error};
use crate::openapi::shape::{Shape, either, list, members, named, one_text, record, text, text_like};

/// The tag of this API.
pub(super) const TAG: &str = "jobs";

/// The name of the credential.
pub(super) const ORGANIZATION_KEY: &str = "organizationKey";

/// The project of the examples.
const PROJECT: &str = "3sWXSsqHgSKnE87YkNJK";

/// What any call may answer.
const ANY: [Refusal; 10] = [
    (400, "JobsBadRequest"),
    (401, "JobsUnauthorized"),
    (403, "JobsNotAllowed"),
    (404, "JobsNotFound"),
    (405, "JobsMethodNotAllowed"),
    (408, "JobsTooSlow"),
    (413, "JobsTooLarge"),
    (429, "JobsTooMany"),
    (500, "JobsFailure"),
    (503, "JobsUnavailable"),
];

/// What a call with a body may answer as well.
const WITH_BODY: [Refusal; 2] = [(415, "JobsUnsupportedMediaType"), (422, "JobsUnprocessable")];

/// What a call whose path or query can be malformed may answer as well.
const WITH_VALUES: [Refusal; 1] = [(422, "JobsUnprocessable")];

/// The meaning of each error with a list of texts.
const MEANINGS: [(&str, &str); 9] = [
    ("JobsBadRequest", "The body was cut off, or the project has no name, or one that is in use."),
    ("JobsUnauthorized", "There is no valid key."),
    ("JobsNotAllowed", "The key does not have the right to this call."),
    ("JobsTooSlow", "The body did not arrive in time."),
    ("JobsTooLarge", "The body is too long."),
    ("JobsUnsupportedMediaType", "The body is not JSON by its header."),
    ("JobsTooMany", "Too many requests; `Retry-After`, `RateLimit` and `RateLimit-Policy` say when to go on."),
    ("JobsFailure", "An unexpected failure. The request had no effect."),
    (
        "JobsUnavailable",
        "The database is unreachable or too busy, or too many bodies are in flight. The request had no effect; `Retry-After` says when to \
         repeat it.",
    ),
];

/// Adds the credential and the errors to the components of a document.
pub(super) fn add_components(components: ComponentsBuilder) -> ComponentsBuilder {
    let key = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("The organization key, alone or after `Bearer`."));
    let components = components.security_scheme(ORGANIZATION_KEY, SecurityScheme::Http(key.build()));
    let texts = record("What went wrong.", members([("errors", list(text("A sentence in English."), "One text."))]), Vec::new());
    let path = record("The path or the method does not exist.", members([("detail", text("A sentence in English."))]), Vec::new());
    let fault = members([
        ("type", text("The kind of fault.")),
        ("loc", list(text("A step of the location."), "`path`, `query` or `body`, and the name of the part.")),
        ("msg", text("The expected input.")),
        ("input", text("The input that was sent.")),
    ]);
    let faults = list(record("A part of a request that can't be parsed.", fault, Vec::new()), "One fault.");
    let faults = record("A part of the request can't be parsed.", members([("detail", faults)]), Vec::new());
    let missing = either([named("JobsError"), named("JobsPathError")]);
    let components = components.schema("JobsError", texts).schema("JobsPathError", path).schema("JobsInputError", faults);
    let components = components
        .response("JobsNotFound", error("There is no such project, job or path.", missing))
        .response("JobsMethodNotAllowed", error("The path does not have this method.", named("JobsPathError")))
        .response("JobsUnprocessable", error("A part of the path, the query or the body can't be parsed.", named("JobsInputError")));
    MEANINGS.iter().fold(components, |components, (name, about)| components.response(*name, error(about, named("JobsError"))))
}

/// A call that needs the credential.
pub(super) fn call(method: HttpMethod, path: &'static str, id: &str, summary: &str) -> Call {
    Call::new(method, path, id, TAG, summary).secured_by(ORGANIZATION_KEY).refuses(&ANY)
}

/// The call may have a part that can't be parsed.
pub(super) fn with_values(call: Call) -> Call {
    call.refuses(&WITH_VALUES)
}

/// The call takes a body.
pub(super) fn with_body(call: Call) -> Call {
    call.refuses(&WITH_BODY)
}

/// The call names a project in its path.
pub(super) fn about_project(call: Call) -> Call {
    call.in_path("projectKey", "The key of the project.", text_like("^[0-9A-Za-z]{20}$", "20 letters and digits."), PROJECT)
}

/// The call names a user in its path.
pub(super) fn about_user(call: Call, example: &str) -> Call {
    let about = "A user: the GUID, the number, the e-mail address or the user name. A slash in it is escaped.";
    call.in_path("userId", about, text_like("^.{1,1000}$", "1 to 1 000 characters without NUL."), example)
}

/// The object that wraps the content of an answer.
pub(super) fn data(content: Shape) -> Shape {
    record("The answer.", members([("data", content)]), Vec::new())
}

/// The names of platforms.
pub(super) fn platform() -> Shape {
    one_text(&Platform::ALL.map(platform_name), "The platform: `web` by default.")
}
