//! Seeds: the content of an account as a document that people read in a review.

mod apply;
mod document;
mod export;

pub(super) use apply::{Target, apply};
pub(super) use document::{Seed, parse};
pub(super) use export::export;
