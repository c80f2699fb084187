//! Answers to requests that may come again.

mod erase;
mod repo;
