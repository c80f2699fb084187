//! The statements of PostgreSQL about many jobs, and those that a worker sends all the time. They use few different texts, so
//! that the server parses and plans each once for a connection.

mod claim;
mod exchange;
mod held;
mod insert;

pub(super) use self::claim::claim;
pub(super) use self::exchange::exchange;
pub(super) use self::held::{complete_many, renew};
pub(super) use self::insert::insert_many;
