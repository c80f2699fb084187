//! The dialects over actix-web: each public API in a folder of its own, none of which leaks inward. It turns requests into
//! commands of the domain, calls an inbound port, and puts the outcome into the words of the dialect. It takes no decision
//! of its own and knows no database.
//!
//! | file | what it is |
//! |---|---|
//! | `routes` | the one list of URLs |
//! | `server` | connections, their limits and deadlines |
//! | `state` | what handlers work with |
//! | `ahead` | noticing that a body breaks while something else is waited for |
//! | `body` | reading a request body within its limits |
//! | `client` | who sent a request |
//! | `answer` | what answers hold until they are sent |
//! | `list` | lists that are read and sent part by part |
//! | `room` | memory that all requests share |
//! | `trace` | the span and the id of a request |
//! | `perculus` | the sessions API |
//! | `openreplay` | the jobs API |
//! | `classroom` | the courses API |
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Tables that clients read have no wildcard: what is new in the domain does not compile until each dialect has a word for it.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

mod ahead;
mod answer;
mod body;
pub mod classroom;
mod client;
mod list;
pub mod openreplay;
pub mod perculus;
mod room;
mod routes;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod trace;

pub use client::{NetworkError, TrustedProxies};
pub use routes::configure;
pub use server::{ConnectionLimits, Deadlines, ServerSettings, Serving, Socket, Stopper};
pub use state::{HttpState, Limits, Services};
