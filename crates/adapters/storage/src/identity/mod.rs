//! Accounts, users, service accounts, credentials, grants and admins.

mod accounts;
mod admins;
mod credentials;
mod grants;
mod keys;
pub(crate) mod kinds;
mod repo;
mod service_accounts;
pub(crate) mod users;

#[cfg(test)]
pub(crate) use grants::statements;
