//! The traits between the use cases and the world: [`inbound`] ones are called by whoever drives the service, [`outbound`]
//! ones by the use cases. Nothing here knows which framework or which database stands behind a trait.
//!
//! Repositories are synchronous and run inside a [unit of work](outbound::UnitOfWork), which alone is asynchronous: a use
//! case hops to a blocking thread once, holds one connection and one transaction there, and takes its decisions between
//! the read and the write as plain code.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod inbound;
#[cfg(any(test, feature = "mocks"))]
pub mod mocks;
pub mod outbound;
