//! Connections to PostgreSQL that end when they must. Each statement has a deadline here beside the server's. The code of each
//! failure is known. A server that falls silent holds no thread.
//!
//! A connection has a runtime of its own, driven by the calling thread, so a statement needs no hop to another thread.

mod codes;
mod heard;
mod link;
mod listen;
mod sqlstate;
mod target;
mod wire;

pub(crate) use link::{PgConnection, Talk, connect};
pub(crate) use listen::listen_on;
pub(crate) use sqlstate::{Meaning, SqlState};
pub(crate) use target::{DIAL_INTERVAL, Target};
