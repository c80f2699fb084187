//! Accounts, users, credentials and admins.

mod accounts;
mod admins;
mod credentials;
mod keys;
mod kinds;
mod repo;
pub(crate) mod users;
