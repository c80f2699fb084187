//! Attendees.

mod postgres;
mod repo;
mod rows;
