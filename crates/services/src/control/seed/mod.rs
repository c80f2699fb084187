//! Seeds: the content of an account as a document that people read in a review.

mod apply;
mod export;

use derslik_ports::inbound::control::ControlError;
pub(super) use derslik_seed::Seed;
use derslik_seed::SeedError;

pub(super) use apply::{Target, apply};
pub(super) use export::export;

/// Reads a document.
pub(super) fn parse(document: &str) -> Result<Seed, ControlError> {
    let refused = |SeedError { line, problem }| ControlError::Invalid { field: None, line, problem };
    Seed::parse(document).map_err(refused)
}
