//! The rules of sessions, through the public interface alone.
#![cfg(test)]

mod batches;
mod given;
mod rules;
