//! Audit records, and the seals over them.

mod bytes;
mod repo;
mod seals;
