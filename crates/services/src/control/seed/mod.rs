//! Seeds: the content of an account as a document that people read in a review.

mod apply;
mod export;
mod refusals;

use derslik_ports::inbound::control::ControlError;
use derslik_ports::outbound::StoreError;
pub(super) use derslik_seed::Seed;
use derslik_seed::SeedError;
use tokio::task::spawn_blocking;

pub(super) use apply::{Target, apply};
pub(super) use export::export;

/// Reads a document.
pub(super) fn parse(document: &str) -> Result<Seed, ControlError> {
    let refused = |SeedError { field, line, problem }| ControlError::Invalid { field, line, problem };
    Seed::parse(document).map_err(refused)
}

/// As [`parse`], on a thread for long work. The thread of the caller serves other requests meanwhile.
pub(super) async fn parse_apart(document: String) -> Result<Seed, ControlError> {
    let parsed = spawn_blocking(move || parse(&document)).await;
    parsed.unwrap_or_else(|error| Err(StoreError::Other(Box::new(error)).into()))
}
