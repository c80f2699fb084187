//! Accounts, users and credentials.

mod keys;
mod kinds;
mod repo;
pub(crate) mod users;
