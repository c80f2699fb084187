//! What the descriptions of all calls of this API have in common: the credential, the errors, and parts of requests.

use derslik_domain::identity::ClassroomRole;
use serde_json::Value;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::openapi::call::{Call, Refusal, error};
use crate::openapi::shape::{
    Members, Shape, either, guid, list, members, named, one_text, record, text, text_like, text_within, whole, whole_within,
};

/// The tag of version 2.
pub(super) const V2: &str = "sessions";

/// The tag of version 1.
pub(super) const V1: &str = "sessions, version 1";

/// The name of the schema of an error.
pub(super) const ERROR: &str = "SessionsError";

/// The name of the credential.
const ACCESS_KEY: &str = "accessKey";

/// The session of the examples.
pub(super) const SESSION: &str = "61E3D504-13EE-447F-9B36-6686C5C39FEB";

/// The roles of people in classrooms.
pub(super) const ROLES: [&str; 5] = [
    ClassroomRole::Admin.code(),
    ClassroomRole::Instructor.code(),
    ClassroomRole::User.code(),
    ClassroomRole::SeniorInstructor.code(),
    ClassroomRole::AssistantInstructor.code(),
];

/// What any call with a credential may answer.
const ANY: [Refusal; 9] = [
    (400, "SessionsBadRequest"),
    (401, "SessionsUnauthorized"),
    (404, "SessionsNotFound"),
    (405, "SessionsMethodNotAllowed"),
    (408, "SessionsTooSlow"),
    (413, "SessionsTooLarge"),
    (429, "SessionsTooMany"),
    (500, "SessionsFailure"),
    (503, "SessionsUnavailable"),
];

/// What a call with a body may answer as well.
const WITH_BODY: [Refusal; 1] = [(415, "SessionsUnsupportedMediaType")];

/// What a call with an `Idempotency-Key` may answer as well.
const WITH_KEY: [Refusal; 2] = [(409, "SessionsConflict"), (422, "SessionsKeyReused")];

/// What a call that names a person may answer as well.
const WITH_NAMES: [Refusal; 1] = [(409, "SessionsConflict")];

/// The meaning of each error.
const MEANINGS: [(&str, &str); 13] = [
    (
        "SessionsBadRequest",
        "Code 12: a value breaks a rule. Code 19: the body is not JSON or was cut off, or the key is malformed. Code 38: the page is too large.",
    ),
    ("SessionsUnauthorized", "Code 14: there is no valid credential. Code 17: the credential does not have the right to this call."),
    ("SessionsNotFound", "Code 30: no such session. Code 40: no such attendee. Code 52: no such person. Code 19: no such path."),
    ("SessionsMethodNotAllowed", "Code 19: the path does not have this method; `Allow` lists those that it has."),
    ("SessionsTooSlow", "Code 19: the body did not arrive in time."),
    (
        "SessionsConflict",
        "Code 50 or 51: the user name or the e-mail address is in use. Code 19: a request with the same key is still running, or its stored answer was erased.",
    ),
    ("SessionsTooLarge", "Code 19: the body is too long."),
    ("SessionsUnsupportedMediaType", "Code 19: the body is not JSON by its header."),
    ("SessionsKeyReused", "Code 15: the key was used for another request."),
    ("SessionsTooMany", "Code 19: too many requests; `Retry-After`, `RateLimit` and `RateLimit-Policy` say when to go on."),
    ("SessionsFailure", "Code 10: an unexpected failure. The request had no effect."),
    (
        "SessionsUnavailable",
        "Code 11: the database is unreachable or too busy, or too many bodies are in flight. The request had no effect; `Retry-After` says when to repeat it.",
    ),
    ("SessionsNotForm", "Code 19: the body is not a form by its header."),
];

/// What the call for a token may answer, besides what OAuth 2.0 says.
const OF_TOKENS: [Refusal; 6] = [
    (405, "SessionsMethodNotAllowed"),
    (408, "SessionsTooSlow"),
    (413, "SessionsTooLarge"),
    (415, "SessionsNotForm"),
    (500, "SessionsFailure"),
    (503, "SessionsUnavailable"),
];

/// Adds the credential and the errors to the components of a document.
pub(super) fn add_components(components: ComponentsBuilder) -> ComponentsBuilder {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "`ACCESS_KEY|PROOF`, where the proof is the SHA-256 of `ACCESS_KEY|SECRET_KEY` in hexadecimal; or a token of version 1.",
    ));
    let components = components.security_scheme(ACCESS_KEY, SecurityScheme::Http(bearer.build()));
    let code = whole("What is wrong, for programs. It does not depend on the language.");
    let details = text("What is wrong, in the language of the client; tokens such as `session_not_found` are never translated.");
    let shape = record("An error.", members([("code", code), ("details", details)]), Vec::new());
    let reason = either([
        list(text("A violated rule."), "Code 12: the violated rules."),
        text("Any other code: what forbids the change, as a token or a text."),
    ]);
    let state = record("Why an item was refused.", members([("code", whole("The error code.")), ("details", reason)]), Vec::new());
    let components = components.schema("ItemState", state);
    MEANINGS
        .iter()
        .fold(components.schema(ERROR, shape), |components, (name, about)| components.response(*name, error(about, named(ERROR))))
}

/// A call without a body.
pub(super) fn plain(call: Call) -> Call {
    call.refuses(&ANY)
}

/// A call with a JSON body.
pub(super) fn with_body(call: Call) -> Call {
    plain(call).refuses(&WITH_BODY)
}

/// A call with a JSON body that is done once under an `Idempotency-Key`.
pub(super) fn with_key(call: Call) -> Call {
    with_body(call).refuses(&WITH_KEY)
}

/// A call with a JSON body that gives a person a name or an address.
pub(super) fn with_names(call: Call) -> Call {
    with_body(call).refuses(&WITH_NAMES)
}

/// The call for a token.
pub(super) fn of_tokens(call: Call) -> Call {
    call.refuses(&OF_TOKENS)
}

/// A call that needs the credential.
pub(super) fn call(method: HttpMethod, path: &'static str, id: &str, tag: &str, summary: &str) -> Call {
    Call::new(method, path, id, tag, summary).secured_by(ACCESS_KEY)
}

/// The call names a session in its path.
pub(super) fn about_session(call: Call) -> Call {
    call.in_path("guid", "The GUID of the session.", guid("A GUID, in either case."), SESSION)
}

/// The call may have an `Idempotency-Key`.
pub(super) fn idempotent(call: Call) -> Call {
    let about = "The request is carried out once within 24 hours; a repetition gets the stored answer, with `Idempotent-Replayed: true`.";
    call.in_header("Idempotency-Key", about, text_like("^[!-~]{1,255}$", "1 to 255 visible ASCII characters."))
}

/// The answer may report the position of each item.
pub(super) fn indexed(call: Call) -> Call {
    call.in_header(
        "X-Batch-Index",
        "`true` adds `index` to each item of the answer.",
        one_text(&["true"], "Anything else counts as not sent."),
    )
}

/// The page of a list in the query.
pub(super) fn paged(call: Call) -> Call {
    call.in_query("page_number", "The page, from 1.", whole_within(0, 1_000_000, "0 counts as not given."), None).in_query(
        "page_size",
        "The most entries of the page.",
        whole_within(0, 1_000, "0 counts as not given."),
        None,
    )
}

/// The page of a list in a body.
pub(super) fn page_members() -> Members {
    members([
        ("page_number", whole_within(0, 1_000_000, "The page, from 1; 0 counts as not given.")),
        ("page_size", whole_within(0, 1_000, "The most entries of the page; 0 counts as not given.")),
    ])
}

/// The filter of people, which lists of attendees have as well. `username` is that of the example.
pub(super) fn by_person(call: Call, username: Option<&str>) -> Call {
    let value = || text_within(0, 100, "Empty counts as not given.");
    let about = "Only people with this value, in any case.";
    ["name", "surname", "email"]
        .into_iter()
        .fold(call, |call, name| call.in_query(name, about, value(), None))
        .in_query("username", about, value(), username.map(Value::from))
        .in_query("role", "Only people with this role.", one_text(&ROLES, "The letters of a role."), None)
}

/// The answer of a batch: what was done, and what was refused and why.
pub(super) fn batch_of(approved: Shape, rejected: Shape) -> Shape {
    let approved = list(approved, "The objects that were created or changed, in the order of the request.");
    let parts = members([("approved", approved), ("rejected", list(rejected, "The refused items."))]);
    record("What was done, and what was refused.", parts, Vec::new())
}
