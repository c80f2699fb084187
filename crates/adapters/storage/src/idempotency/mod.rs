//! Stored answers of idempotent requests.

mod erase;
mod erased_names;
mod repo;

pub(crate) use erase::count_naming;
pub(crate) use erased_names::keep_erased;
#[cfg(test)]
pub(crate) use repo::statements;
