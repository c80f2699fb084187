//! The OpenAPI document of the public APIs, built from the descriptions that each dialect keeps beside its shapes. Only tests build
//! it: they compare it with `docs/openapi.json`, which the program carries as it is (`documentation`). The feature `openapi` keeps the
//! builders out of the program.
//!
//! | file | content |
//! |---|---|
//! | `shape` | the shapes of JSON values |
//! | `call` | the description of one call |

pub(crate) mod call;
pub(crate) mod shape;
#[cfg(test)]
mod tests;

use serde_json::Value;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, License, OpenApiBuilder, Paths};

use crate::{openreplay, perculus};

/// What a reader of the document learns first.
const ABOUT: &str = "The sessions API and the jobs API of Derslik. The courses API has the discovery document of Google, at \
                     `/$discovery/rest?version=v1`.\n\nA slash at the end of a path makes no difference. Errors of the sessions API are in \
                     English, Turkish or Arabic, as `Accept-Language` asks. Each request has an id, in `X-Request-Id` of its answer.";

/// The OpenAPI 3.1 document of the public APIs. It holds an example of each request; the answers to them are not known here.
///
/// # Errors
/// If the document can't be written as JSON.
pub fn document() -> serde_json::Result<Value> {
    let mut paths = Paths::new();
    for call in perculus::openapi::calls().into_iter().chain(openreplay::openapi::calls()) {
        call.add_to(&mut paths);
    }
    let components = perculus::openapi::add_components(ComponentsBuilder::new());
    let components = openreplay::openapi::add_components(components).build();
    let mut tags = perculus::openapi::tags();
    tags.push(openreplay::openapi::tag());
    let info = InfoBuilder::new()
        .title("Derslik")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(License::new("MIT OR Apache-2.0")))
        .build();
    let document = OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).tags(Some(tags)).build();
    serde_json::to_value(&document)
}
