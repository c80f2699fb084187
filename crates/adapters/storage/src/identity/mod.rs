//! Accounts, principals and credentials.

mod repo;
