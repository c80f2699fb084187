//! What may be asked of sessions, through the public interface alone.
#![cfg(test)]

mod batches;
mod given;
mod rules;
