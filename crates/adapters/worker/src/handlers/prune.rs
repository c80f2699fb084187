//! Removes what has outlived its retention.

use std::time::Duration;

use derslik_domain::job::{Failure, FailureReason, Pruning, RowCount};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::Stores;

use super::{BATCH, DEFAULT_RETENTION, swept};
use crate::registry::{Step, StepContext, StepError, StepHandler};

/// How long things are kept that nobody uses any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Jobs, from their end on.
    pub ended_jobs: Duration,
    /// Rows that were deleted, from then on.
    pub deleted_rows: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { ended_jobs: DEFAULT_RETENTION, deleted_rows: DEFAULT_RETENTION }
    }
}

/// Removes what has outlived its retention.
#[derive(Debug, Clone, Copy)]
pub struct Prune {
    retention: Retention,
}

impl Prune {
    /// A handler that keeps things for so long.
    pub const fn new(retention: Retention) -> Self {
        Self { retention }
    }
}

impl StepHandler for Prune {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let (account, now) = (context.account, context.now);
        let rows = match Pruning::by_reference(&context.job.reference) {
            Some(Pruning::EndedJobs) => stores.jobs().prune(account, before(now, self.retention.ended_jobs), BATCH)?,
            Some(Pruning::DeletedRows) => stores.sessions().prune(account, before(now, self.retention.deleted_rows), BATCH)?,
            // The old ones go as new ones come.
            Some(Pruning::IdempotencyKeys) => RowCount::ZERO,
            None => return Err(StepError::Failed(Failure::new(FailureReason::Permanent, "nobody knows what this is to prune"))),
        };
        Ok(swept(context.job, rows))
    }
}

fn before(now: Timestamp, retention: Duration) -> Timestamp {
    let micros = i64::try_from(retention.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.micros().saturating_sub(micros))
}
