//! Keeps the index of sessions up to date with writes. Sweeps index too, but minutes later. Until then each search reads
//! pending sessions one by one, and takes longer and longer.

use std::sync::Arc;

use derslik_domain::id::AccountId;
use derslik_domain::job::RowCount;
use derslik_ports::outbound::{StoreError, Stores, Tenant, UnitOfWork};
use tokio::time::sleep;

use crate::report;
use crate::runner::Worker;

/// How many pending sessions of an account may wait for the next sweep. A search reads so many in a few milliseconds.
const MOST_WAITING: u32 = 500;

/// The most sessions that one step indexes.
const BATCH: u16 = 1_000;

/// How many accounts one read returns.
const ACCOUNTS: u16 = 100;

/// Indexes pending sessions in a loop, account by account.
pub(crate) async fn watch<U: UnitOfWork>(worker: Arc<Worker<U>>) {
    let Some(interval) = worker.settings.follow else { return };
    loop {
        match step_of_each(&worker).await {
            // There may be more pending sessions, or more were written meanwhile.
            Ok(true) => {}
            Ok(false) => sleep(interval).await,
            Err(error) => {
                tracing::warn!(cause = report::cause(&error), "could not look for sessions to index");
                sleep(interval).await;
            }
        }
    }
}

/// One step for each account with many pending sessions, so that no account keeps another waiting. Returns whether any session
/// was indexed.
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
                // An account that fails must not delay the others.
                Err(error) => tracing::warn!(cause = report::cause(&error), account = account.get(), "could not index sessions"),
            }
        }
    }
}

async fn step<U: UnitOfWork>(worker: &Worker<U>, account: AccountId) -> Result<RowCount, StoreError> {
    worker.uow.write(account, move |stores| stores.sessions().try_index(account, BATCH)).await
}
