//! Runs what falls due while a test advances a clock.

use async_trait::async_trait;
use derslik_domain::id::{AccountId, JobId};
use derslik_domain::job::{Action, Actions};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;

use super::StoreError;

/// The outcome of one attempt at a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOutcome {
    /// Its work is done.
    Completed,
    /// It failed for good.
    Failed,
    /// It failed, and there will be another attempt.
    Retried,
}

impl JobOutcome {
    /// The name of the outcome.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Retried => "retried",
        }
    }
}

/// What kind of thing fell due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RanKind {
    /// An attempt at a job.
    Job {
        /// The job.
        job: JobId,
        /// Its action.
        action: Action,
        /// The outcome.
        outcome: JobOutcome,
    },
    /// Sessions ended before the next job was due, and expired.
    SessionsExpired(RowCount),
}

/// One thing that fell due and ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RanItem {
    /// When it was due. Its changes have this time.
    pub due: Timestamp,
    /// The account.
    pub account: AccountId,
    /// What it was.
    pub kind: RanKind,
}

/// Runs what falls due in an account, without waiting for the clock of the account to show it.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait DueWork: Send + Sync {
    /// The actions whose jobs it runs. Jobs of other actions wait for a worker.
    fn actions(&self) -> Actions;

    /// Runs some of what is due by `until`, the earliest first. An empty list means that nothing is due.
    ///
    /// # Errors
    /// [`StoreError`]. A failed job is not an error here: it is in the list.
    async fn run_some(&self, account: AccountId, until: Timestamp) -> Result<Vec<RanItem>, StoreError>;
}
