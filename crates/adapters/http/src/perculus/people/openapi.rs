//! People in the OpenAPI document.

use serde_json::json;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::path::HttpMethod::{Delete, Get, Post, Put};

use crate::openapi::call::Call;
use crate::openapi::shape::{
    Members, flag, form, guid, instant, list, members, named, one_text, one_whole, or_null, record, text, text_within,
};
use crate::perculus::described::{ROLES, V1, by_person, call, idempotent, paged, plain, with_body, with_key, with_names};

fn person() -> Members {
    members([
        ("user_id", guid("The GUID.")),
        ("name", text("The given name.")),
        ("surname", text("The family name.")),
        ("username", or_null(text("The name to log in by."))),
        ("email", or_null(text("The e-mail address."))),
        ("role", one_text(&ROLES, "The role in classrooms; `a` is an administrator of the account.")),
        ("mobile", or_null(text("The telephone number."))),
        ("login_allowed", flag("Whether the person may log in.")),
        ("status", one_whole(&[-1, 0, 1], "-1 deleted, 0 passive, 1 active.")),
        ("lang", or_null(text("The language tag."))),
        ("timezone", or_null(text("The name of the time zone."))),
        ("expires_at", or_null(instant("When the person may no longer log in."))),
        ("creation_date", instant("When it was created.")),
        ("updating_date", instant("When it was changed last.")),
    ])
}

fn fields() -> Members {
    members([
        ("name", or_null(text_within(1, 200, "The given name; a new person needs one."))),
        ("surname", or_null(text_within(1, 200, "The family name; a new person needs one."))),
        ("email", or_null(text_within(1, 254, "The e-mail address, unique in the account; a new person needs one."))),
        ("username", or_null(text_within(1, 100, "The name to log in by, unique in the account; a new person needs one."))),
        ("role", or_null(one_text(&ROLES, "The role in classrooms: `u` by default."))),
        ("password", or_null(text_within(1, 200, "The password. The original also calls it `psd`."))),
        ("mobile", or_null(text_within(0, 50, "The telephone number."))),
        ("login_allowed", or_null(flag("Whether the person may log in."))),
        ("active", or_null(flag("Whether the person may act at all."))),
        ("lang", or_null(text_within(1, 35, "The language tag."))),
        ("timezone", or_null(text_within(1, 64, "The name of the time zone."))),
        ("expires_at", or_null(text_within(0, 64, "When the person may no longer log in."))),
    ])
}

/// Adds the schemas of people.
pub(in crate::perculus) fn add_components(components: ComponentsBuilder) -> ComponentsBuilder {
    components
        .schema("Person", record("A person of the account.", person(), Vec::new()))
        .schema("PersonForm", form("The fields of a person.", Vec::new(), fields()))
}

/// The call names a person in its path.
fn about_person(call: Call) -> Call {
    call.in_path("key", "The GUID of the person, or the user name.", text_within(1, 100, "A GUID or a name."), "teacher")
}

/// Every call about people.
pub(in crate::perculus) fn calls() -> Vec<Call> {
    let (all, one) = ("/xapi/user", "/xapi/user/{key}");
    let ayse = json!({ "name": "Ayşe", "surname": "Yılmaz", "email": "ayse@okul.example", "username": "ayse" });
    let password = text_within(0, 200, "It may also be the body, as a JSON string.");
    vec![
        with_body(by_person(paged(call(Get, all, "listPeopleV1", V1, "List people")), Some("teacher")))
            .about("The parameters may have any spelling, such as `PageSize`, and may stand in a JSON body instead.")
            .answers(200, "The page.", list(named("Person"), "The people of the page.")),
        with_key(idempotent(call(Post, all, "addPersonV1", V1, "Add a person"))).takes(named("PersonForm"), ayse).answers(
            201,
            "The new person.",
            named("Person"),
        ),
        plain(about_person(call(Get, one, "getPersonV1", V1, "Read a person"))).answers(200, "The person.", named("Person")),
        with_names(about_person(call(Put, one, "changePersonV1", V1, "Change a person")))
            .about("Fields that are missing or null are left alone.")
            .takes(named("PersonForm"), json!({ "name": "Ayşe Nur" }))
            .answers(200, "The person as it is now.", named("Person")),
        plain(about_person(call(Delete, one, "deletePersonV1", V1, "Delete a person")))
            .answers_nothing("It is deleted, and its credentials with it."),
        with_body(about_person(call(Put, "/xapi/user/{key}/password", "setPasswordV1", V1, "Set the password of a person")))
            .in_query("password", "The password.", password, Some(json!("a good password")))
            .answers_nothing("It is set."),
    ]
}
