//! Answers to requests that may come again.

mod erase;
mod erased_names;
mod repo;

pub(crate) use erased_names::keep_erased;
