//! Attendees in the OpenAPI document.

use derslik_domain::time::Zone;
use serde_json::json;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::path::HttpMethod::{Delete, Get, Post, Put};

use super::style::Style;
use crate::openapi::call::Call;
use crate::openapi::shape::{
    Members, anything, either, form, guid, instant, list, members, named, nothing, one_text, or_null, record, text, text_within, whole,
};
use crate::perculus::described::{
    ERROR, ROLES, V1, V2, about_session, batch_of, by_person, call, idempotent, indexed, paged, plain, with_body, with_key, with_names,
};

/// The attendee of the examples: a guest, named by the address.
const GUEST: &str = "guest1@demo.example";

/// An attendee in that version, whose keys of the session and of the person differ.
fn attendee(style: Style) -> Members {
    let (session, person) = style.keys();
    members([
        (session, guid("The session.")),
        (person, or_null(guid("The person of the account; null for a guest."))),
        ("attendee_id", guid("The attendee.")),
        ("attendance_code", text("The code with which the attendee enters.")),
        ("name", text("The given name.")),
        ("surname", text("The family name.")),
        ("email", text("The e-mail address.")),
        ("role", one_text(&ROLES, "The role in the classroom.")),
        ("mobile", or_null(text("The telephone number."))),
        ("avatar", nothing("There is none here.")),
        ("creation_date", instant("When it was created.")),
        ("updating_date", instant("When it was changed last.")),
    ])
}

/// The fields of an attendee in a request, with that name of the person, and these roles.
fn fields(person: &str, about_person: &str, roles: &[&str]) -> Members {
    members([
        (person, or_null(text_within(0, 100, about_person))),
        ("attendance_code", or_null(text_within(0, 64, "The attendee to change, by its code."))),
        ("email", or_null(text_within(0, 254, "The e-mail address; a new guest needs one."))),
        ("name", or_null(text_within(0, 200, "The given name; a new guest needs one."))),
        ("surname", or_null(text_within(0, 200, "The family name; a new guest needs one."))),
        ("mobile", or_null(text_within(0, 50, "The telephone number."))),
        ("role", or_null(one_text(roles, "The role in the classroom: `u` by default."))),
    ])
}

/// Adds the schemas of attendees.
pub(in crate::perculus) fn add_components(components: ComponentsBuilder) -> ComponentsBuilder {
    let (v1, v2) = (Style::V1, Style::V2 { zone: Zone::UTC, with_index: true });
    let index = || members([("index", whole("The position of the item, if the request asked for it."))]);
    let refused = || members([("model", anything("The item as it was sent.")), ("state", named("ItemState"))]);
    // In version 1 an empty role is the default.
    let roles_v1 = [ROLES.as_slice(), &[""]].concat();
    let (by_guid, by_name) = ("The GUID of a person of the account.", "The GUID of a person of the account, or a user name.");
    components
        .schema("Attendee", record("An attendee.", attendee(v2), Vec::new()))
        .schema("AttendeeV1", record("An attendee as version 1 shows it.", attendee(v1), Vec::new()))
        .schema("AttendeeForm", form("An attendee to add or to change.", Vec::new(), fields("user_guid", by_guid, &ROLES)))
        .schema("AttendeeFormV1", form("An attendee to add or to change.", Vec::new(), fields("user_id", by_name, &roles_v1)))
        .schema("ApprovedAttendee", record("An attendee that a batch added or changed.", attendee(v2), index()))
        .schema("RejectedAttendee", record("A refused item.", refused(), index()))
        .schema("RejectedAttendeeV1", record("A refused item.", refused(), Vec::new()))
        .schema("AttendeeBatch", batch_of(named("ApprovedAttendee"), named("RejectedAttendee")))
        .schema("AttendeeBatchV1", batch_of(named("AttendeeV1"), named("RejectedAttendeeV1")))
}

/// The call names an attendee in its path.
fn about_attendee(call: Call, example: &str) -> Call {
    let about = "The attendance code, the GUID of a person, or the e-mail address.";
    about_session(call).in_path("key", about, text_within(1, 254, "A code, a GUID or an address."), example)
}

/// Every call about attendees.
pub(in crate::perculus) fn calls() -> Vec<Call> {
    let mut calls = calls_v2();
    calls.extend(calls_v1());
    calls
}

fn calls_v2() -> Vec<Call> {
    let (batch, one) = ("/xapi/v2/session/{guid}/attendee/batch", "/xapi/v2/session/{guid}/attendee/{key}");
    let items = list(named("AttendeeForm"), "The items, at most 1 000.");
    let guests = json!([
        { "email": "ali@okul.example", "name": "Ali", "surname": "Kaya" },
        { "email": "no address", "name": "No", "surname": "Address" },
    ]);
    let add = call(Post, batch, "upsertAttendees", V2, "Add and change attendees");
    let shown = call(Get, "/xapi/v2/session/{guid}/attendee", "listAttendees", V2, "List the attendees of a session");
    let remove = call(Delete, one, "removeAttendee", V2, "Remove an attendee");
    vec![
        with_key(indexed(idempotent(about_session(add))))
            .about("An item names a person of the account, an attendee by its code, or a guest by an e-mail address.")
            .takes(items, guests)
            .answers(200, "Every item was done.", named("AttendeeBatch"))
            .answers(207, "Some items were refused.", named("AttendeeBatch"))
            .answers(400, "Every item was refused, or the request as a whole.", either([named("AttendeeBatch"), named(ERROR)])),
        with_body(by_person(paged(about_session(shown)), None))
            .about("A page has 1 000 entries unless the request asks for fewer.")
            .answers(200, "The page.", list(named("Attendee"), "The attendees of the page.")),
        plain(about_attendee(remove, GUEST)).answers_nothing("It is removed."),
    ]
}

fn calls_v1() -> Vec<Call> {
    let (all, one) = ("/xapi/session/{guid}/attendees", "/xapi/session/{guid}/attendee/{key}");
    let ali = json!({ "email": "ali@okul.example", "name": "Ali", "surname": "Kaya", "role": "" });
    let items = list(named("AttendeeFormV1"), "The items, at most 1 000.");
    let shown = call(Get, all, "listAttendeesV1", V1, "List the attendees of a session");
    let add_all = call(Post, all, "upsertAttendeesV1", V1, "Add and change attendees");
    let add = call(Post, "/xapi/session/{guid}/attendee", "addAttendeeV1", V1, "Add an attendee");
    let change = call(Put, one, "changeAttendeeV1", V1, "Change an attendee");
    vec![
        with_body(by_person(paged(about_session(shown)), None))
            .about("The parameters may have any spelling, such as `PageSize`, and may stand in a JSON body instead.")
            .answers(200, "The page.", list(named("AttendeeV1"), "The attendees of the page.")),
        with_key(idempotent(about_session(add_all)))
            .about("The status is 200 whatever became of the items.")
            .takes(items, json!([ali]))
            .answers(200, "What was done, and what was refused.", named("AttendeeBatchV1")),
        with_key(idempotent(about_session(add))).takes(named("AttendeeFormV1"), ali).answers(
            200,
            "The attendance code of the new attendee.",
            text("The code."),
        ),
        plain(about_attendee(call(Get, one, "getAttendeeV1", V1, "Read an attendee"), GUEST)).answers(
            200,
            "The attendee.",
            named("AttendeeV1"),
        ),
        with_names(about_attendee(change, GUEST))
            .about("Fields that are missing or null are left alone.")
            .takes(named("AttendeeFormV1"), json!({ "name": "Ayşe Nur" }))
            .answers(200, "The attendee as it is now.", named("AttendeeV1")),
        plain(about_attendee(call(Delete, one, "removeAttendeeV1", V1, "Remove an attendee"), GUEST)).answers_nothing("It is removed."),
    ]
}
