//! The second generation of the jobs API: other paths, other errors, numbered pages, over the same jobs, projects and users. Clients of
//! both generations work side by side.
//!
//! | file | content |
//! |---|---|
//! | `routes` | the URLs |
//! | `auth` | the actor of a request |
//! | `path` | the parts of paths, queries and bodies |
//! | `error` | the errors |
//! | `jobs`, `projects`, `users`, `sessions` | the calls |
//! | `openapi` | this generation in the OpenAPI document |

mod auth;
mod error;
mod jobs;
#[cfg(feature = "openapi")]
pub(super) mod openapi;
mod path;
mod projects;
mod routes;
mod sessions;
#[cfg(test)]
mod tests;
mod users;

pub use self::routes::scope;
