//! The time, as a port, so that tests can set it.

use derslik_domain::time::Timestamp;

/// A source of the time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
}
