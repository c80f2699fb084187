//! Audit records.

mod repo;
