//! Users in the OpenAPI document.

use serde_json::json;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::path::HttpMethod::Get;

use crate::openapi::call::Call;
use crate::openapi::shape::{guid, list, members, named, or_null, record, text, whole};
use crate::openreplay::described::{about_project, about_user, call, data, with_values};

/// The user of the examples.
const TEACHER: &str = "teacher@demo.example";

/// Adds the schemas of users.
pub(in crate::openreplay) fn add_components(components: ComponentsBuilder) -> ComponentsBuilder {
    let user = members([
        ("userId", text("The user as it was sent.")),
        ("sessionCount", whole("How many sessions the user attends.")),
        ("firstSeen", or_null(whole("The start of the first of them, in milliseconds since 1970."))),
        ("lastSeen", or_null(whole("The start of the last of them, in milliseconds since 1970."))),
    ]);
    let empty = || text("Always empty: only a recording has it.");
    let none = || whole("Always 0: only a recording has it.");
    let attended = members([
        ("projectId", whole("The number of the project.")),
        ("sessionId", guid("The GUID of the session.")),
        ("userUuid", text("The GUID of the user; empty for a guest.")),
        ("userId", text("The user as it was sent.")),
        ("userAgent", empty()),
        ("userOs", empty()),
        ("userBrowser", empty()),
        ("userDevice", empty()),
        ("userCountry", empty()),
        ("startTs", whole("The start, in milliseconds since 1970.")),
        ("duration", whole("The duration in milliseconds.")),
        ("eventsCount", none()),
        ("pagesCount", none()),
        ("errorsCount", none()),
    ]);
    components
        .schema("User", record("A summary of the sessions of a user.", user, Vec::new()))
        .schema("UserAnswer", data(or_null(named("User"))))
        .schema("AttendedSession", record("A session, in the form of a recording.", attended, Vec::new()))
        .schema("AttendedList", data(list(named("AttendedSession"), "The sessions, in the order of their starts.")))
}

/// Every call about users.
pub(in crate::openreplay) fn calls() -> Vec<Call> {
    let (user, sessions) = ("/api/v1/{projectKey}/users/{userId}", "/api/v1/{projectKey}/users/{userId}/sessions");
    let of_user = |one: Call| with_values(about_user(about_project(one), TEACHER));
    vec![
        of_user(call(Get, user, "getUser", "Read what is known of a user"))
            .about("The answer is null for an unknown user. A guest is known by the e-mail address.")
            .answers(200, "The user.", named("UserAnswer")),
        of_user(call(Get, sessions, "listSessionsOfUser", "List the sessions of a user"))
            .in_query(
                "start_date",
                "Only sessions from this instant on.",
                whole("Milliseconds since 1970."),
                Some(json!(1_754_000_000_000_i64)),
            )
            .in_query("end_date", "Only sessions up to this instant.", whole("Milliseconds since 1970."), None)
            .answers(200, "The sessions.", named("AttendedList")),
    ]
}
