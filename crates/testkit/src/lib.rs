//! Builders, fakes, the storage contract suite and a PostgreSQL for tests.
//!
//! Only tests depend on this crate, so it may panic where a test's premise does not hold.
#![forbid(unsafe_code)]

#[expect(clippy::expect_used, reason = "test data is valid or the test is wrong")]
pub mod builders;
#[expect(clippy::expect_used, reason = "test data is valid or the test is wrong")]
pub mod certificates;
#[expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed expectation is what a test is for")]
pub mod contract;
pub mod network;
pub mod postgres;
#[expect(clippy::expect_used, reason = "test data is valid or the test is wrong")]
pub mod seed;
pub mod statements;
