//! The traits between the use cases and the world. The driving adapters call the [`inbound`] ones, the use cases call the
//! [`outbound`] ones. Nothing here depends on the framework or the database behind a trait.
//!
//! Neither side names the other. Both name the domain and [`StoreError`], because a use case passes on the failure of a store.
//!
//! Repositories are synchronous and run inside a [unit of work](outbound::UnitOfWork), which alone is asynchronous. A use case
//! hops to a blocking thread once and holds one connection and one transaction there. Its decisions between the read and the
//! write are plain code.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod inbound;
#[cfg(any(test, feature = "mocks"))]
pub mod mocks;
pub mod outbound;
mod store_error;

pub use store_error::{Conflict, Reason, StoreError, Unavailable};
