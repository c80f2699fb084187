//! Keeps the projections of the change log up to date with writes. Sweeps do it too, but minutes later. Until then each search
//! reads pending sessions one by one, and takes longer and longer.

use std::sync::Arc;

use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{Projection, StoreError, Stores, Tenant, UnitOfWork};
use tokio::time::sleep;

use crate::report;
use crate::worker::Worker;

/// How many pending sessions of an account may wait for the next sweep. A search reads that number in a few milliseconds.
const MAX_WAITING: u32 = 500;

/// The most changes that one transaction applies.
const BATCH: u16 = 1_000;

/// How many accounts one read returns.
const ACCOUNTS: u32 = 100;

/// All projections, the quick ones first, so that the search index is not in front of them. The compiler does not ask for a new one
/// here.
const ORDER: [Projection; 3] = [Projection::SessionEnds, Projection::SessionCreators, Projection::SearchIndex];

/// Applies pending changes in a loop, account by account.
pub(crate) async fn watch<U: UnitOfWork>(worker: Arc<Worker<U>>) {
    let Some(interval) = worker.settings.catch_up else { return };
    loop {
        match step_of_each(&worker).await {
            // There may be more pending changes, or more were written meanwhile.
            Ok(true) => {}
            Ok(false) => sleep(interval).await,
            Err(error) => {
                tracing::warn!(cause = report::cause(&error), "could not look for sessions to index");
                sleep(interval).await;
            }
        }
    }
}

/// One step for each account with many pending sessions, so that no account keeps another waiting. Returns whether any change was
/// applied.
async fn step_of_each<U: UnitOfWork>(worker: &Worker<U>) -> Result<bool, StoreError> {
    let (mut after, mut is_any) = (None, false);
    loop {
        let page = PageRequest { size: ACCOUNTS, after };
        let look = move |stores: &mut dyn Stores| stores.change_log().accounts_behind(Projection::SearchIndex, MAX_WAITING, page);
        let accounts = worker.uow.read(Tenant::Installation, look).await?;
        let Some(last) = accounts.last() else { return Ok(is_any) };
        after = Some(*last);
        for account in accounts {
            for projection in ORDER {
                match step(worker, account, projection).await {
                    Ok(applied) => is_any |= applied > RowCount::ZERO,
                    // An account or a projection that fails must not delay the others.
                    Err(error) => {
                        tracing::warn!(cause = report::cause(&error), account = account.get(), ?projection, "could not apply changes");
                    }
                }
            }
        }
    }
}

/// One transaction for one projection.
async fn step<U: UnitOfWork>(worker: &Worker<U>, account: AccountId, projection: Projection) -> Result<RowCount, StoreError> {
    worker.uow.write(account, move |stores| stores.change_log().try_catch_up(account, projection, BATCH)).await
}
