//! Work that runs in the background: what a job is, where it stands, and what may happen to it.
//!
//! | file | what it decides |
//! |---|---|
//! | `state` | where a job stands, and what may happen to it there |
//! | `lease` | who may run it, and for how long |
//! | `retry` | whether and when a failed job is tried again |
//! | `schedule` | when a job may start |
//!
//! It knows nothing of who stores jobs, runs them or asks for them.

mod lease;
mod retry;
mod schedule;
mod state;

pub use lease::{Lease, LeaseTerm, LeaseTermError, LeaseToken, WorkerId};
pub use retry::{Attempts, FailedAttempt, Failure, FailureReason, FailureText, Jitter, Retry, RetryPolicy, RetryPolicyError};
pub use schedule::next_utc_midnight;
pub use state::{Ended, Event, EventKind, Fact, JobState, JobStatus, Run, Transition, TransitionError};
