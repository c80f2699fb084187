//! The sessions API in the OpenAPI document: its calls, and the components that they name.

use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::tag::{Tag, TagBuilder};

use super::described::{self, V1, V2};
use super::{attendees, people, sessions, token};
use crate::openapi::call::Call;

/// The tags of this API.
pub(crate) fn tags() -> Vec<Tag> {
    let tag = |name: &str, about: &str| TagBuilder::new().name(name).description(Some(about)).build();
    vec![
        tag(V2, "Sessions and their attendees (Perculus xAPI, version 2). The same calls are below `/api/groups/xapi`."),
        tag(V1, "Sessions, attendees and people as the published clients call them (Perculus xAPI, version 1)."),
    ]
}

/// Every call of this API.
pub(crate) fn calls() -> Vec<Call> {
    let mut calls = sessions::openapi::calls();
    calls.extend(attendees::openapi::calls());
    calls.extend(people::openapi::calls());
    calls.push(token::openapi::call());
    calls
}

/// Adds the schemas, the errors and the credential of this API.
pub(crate) fn add_components(components: ComponentsBuilder) -> ComponentsBuilder {
    let components = described::add_components(components);
    let components = sessions::openapi::add_components(components);
    let components = attendees::openapi::add_components(components);
    let components = people::openapi::add_components(components);
    token::openapi::add_components(components)
}
