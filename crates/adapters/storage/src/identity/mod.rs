//! Accounts, users and credentials.

mod keys;
mod repo;
pub(crate) mod users;
