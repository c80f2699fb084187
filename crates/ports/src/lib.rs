#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod inbound;
#[cfg(any(test, feature = "mocks"))]
pub mod mocks;
pub mod outbound;
mod recorded_request;
mod store_error;

pub use store_error::{Conflict, Reason, StoreError, Unavailable};
