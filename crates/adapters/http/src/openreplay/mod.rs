//! The jobs API of OpenReplay: its names, its shapes, its errors. This module does not know how jobs run.
//!
//! | file | content |
//! |---|---|
//! | `routes` | the URLs |
//! | `auth` | the actor of a request |
//! | `path` | the project in a path, and numbers in paths and queries |
//! | `response` | the object that wraps the content of every answer, and lists |
//! | `error` | the errors |
//! | `dry_run` | the parameter by which a call looks and changes nothing |
//! | `compat` | the differences between the document and the releases |
//! | `value` | values that several views show |
//! | `words` | the names and sentences of the dialect |
//! | `openapi`, `described` | this API in the OpenAPI document, with the feature `openapi` |
//! | `v2` | the second generation of this API, over the same jobs |
//! | `jobs`, `projects`, `users` | one folder a resource: `read` parses requests, `view` writes answers, `openapi` describes both, and each call has a file |

mod auth;
pub(crate) mod compat;
#[cfg(feature = "openapi")]
mod described;
mod dry_run;
mod error;
mod jobs;
#[cfg(feature = "openapi")]
pub(crate) mod openapi;
mod path;
mod projects;
mod response;
mod routes;
#[cfg(test)]
mod tests;
mod users;
mod v2;
mod value;
mod words;

pub use self::compat::JobsCompat;
pub use self::routes::{other_paths, routes, scope};
pub use self::v2::scope as scope_v2;
