//! The types and rules of Derslik: what a session is, who may do what, and what a request may change.
//!
//! Nothing here reads a clock, a database, a network or a random source: every such value comes in as a parameter, so
//! that any rule can be tried with plain values. Nothing here knows a wire format either; field names, messages and
//! status codes belong to the dialects.
//!
//! | module | what it holds |
//! |---|---|
//! | [`id`] | typed ids |
//! | [`time`] | instants, civil time, time zones and how a clock face becomes an instant |
//! | [`text`] | bounded text and the keys by which texts are compared |
//! | [`form`] | what a client sent, field by field, before it is validated |
//! | [`idempotency`] | requests that may be sent again without being done again |
//! | [`page`] | which part of a list is asked for |
//! | [`session`] | virtual-classroom sessions and their batches |
//! | [`attendee`] | who takes part in a session |
//! | [`course`] | courses: their states, rosters, aliases and grading periods |
//! | [`identity`] | accounts, principals, credentials, and the one function that decides who may do what |
//! | [`job`] | work that runs in the background: its states, retries, leases, and what erasing a user means |
//!
//! ```
//! use derslik_domain::time::{CivilTime, Start, WrittenTime, Zone};
//!
//! // A clock face in Istanbul: the `Z` that the client wrote is not what counts.
//! let written: WrittenTime = "2025-08-05T12:00:00Z".parse()?;
//! let start = Start::at(written.civil(), Zone::parse("Europe/Istanbul")?);
//! assert_eq!(start.to_string(), "2025-08-05T12:00:00+03:00");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
pub mod page;
pub mod session;
pub mod text;
pub mod time;

/// Runs the example of the read-me with the other examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
