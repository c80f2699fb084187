//! The courses API of Google Classroom: its names, its shapes, its errors.
//!
//! | file | content |
//! |---|---|
//! | `operation` | the one list of methods, and the match of a path to one of them |
//! | `schema` | the messages |
//! | `call` | one call and its answer, for a single request or a part of a batch |
//! | `methods` | from query and body to the inbound ports and back |
//! | `query`, `fields`, `masks`, `names`, `read` | parsing of requests |
//! | `view`, `error`, `token` | the parts of answers |
//! | `batch`, `discovery` | many calls in one request, and the description of the API |

mod batch;
mod call;
mod discovery;
mod error;
mod fields;
mod idempotency;
mod json;
mod masks;
mod methods;
mod names;
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

/// The scope with a name that is short, such as `classroom.courses`, or the whole URL of the original.
pub fn scope_by_name(name: &str) -> Option<Scope> {
    Scope::by_name(name.strip_prefix(error::SCOPE_PREFIX).unwrap_or(name))
}
