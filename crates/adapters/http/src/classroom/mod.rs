//! The courses API of Google Classroom: its names, its shapes, its errors.
//!
//! | file | what it is |
//! |---|---|
//! | `operation` | the one list of methods, and which of them a path means |
//! | `schema` | the messages |
//! | `call` | one call and its answer, be it a request of its own or a part of a batch |
//! | `methods` | from query and body to the inbound ports and back |
//! | `query`, `fields`, `read` | what a request brings |
//! | `view`, `error`, `token` | what an answer is made of |
//! | `batch`, `discovery` | many calls in one, and the description of the API |

mod batch;
mod call;
mod discovery;
mod error;
mod fields;
mod idempotency;
mod json;
mod methods;
mod operation;
mod query;
mod read;
mod schema;
mod settings;
mod token;
mod transport;
mod view;

use derslik_domain::identity::Scope;

pub use settings::{ClassroomSettings, Templates};
pub(crate) use transport::{configure, configure_rest};

/// The scope of that name, be it short, such as `classroom.courses`, or the whole URL of the original.
pub fn scope_by_name(name: &str) -> Option<Scope> {
    Scope::by_name(name.strip_prefix(error::SCOPE_PREFIX).unwrap_or(name))
}
