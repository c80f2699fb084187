//! The use cases, one file each: the order of reads, decisions and writes of a request. Each implements an inbound port by
//! outbound ones and lets the domain decide. None depends on a framework, a wire format or a database.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod activity;
pub mod attendees;
mod author;
pub mod clocks;
pub mod control;
pub mod courses;
pub mod denials;
pub mod faults;
pub mod health;
mod idempotency;
pub mod identity;
pub mod jobs;
pub mod journal;
mod keyed_locks;
mod named_accounts;
pub mod operators;
pub mod people;
pub mod projects;
mod record;
pub mod replays;
pub mod rosters;
pub mod sessions;
