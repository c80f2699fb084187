//! The use cases, one file each: what happens in which order when somebody asks for something. Each implements an inbound
//! port by outbound ones and lets the domain decide; none knows a framework, a wire format or a database.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod activity;
mod acts;
pub mod attendees;
pub mod courses;
mod idempotency;
pub mod identity;
pub mod jobs;
pub mod people;
pub mod projects;
pub mod rosters;
pub mod sessions;
