//! Marks the sessions of an account that are over.

use derslik_ports::outbound::Stores;

use super::{BATCH, swept};
use crate::registry::{Step, StepContext, StepError, StepHandler};

/// Marks the sessions of an account that are over.
#[derive(Debug, Clone, Copy)]
pub struct ExpireSessions;

impl StepHandler for ExpireSessions {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let rows = stores.sessions().expire(context.account, context.now, BATCH)?;
        Ok(swept(context.job, rows))
    }
}
