//! Connections to SQLite, and the meaning of its failures.

mod connector;
mod failures;

pub(crate) use connector::{Access, SqliteConnector};
pub(crate) use failures::reason_of;
