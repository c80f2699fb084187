//! The listener behind the operations listener and the metadata server: HTTP on a thread of its own, so that it answers while all others
//! are busy. Each connection gets one answer and ten seconds, or more where a handler asks for it. A flood can neither fill the memory nor
//! keep other clients out, since a new connection takes the place of the oldest one of the address that has the most. Bodies of requests
//! are dropped unless the app takes them.
//!
//! | file | content |
//! |---|---|
//! | `connection` | the limits of a connection: one request, its deadlines, and its place among the others |
//! | `host` | the host that a client names |
//! | `server` | the listener and its thread |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod connection;
mod host;
mod server;

pub use connection::{Bodies, Lifetime, MAX_BODY, MAX_CONNECTIONS};
pub use host::host_of;
pub use server::{Running, start};
