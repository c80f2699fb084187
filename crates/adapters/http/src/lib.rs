//! The dialects over actix-web. Each public API has its own folder, and none of its words leak inward. A dialect turns requests
//! into commands of the domain, calls an inbound port, and renders the outcome. It takes no decision of its own and does not
//! know the database.
//!
//! | file | content |
//! |---|---|
//! | `routes` | the one list of URLs |
//! | `server` | connections, their limits and deadlines |
//! | `state` | the state that handlers share |
//! | `again` | a recorded request as it is sent again |
//! | `body` | reads request bodies within their limits |
//! | `body_watcher` | notices a broken body while the handler waits for something else |
//! | `budgets` | the memory budgets of bodies and answers |
//! | `claimed` | the account of a request that no handler has authenticated |
//! | `client` | the sender of a request |
//! | `controlled` | the faults and the journal that tests control |
//! | `cors` | requests of web pages of other origins |
//! | `cut` | ends a connection from within a request |
//! | `denied` | the count of denied requests |
//! | `documentation` | the OpenAPI document, and the page that shows it |
//! | `exchange` | a request as its journal keeps it |
//! | `forwarding` | trusted proxies and their headers |
//! | `idempotency` | the header `Idempotency-Key` |
//! | `injection` | refusals that tests inject |
//! | `kept` | the head of a request as its journal keeps it |
//! | `limits` | the limits of requests |
//! | `list` | lists that are read and sent in parts |
//! | `masking` | the secrets that a journal does not show |
//! | `memory` | the memory budget that all requests share |
//! | `metadata` | the metadata server, a listener of its own |
//! | `metrics` | the metrics of requests |
//! | `oauth` | access tokens for grants, as OAuth 2.0 has it |
//! | `observed` | what is known of a request once it is over |
//! | `openapi` | builds the OpenAPI document, with the feature `openapi` |
//! | `origins` | the web pages that may use the APIs |
//! | `percent` | percent escapes |
//! | `propagation` | the distributed trace that a request is part of |
//! | `rate` | rate limits |
//! | `response` | responses, and the memory that they hold until they are sent |
//! | `routing` | the forms of paths |
//! | `trace` | the span and the id of a request, and its line in the access log |
//! | `perculus` | the sessions API |
//! | `openreplay` | the jobs API |
//! | `classroom` | the courses API |
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Tables that clients read have no wildcard. A new variant in the domain does not compile until each dialect has a word for it.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

mod again;
mod body;
mod body_watcher;
mod budgets;
mod claimed;
pub mod classroom;
mod client;
mod controlled;
mod cors;
mod cut;
mod denied;
mod documentation;
mod exchange;
mod forwarding;
mod idempotency;
mod injection;
mod kept;
mod limits;
mod list;
mod masking;
mod memory;
pub mod metadata;
mod metrics;
mod oauth;
mod observed;
#[cfg(feature = "openapi")]
mod openapi;
pub mod openreplay;
mod origins;
mod percent;
pub mod perculus;
mod propagation;
mod rate;
mod response;
mod routes;
mod routing;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod trace;

pub use again::request_again;
pub use documentation::{Calls, DocumentationFile, documentation};
pub use forwarding::{NetworkError, TrustedProxies};
pub use limits::Limits;
#[cfg(feature = "openapi")]
pub use openapi::document as openapi_document;
pub use origins::{AllowedOrigins, OriginError};
pub use propagation::ContinueTrace;
pub use rate::RateQuotas;
pub use routes::configure;
pub use server::{ConnectionLimits, DEFAULT_HTTP2_STREAMS, Deadlines, ServerSettings, Serving, Socket, Stopper};
pub use state::{HttpState, RequestControl, Services};
