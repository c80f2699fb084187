//! Attendees.

mod found;
mod postgres;
mod repo;
mod rows;
mod sqlite;

pub(crate) use found::{count_attended_by_others, count_of, names_of};

#[cfg(test)]
pub(crate) fn statements() -> Vec<crate::db::sql::printed::Printed> {
    postgres::statements().into_iter().chain(sqlite::statements()).collect()
}
