//! The jobs API in the OpenAPI document: its calls, and the components that they name.

use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::tag::{Tag, TagBuilder};

use super::described::{self, TAG};
use super::{jobs, projects, users, v2};
use crate::openapi::call::Call;

/// The tag of this API.
pub(crate) fn tag() -> Tag {
    let about = "Jobs, projects and users (OpenReplay). The same calls are below `/v1`; those of the second generation are also below \
                 `/v2/public`.";
    TagBuilder::new().name(TAG).description(Some(about)).build()
}

/// Every call of this API.
pub(crate) fn calls() -> Vec<Call> {
    let mut calls = jobs::openapi::calls();
    calls.extend(projects::openapi::calls());
    calls.extend(users::openapi::calls());
    calls.extend(v2::openapi::calls());
    calls
}

/// Adds the schemas, the errors and the credential of this API.
pub(crate) fn add_components(components: ComponentsBuilder) -> ComponentsBuilder {
    let components = described::add_components(components);
    let components = jobs::openapi::add_components(components);
    let components = projects::openapi::add_components(components);
    let components = users::openapi::add_components(components);
    v2::openapi::add_components(components)
}
