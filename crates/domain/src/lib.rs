#![doc = include_str!("../README.md")]
//!
//! ## Modules
//!
//! | module | what it holds |
//! |---|---|
//! | [`id`] | typed ids |
//! | [`time`] | instants, civil time, time zones and how a civil time becomes an instant |
//! | [`text`] | bounded text and the keys by which texts are compared |
//! | [`form`] | what a client sent, field by field, before it is validated |
//! | [`idempotency`] | idempotency keys and the answers that a replay repeats |
//! | [`page`] | the page of a list that a request asks for |
//! | [`session`] | virtual-classroom sessions and their batches |
//! | [`attendee`] | the attendees of a session |
//! | [`course`] | courses: their states, rosters, aliases and grading periods |
//! | [`identity`] | accounts, principals, credentials, and the one function that authorizes an actor |
//! | [`job`] | work that runs in the background: its states, retries, leases, and what erasing a user means |
//! | [`rows`] | counts of rows, and sizes of batches |
//! | [`audit`] | the audit log and its seals |
//! | [`relative`] | times that are relative to now |
//! | [`trace`] | the place of a piece of work in a distributed trace |
//! | `strategies` | values for property tests (feature `proptest`) |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod attendee;
pub mod audit;
pub mod course;
pub mod form;
pub mod id;
pub mod idempotency;
pub mod identity;
pub mod job;
#[cfg(feature = "serde")]
mod json;
pub mod page;
pub mod relative;
pub mod rows;
pub mod session;
#[cfg(feature = "proptest")]
pub mod strategies;
pub mod text;
pub mod time;
pub mod trace;
