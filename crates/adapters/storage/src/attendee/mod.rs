//! Attendees.

mod found;
mod postgres;
mod repo;
mod rows;

pub(crate) use found::{count_attended_by_others, count_of, names_of};
#[cfg(test)]
pub(crate) use postgres::statements;
