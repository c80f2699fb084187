//! The types and rules of Derslik: sessions, courses, people and jobs, what an actor may do, and what a request may change.
//!
//! Nothing here reads a clock, a database, a network or a random source. Every such value comes in as a parameter, so that a
//! test can try any rule with plain values. Nothing here knows a wire format either; field names, messages and status codes
//! belong to the dialects.
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
//!
//! ```
//! use derslik_domain::time::{CivilTime, Start, WrittenTime, Zone};
//!
//! // A civil time in Istanbul: the `Z` that the client wrote does not count.
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
