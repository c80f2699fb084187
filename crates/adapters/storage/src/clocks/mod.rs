//! The clocks that tests move.

mod repo;

#[cfg(test)]
pub(crate) use repo::statements;
