//! Attendees.

mod postgres;
mod repo;
mod rows;

#[cfg(test)]
pub(crate) use postgres::statements;
