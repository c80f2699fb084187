//! The statements on PostgreSQL about many jobs, and those that a worker sends all day. Few texts stand for all of them, so
//! that the server parses and plans each once for a connection.

mod claim;
mod exchange;
mod held;
mod insert;

pub(super) use self::claim::claim;
pub(super) use self::exchange::exchange;
pub(super) use self::held::{complete_many, renew};
pub(super) use self::insert::insert_many;
