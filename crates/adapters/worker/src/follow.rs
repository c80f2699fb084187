//! The index of searches follows what is written. Sweeps keep it too, but minutes later: until then each search looks at what
//! was written one by one, and takes longer and longer.

use std::sync::Arc;

use derslik_domain::id::AccountId;
use derslik_domain::job::RowCount;
use derslik_ports::outbound::{StoreError, Stores, Tenant, UnitOfWork};
use tokio::time::sleep;

use crate::report;
use crate::runner::Worker;

/// So many sessions of an account may wait for the next sweep: to look at them takes a search a few milliseconds.
const MOST_WAITING: u32 = 500;

/// The most sessions that one step takes up.
const BATCH: u16 = 1_000;

/// How many accounts are read at once.
const ACCOUNTS: u16 = 100;

/// Takes up what was written, again and again, account by account.
pub(crate) async fn watch<U: UnitOfWork>(worker: Arc<Worker<U>>) {
    let Some(interval) = worker.settings.follow else { return };
    loop {
        match step_of_each(&worker).await {
            // There may be more, or more was written meanwhile.
            Ok(true) => {}
            Ok(false) => sleep(interval).await,
            Err(error) => {
                tracing::warn!(cause = report::cause(&error), "could not look for sessions to index");
                sleep(interval).await;
            }
        }
    }
}

/// One step for each account in which many sessions wait, so that none keeps another waiting; whether any was taken up.
async fn step_of_each<U: UnitOfWork>(worker: &Worker<U>) -> Result<bool, StoreError> {
    let (mut after, mut is_any) = (None, false);
    loop {
        let look = move |stores: &mut dyn Stores| stores.sessions().accounts_to_index(after, MOST_WAITING, ACCOUNTS);
        let accounts = worker.uow.read(Tenant::Installation, look).await?;
        let Some(last) = accounts.last() else { return Ok(is_any) };
        after = Some(*last);
        for account in accounts {
            match step(worker, account).await {
                Ok(rows) => is_any |= rows > RowCount::ZERO,
                // Others must not wait for an account that fails.
                Err(error) => tracing::warn!(cause = report::cause(&error), account = account.get(), "could not index sessions"),
            }
        }
    }
}

async fn step<U: UnitOfWork>(worker: &Worker<U>, account: AccountId) -> Result<RowCount, StoreError> {
    worker.uow.write(account, move |stores| stores.sessions().try_index(account, BATCH)).await
}
