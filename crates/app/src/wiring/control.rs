//! Test control, which profile `dev` has.

use std::sync::Arc;

use anyhow::Context;
use derslik_operations::Control;
use derslik_ports::inbound::control::{AccountMemory, ClockControl};
use derslik_services::clocks::ClockUseCases;
use derslik_services::control::{ControlPorts, TestControl};
use derslik_storage::DieselUnitOfWork;
use derslik_worker::DueRunner;
use tokio::runtime::Handle;

use super::{Installation, System, TestState, job_registry};
use crate::config::Config;
use crate::dev_accounts::classroom_scopes;
use crate::snapshot_files::AccountArchives;
use crate::system::SystemClock;

impl Installation {
    /// The use cases of test control, and the task that removes accounts of tests whose time is over. Only profile `dev` calls it.
    ///
    /// # Errors
    /// If a setting of new accounts can't be used, or the database fails.
    pub fn control(&self, config: &Config, runtime: &Handle) -> anyhow::Result<Control> {
        let clock = self.clock_control(config)?;
        let TestState { faults, journals: journal, .. } = self.tests.clone().context("test control is for profile dev")?;
        let memories: [Arc<dyn AccountMemory>; 2] = [faults.clone(), journal.clone()];
        let ports = ControlPorts {
            clock: Arc::clone(&self.system.clock),
            clock_sync: self.clock_sync().context("only profile dev has clocks that tests move")?,
            real_clock: Arc::new(SystemClock),
            ids: Arc::clone(&self.system.ids),
            account_ids: Arc::clone(&self.account_ids),
            memories: memories.into(),
            files: Arc::new(AccountArchives::new(self.url.clone())),
            settings: config.account_settings()?,
            token_scopes: classroom_scopes(),
        };
        let all: TestControl<DieselUnitOfWork> = TestControl::new(self.uow.clone(), ports);
        runtime.block_on(self.look_at_tests())?;
        let tidying = all.clone();
        runtime.spawn(async move { tidying.tidy().await });
        let all = Arc::new(all);
        let ids = Arc::clone(&self.account_ids);
        Ok(Control { accounts: all.clone(), seeds: all.clone(), snapshots: all, clock, ids, faults, journal })
    }

    /// Test control of clocks. An advance runs jobs with the handlers of a worker, also in a process that has none.
    fn clock_control(&self, config: &Config) -> anyhow::Result<Arc<dyn ClockControl>> {
        let clocks = self.clocks.clone().context("only profile dev has clocks that tests move")?;
        let System { clock, ids, .. } = self.system.clone();
        let due = DueRunner::new(self.uow.clone(), clock, ids, job_registry(config)?, config.worker());
        let due = due.with_faults(self.job_faults());
        Ok(Arc::new(ClockUseCases::new(clocks, Arc::new(due))))
    }
}
