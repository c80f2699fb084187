//! Accounts, users and credentials.

mod repo;
mod users;
