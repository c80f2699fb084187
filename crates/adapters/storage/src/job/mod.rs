//! Jobs.

mod history;
mod postgres;
mod repo;
mod rows;
