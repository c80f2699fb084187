//! Keeps the sessions of an account up to date: indexes pending ones, and marks those that are over as expired.

use derslik_domain::job::{Progress, RowCount};
use derslik_ports::outbound::Stores;

use super::{BATCH, rows_so_far};
use crate::registry::{Step, StepContext, StepError, StepHandler};

/// Keeps the sessions of an account up to date.
#[derive(Debug, Clone, Copy)]
pub struct ExpireSessions;

impl StepHandler for ExpireSessions {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        // Only indexed sessions can expire.
        let indexed = stores.sessions().index(context.account, BATCH)?;
        let expired = stores.sessions().expire(context.account, context.now, BATCH)?;
        let progress = Progress::Rows(rows_so_far(context.job).plus(expired));
        let is_more = indexed > RowCount::ZERO || expired.get() >= u64::from(BATCH);
        Ok(if is_more { Step::More(progress) } else { Step::Done(Some(progress)) })
    }
}
