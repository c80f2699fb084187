//! Connections to PostgreSQL that end when they must: each statement has a deadline of ours beside the server's, whose code
//! for a failure is known, and a server that falls silent holds no thread.
//!
//! A connection has a runtime of its own that the calling thread drives, so a statement takes no hop to another thread.

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
