//! The limits of requests, and of the memory that they hold.

use std::time::Duration;

use derslik_domain::session::Batch;

/// Limits of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest body, in bytes.
    pub body_bytes: usize,
    /// The longest time that a body may take to arrive.
    pub body_deadline: Duration,
    /// The most items of a batch.
    pub batch_items: usize,
    /// The most bytes of request bodies that are held at once, for all requests together.
    pub bodies_in_flight_bytes: usize,
    /// The most bytes of answers that are held at once, for all requests together.
    pub answers_in_flight_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 8 * 1024 * 1024,
            body_deadline: Duration::from_secs(15),
            batch_items: Batch::DEFAULT_MAX_ITEMS,
            bodies_in_flight_bytes: 64 * 1024 * 1024,
            answers_in_flight_bytes: 64 * 1024 * 1024,
        }
    }
}
