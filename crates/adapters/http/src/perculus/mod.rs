//! The sessions API of Perculus: its names, its shapes, its errors. Both versions share the resources. Where a version differs,
//! the name of the handler ends with it.
//!
//! | file | content |
//! |---|---|
//! | `routes` | the URLs of both versions |
//! | `auth` | the actor of a request |
//! | `path`, `parameters`, `body` | the parts of a request that all resources have |
//! | `idempotency` | the key of a request, and the answer to a repetition |
//! | `response` | answers with JSON, and their language |
//! | `error` | the errors |
//! | `violation` | texts for rules that all resources share |
//! | `text`, `language` | texts in every language, and the client's choice among them |
//! | `json`, `value` | JSON as it was sent, and values that several views show |
//! | `batch` | the parts that all batches have in common |
//! | `openapi`, `described` | this API in the OpenAPI document, with the feature `openapi` |
//! | `sessions`, `attendees`, `people`, `token` | one folder a resource: `read` parses requests, `view` writes answers, `openapi` describes both, and each call has a file |

mod attendees;
mod auth;
mod batch;
mod body;
#[cfg(feature = "openapi")]
mod described;
mod error;
mod idempotency;
mod json;
mod language;
#[cfg(feature = "openapi")]
pub(crate) mod openapi;
mod parameters;
mod path;
mod people;
mod response;
mod routes;
mod sessions;
mod text;
mod token;
mod value;
mod violation;

pub use auth::bearer;
pub use routes::{scope_v1, scope_v2, token_routes};
