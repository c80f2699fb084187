//! Test control, which profile `dev` has.

use std::sync::Arc;

use derslik_operations::Control;
use derslik_services::control::{ControlPorts, TestControl};
use derslik_storage::DieselUnitOfWork;
use tokio::runtime::Handle;

use super::Installation;
use crate::config::Config;
use crate::system::SystemClock;

impl Installation {
    /// The use cases of test control, and the task that removes accounts of tests whose time is over. Only profile `dev` calls it.
    ///
    /// # Errors
    /// If a setting of new accounts can't be used, or the database fails.
    pub fn control(&self, config: &Config, runtime: &Handle) -> anyhow::Result<Control> {
        let ports = ControlPorts {
            clock: Arc::clone(&self.system.clock),
            real_clock: Arc::new(SystemClock),
            ids: Arc::clone(&self.system.ids),
            account_ids: Arc::clone(&self.account_ids),
            settings: config.account_settings()?,
        };
        let all: TestControl<DieselUnitOfWork> = TestControl::new(self.uow.clone(), ports);
        runtime.block_on(all.load_ids())?;
        let tidying = all.clone();
        runtime.spawn(async move { tidying.tidy().await });
        let all = Arc::new(all);
        Ok(Control { accounts: all.clone(), seeds: all.clone(), snapshots: all })
    }
}
