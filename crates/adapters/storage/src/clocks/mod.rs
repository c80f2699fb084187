//! The clocks that tests move.

mod repo;
