//! What falls due next in an account.

use async_trait::async_trait;
use derslik_domain::id::{AccountId, JobId, SessionGuid};
use derslik_domain::job::{Action, Attempts};
use derslik_domain::session::SessionName;
use derslik_domain::time::Timestamp;

use crate::StoreError;

/// The most items of one read.
pub const MAX_UPCOMING: u32 = 20;

/// One thing that falls due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueItem {
    /// When it is due, or was: a worker may not have found it yet.
    pub at: Timestamp,
    /// What it is.
    pub what: DueKind,
}

/// What kind of thing falls due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DueKind {
    /// An attempt at a job.
    Job {
        /// The job.
        id: JobId,
        /// Its action.
        action: Action,
        /// The number of the attempt, from 1.
        attempt: Attempts,
        /// The most attempts that the job gets.
        of: Attempts,
    },
    /// An open session ends.
    SessionEnds {
        /// The session.
        guid: SessionGuid,
        /// Its name.
        name: SessionName,
    },
}

/// Reads what falls due next.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait DueReading: Send + Sync {
    /// What falls due next in an account, the earliest first: at most `limit` items, and at most [`MAX_UPCOMING`]. Sweeps are left out.
    /// A session that was written a moment ago may still be missing.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn upcoming(&self, account: AccountId, limit: u32) -> Result<Vec<DueItem>, StoreError>;
}
