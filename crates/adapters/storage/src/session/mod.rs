//! Sessions.

mod ends;
mod index;
mod keys;
mod options;
mod postgres;
mod repo;
mod rows;
mod search;
mod terms;

pub(crate) use postgres::note as note_on_postgres;
