//! Audit records, and the seals over them.

mod bytes;
mod look;
mod repo;
mod seals;
