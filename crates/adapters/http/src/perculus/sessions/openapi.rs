//! Sessions in the OpenAPI document.

use serde_json::json;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::path::HttpMethod::{Delete, Get, Post, Put};

use super::options::{CHAT, DURATION, OPTIONS, OptionKey};
use crate::openapi::call::Call;
use crate::openapi::shape::{
    Members, Shape, either, flag, form, guid, instant, list, members, named, one_whole, or_null, record, text, text_like, text_within,
    whole, whole_within,
};
use crate::perculus::described::{
    ERROR, SESSION, V1, V2, about_session, batch_of, call, idempotent, indexed, page_members, paged, plain, with_body, with_key,
};

/// A civil time as a client may write it.
const CIVIL: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?$";

/// The members of a session that both versions show, between the first and the last one.
fn shown() -> Members {
    members([
        ("name", text("The title.")),
        ("description", or_null(text("The description."))),
        ("tags", or_null(text("The tags, with commas between them."))),
        ("start_date", instant("The start in the time zone of the session, with its offset.")),
        ("timezone", text("The name of the time zone, as in the database of IANA.")),
        ("duration", whole_within(5, 360, "The duration in minutes.")),
        ("lang", text("The language tag.")),
        ("status", one_whole(&[-1, 0, 1, 2, 3], "-1 deleted, 0 passive, 1 active, 2 locked, 3 expired.")),
        ("replay_status", one_whole(&[0, 1, 2, 3], "The recording: 0 not allowed, 1 not packed, 2 packed, 3 without content.")),
        ("options", named("SessionOptions")),
        ("creation_date", instant("When it was created.")),
    ])
}

fn session_v2() -> Members {
    let mut all = members([("session_guid", guid("The GUID."))]);
    all.extend(shown());
    all.extend(members([("updating_date", instant("When it was changed last."))]));
    all
}

fn session_v1() -> Members {
    let mut all = members([("session_id", guid("The GUID."))]);
    all.extend(shown());
    all.extend(members([("updating_date", or_null(instant("When it was changed last; null until then.")))]));
    all
}

/// The settings, from the tables by which they are read and written. `switch` is the shape of a switch, and `group` makes the shape of
/// a group of them.
fn options(switch: &Shape, group: fn(&str, Members) -> Shape) -> Members {
    let shape = |key: OptionKey| match key {
        OptionKey::Flag(_) => switch.clone(),
        OptionKey::PreparationTime => whole_within(0, 2_147_483_647, "How long before its start the session can be entered, in minutes."),
        OptionKey::SessionDuration => whole("A copy of the duration; in a request it is ignored."),
        OptionKey::Chat => group("Switches of the chat.", switches(&CHAT, switch)),
        OptionKey::Duration => group("Switches of the duration.", switches(&DURATION, switch)),
        OptionKey::ReturnUrl => text_within(0, 2_000, "The address to which attendees go afterwards; empty for none."),
    };
    OPTIONS.into_iter().map(|(name, key)| (name.to_owned(), shape(key))).collect()
}

fn switches<T>(keys: &[(&str, T)], switch: &Shape) -> Members {
    keys.iter().map(|(name, _)| ((*name).to_owned(), switch.clone())).collect()
}

/// The fields of a session in a request. One that is missing or null is left alone, or gets its default.
fn fields() -> Members {
    members([
        ("name", or_null(text_within(1, 500, "The title; a new session needs one."))),
        ("description", or_null(text_within(0, 10_000, "The description."))),
        ("tags", or_null(text_within(0, 1_000, "The tags, with commas between them."))),
        ("start_date", or_null(text_like(CIVIL, "The start as a civil time: an offset is read and ignored. A new session needs one."))),
        ("duration", or_null(whole_within(5, 360, "The duration in minutes; a new session needs one."))),
        ("lang", or_null(text_within(1, 35, "The language tag; by default that of the account."))),
        ("allow_recording", or_null(flag("Whether it may be recorded."))),
        ("inaccessible_replay", or_null(flag("Whether its recording is closed to attendees."))),
        ("options", or_null(named("SessionOptionsForm"))),
        ("timezone", or_null(text_within(1, 64, "The name of the time zone; by default that of the account."))),
        ("status", or_null(whole_within(0, 3, "The status: 0 passive, 1 active, 2 locked, 3 expired."))),
    ])
}

/// Adds the schemas of sessions.
pub(in crate::perculus) fn add_components(components: ComponentsBuilder) -> ComponentsBuilder {
    let settings = options(&or_null(flag("A switch; null where it was never set.")), |about, all| record(about, all, Vec::new()));
    let sent_settings = nullable(options(&flag("A switch."), |about, all| form(about, Vec::new(), nullable(all))));
    let item = members([("session_guid", or_null(guid("The session to change; without it the item creates one.")))]);
    let item: Members = item.into_iter().chain(fields()).collect();
    let index = || members([("index", whole("The position of the item, if the request asked for it."))]);
    let model = form("The item as it was sent, with a few defaults.", Vec::new(), Vec::new());
    let refused = members([("model", model), ("state", named("ItemState"))]);
    components
        .schema("Session", record("A session.", session_v2(), Vec::new()))
        .schema("SessionV1", record("A session as version 1 shows it.", session_v1(), Vec::new()))
        .schema("SessionOptions", record("The settings of a session.", settings, Vec::new()))
        .schema("SessionOptionsForm", form("The settings of a session that are to be set.", Vec::new(), sent_settings))
        .schema("SessionForm", form("The fields of a session.", Vec::new(), fields()))
        .schema("SessionItem", form("A session to create or to change.", Vec::new(), item))
        .schema("ApprovedSession", record("A session that a batch created or changed.", session_v2(), index()))
        .schema("RejectedSession", record("A refused item.", refused, index()))
        .schema("SessionBatch", batch_of(named("ApprovedSession"), named("RejectedSession")))
}

fn nullable(all: Members) -> Members {
    all.into_iter().map(|(name, shape)| (name, or_null(shape))).collect()
}

/// Every call about sessions.
pub(in crate::perculus) fn calls() -> Vec<Call> {
    let mut calls = calls_v2();
    calls.extend(calls_v1());
    calls
}

fn calls_v2() -> Vec<Call> {
    let items = list(named("SessionItem"), "The items, at most 1 000. They are applied in this order, in one transaction.");
    let mixed = json!([
        { "name": "CS201", "description": "Web development", "start_date": "2099-08-05T12:00:00Z", "duration": 120, "lang": "en-US" },
        { "name": "TR102", "start_date": "2020-08-05T14:00:00Z", "duration": 120, "options": { "allow_rating": false } },
        { "session_guid": SESSION, "duration": 100 },
        { "session_guid": "8293D504-13EE-447F-9B36-6686C5C39FEB", "duration": 100 },
    ]);
    let filter = members([
        ("session_guid", or_null(text_within(0, 64, "Only the session with this GUID."))),
        ("session_id", or_null(text_within(0, 64, "The same, by its name in version 1."))),
        ("name", or_null(text_within(0, 200, "A part of the title, in any case."))),
        ("description", or_null(text_within(0, 200, "A part of the description, in any case."))),
        ("tags", or_null(text_within(0, 1_000, "Tags with commas between them. A session must have each of them."))),
        ("duration", or_null(whole("The duration in minutes."))),
        ("begin_date", or_null(text_like(CIVIL, "The earliest start."))),
        ("end_date", or_null(text_like(CIVIL, "The latest start; a bare date means the whole day."))),
    ]);
    let filter: Members = filter.into_iter().chain(nullable(page_members())).collect();
    vec![
        with_key(indexed(idempotent(call(Post, "/xapi/v2/session/batch", "upsertSessions", V2, "Create and change sessions"))))
            .about("An item with a GUID changes that session, and one without creates a session. A refused item does not undo the rest.")
            .takes(items, mixed)
            .answers(200, "Every item was done.", named("SessionBatch"))
            .answers(207, "Some items were refused.", named("SessionBatch"))
            .answers(400, "Every item was refused, or the request as a whole.", either([named("SessionBatch"), named(ERROR)])),
        with_body(call(Post, "/xapi/v2/session/search", "searchSessions", V2, "Find sessions"))
            .about("Filters that are left out, blank or 0 count as not given. The sessions are in the order of their starts.")
            .takes(form("What the sessions must have.", Vec::new(), filter), json!({ "name": "web", "page_size": 10 }))
            .answers(200, "The page.", list(named("Session"), "The sessions of the page.")),
        plain(about_session(call(Get, "/xapi/v2/session/{guid}", "getSession", V2, "Read a session"))).answers(
            200,
            "The session.",
            named("Session"),
        ),
        plain(about_session(call(Delete, "/xapi/v2/session/{guid}", "deleteSession", V2, "Delete a session")))
            .answers_nothing("It is deleted. No later request finds it."),
    ]
}

fn calls_v1() -> Vec<Call> {
    let query = call(Get, "/xapi/session", "listSessionsV1", V1, "Find sessions")
        .about("The parameters may have any spelling, such as `PageSize`, and may stand in a JSON body instead.")
        .in_query("session_id", "Only the session with this GUID.", text_within(0, 64, "A GUID."), None)
        .in_query("name", "A part of the title, in any case.", text_within(0, 200, "Empty counts as not given."), Some(json!("web")))
        .in_query("description", "A part of the description.", text_within(0, 200, "Empty counts as not given."), None)
        .in_query("tags", "Tags with commas between them.", text_within(0, 1_000, "Empty counts as not given."), None)
        .in_query("duration", "The duration in minutes.", whole("A number of minutes."), None)
        .in_query("begin_date", "The earliest start.", text_like(CIVIL, "A civil time."), None)
        .in_query("end_date", "The latest start.", text_like(CIVIL, "A civil time."), None);
    vec![
        with_body(paged(query)).answers(200, "The page.", list(named("SessionV1"), "The sessions of the page.")),
        with_key(idempotent(call(Post, "/xapi/session", "createSessionV1", V1, "Create a session")))
            .takes(named("SessionForm"), json!({ "name": "CS201", "start_date": "2099-08-05T12:00:00Z", "duration": 80 }))
            .answers(201, "The new session.", named("SessionV1")),
        plain(about_session(call(Get, "/xapi/session/{guid}", "getSessionV1", V1, "Read a session"))).answers(
            200,
            "The session.",
            named("SessionV1"),
        ),
        with_body(about_session(call(Put, "/xapi/session/{guid}", "changeSessionV1", V1, "Change a session")))
            .about("Fields that are missing or null are left alone.")
            .takes(named("SessionForm"), json!({ "duration": 90 }))
            .answers(200, "The session as it is now.", named("SessionV1")),
        plain(about_session(call(Delete, "/xapi/session/{guid}", "deleteSessionV1", V1, "Delete a session")))
            .answers_nothing("It is deleted. No later request finds it."),
    ]
}
