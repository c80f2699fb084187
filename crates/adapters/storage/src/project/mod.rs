//! Projects.

mod repo;
