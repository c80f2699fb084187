//! What the process did lately, as charts show it.

use std::time::Duration;

use derslik_domain::time::Timestamp;

/// What a process did in a span of a few seconds, and how it was at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vitals {
    /// The end of the span, in real time.
    pub at: Timestamp,
    /// The length of the span.
    pub span: Duration,
    /// The requests to the sessions API that were answered.
    pub sessions: u64,
    /// The requests to the courses API that were answered.
    pub courses: u64,
    /// The requests to the jobs API that were answered.
    pub jobs: u64,
    /// The requests that were refused by a fault of the caller, also those to none of the three APIs.
    pub refused: u64,
    /// The requests that failed by a fault of the service, also those to none of the three APIs.
    pub failed: u64,
    /// The time that the requests to the three APIs took together.
    pub took: Duration,
    /// The requests among them that took more than a tenth of a second.
    pub slow: u64,
    /// The connections to the database that were in use at the end.
    pub pool_in_use: u32,
    /// The most connections to the database.
    pub pool_size: u32,
    /// The time that units of work waited for a connection, together.
    pub pool_waited: Duration,
    /// The jobs that waited at the end, as far as they were counted. The jobs of a span are those that were last known.
    pub scheduled_jobs: u64,
    /// The jobs that ran at the end.
    pub running_jobs: u64,
    /// How long the job was overdue that had waited longest at the end.
    pub overdue: Duration,
    /// The jobs that were completed.
    pub completed_jobs: u64,
    /// The jobs that failed for good.
    pub failed_jobs: u64,
}

/// Reads what the process did lately.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait VitalsReading: Send + Sync {
    /// The spans of the last hour, the oldest first: one for each few seconds since the process began to keep them.
    fn last_hour(&self) -> Vec<Vitals>;
}
