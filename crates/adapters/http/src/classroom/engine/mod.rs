//! What all methods of the courses API have in common. The engine knows no resource: it finds operations in an [`Api`], reads
//! requests by the messages that an operation names, and calls its handler.
//!
//! | file | content |
//! |---|---|
//! | `schema` | messages, fields and enumerations as data |
//! | `operation` | a method as data, and the API as a list of methods |
//! | `path` | the match of a path to an operation |
//! | `call` | one call as it was sent |
//! | `query` | the parameters of all methods and of one method |
//! | `json`, `body` | request bodies, checked against a message |
//! | `masks`, `fields` | update masks, and partial answers |
//! | `auth` | the actor behind an access token |
//! | `idempotency` | calls that are carried out once |
//! | `context` | what a handler is given |
//! | `answer`, `list`, `page_tokens`, `error` | the parts of answers |
//! | `dispatch` | from a call to its answer |
//! | `batch`, `discovery` | many calls in one request, and the description of the API |
//! | `directory` | the list of APIs |
//! | `transport` | the side of actix-web |

mod answer;
mod auth;
mod batch;
mod body;
mod call;
mod context;
mod directory;
mod discovery;
mod dispatch;
mod error;
mod fields;
mod idempotency;
mod json;
mod list;
mod masks;
mod operation;
mod page_tokens;
mod path;
mod query;
mod schema;
mod scopes;
mod transport;

pub(crate) use answer::Outcome;
pub(crate) use body::{Checked, take_string, take_text};
pub(crate) use context::Context;
pub(crate) use error::{ClassroomError, ErrorKind};
pub(crate) use idempotency::into_answer;
pub(crate) use list::{EmptyView, ListView};
pub(crate) use masks::{MaskError, parse as parse_mask};
pub(crate) use operation::{Api, Described, Operation, ParameterText, ScopeText, Slashed};
pub(crate) use path::collections;
#[cfg(test)]
pub(crate) use path::{Target, find};
pub(crate) use query::{MASKED, ONLY_PREVIEW, PAGE_SIZE, PAGE_TOKEN, PAGED, PREVIEW, Parameter, ParameterKind};
pub(crate) use schema::{Choice, EMPTY, Kind, Message, PREVIEW_VERSION, field, snake, text};
pub(crate) use scopes::{SCOPE_PREFIX, scope_url};
pub(crate) use transport::{api_directory, batches, calls_below, description};
