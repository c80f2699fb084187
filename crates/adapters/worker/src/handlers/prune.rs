//! Removes rows that have outlived their retention.

use std::time::Duration;

use derslik_domain::job::{Failure, FailureReason, Pruning};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::Stores;

use super::{BATCH, DEFAULT_RETENTION, swept};
use crate::registry::{Step, StepContext, StepError, StepHandler};

/// How long ended jobs, deleted rows and expired tokens are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The retention of jobs, from their end on.
    pub ended_jobs: Duration,
    /// The retention of deleted rows, from their deletion on, and of access tokens, from their expiry on.
    pub deleted_rows: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { ended_jobs: DEFAULT_RETENTION, deleted_rows: DEFAULT_RETENTION }
    }
}

/// Removes rows that have outlived their retention.
#[derive(Debug, Clone, Copy)]
pub struct Prune {
    retention: Retention,
}

impl Prune {
    /// A handler with that retention.
    pub const fn new(retention: Retention) -> Self {
        Self { retention }
    }
}

impl StepHandler for Prune {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let (account, now) = (context.account, context.now);
        let rows = match Pruning::by_reference(&context.job.reference) {
            Some(Pruning::EndedJobs) => stores.jobs().prune(account, before(now, self.retention.ended_jobs), BATCH)?,
            Some(Pruning::DeletedRows) => {
                let before = before(now, self.retention.deleted_rows);
                let sessions = stores.sessions().prune(account, before, BATCH)?;
                // Tokens of an hour would fill the table.
                sessions.plus(stores.identity().prune_tokens(account, before, BATCH)?)
            }
            None => return Err(StepError::Failed(Failure::new(FailureReason::Permanent, "unknown prune target"))),
        };
        Ok(swept(context.job, rows))
    }
}

/// The instant before which a row has outlived its retention.
pub(super) fn before(now: Timestamp, retention: Duration) -> Timestamp {
    let micros = i64::try_from(retention.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.micros().saturating_sub(micros))
}
