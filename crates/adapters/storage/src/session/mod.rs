//! Sessions.

mod options;
mod postgres;
mod repo;
mod rows;
mod search;
