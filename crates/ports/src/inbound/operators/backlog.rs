//! The work that waits, as monitoring shows it.

use async_trait::async_trait;
use derslik_domain::time::Timestamp;

use crate::StoreError;

/// The work that waits in all accounts together. Counts have a bound, so that reading a long backlog is cheap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backlog {
    /// The number of jobs that wait for their due time or for a worker: at most 10 000.
    pub scheduled_jobs: u64,
    /// The number of jobs that run: at most 10 000.
    pub running_jobs: u64,
    /// When the first of the waiting jobs is due, or was.
    pub next_due: Option<Timestamp>,
    /// The lag of each projection.
    pub projections: Vec<ProjectionBacklog>,
}

/// The changes that a projection has not applied yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectionBacklog {
    /// The name of the projection.
    pub projection: &'static str,
    /// The number of pending changes: those of at most 1 000 records of the change log.
    pub pending: u64,
}

/// Reads the backlog of the installation.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait BacklogReading: Send + Sync {
    /// The backlog as it is now. A caller that does not wait any more ends the read.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn backlog(&self) -> Result<Backlog, StoreError>;
}
