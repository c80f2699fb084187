//! Rescues the jobs of workers that sent no heartbeat before their leases ended.

use std::sync::Arc;

use derslik_domain::id::AccountId;
use derslik_domain::job::{Event, Fact, Job, JobState};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{StoreError, Tenant, UnitOfWork};
use tokio::time::sleep;

use crate::report;
use crate::worker::Worker;

/// The most jobs that one transaction rescues.
const BATCH: u16 = 100;

/// How many looks follow an adoption before the next one: five minutes of them with the default lease.
const LOOKS_AFTER_ADOPTION: u32 = 60;

/// The same after an adoption that failed.
const LOOKS_AFTER_FAILURE: u32 = 6;

/// Looks for expired leases in a loop. Any worker may rescue the jobs of any other.
pub(crate) async fn watch<U: UnitOfWork>(worker: Arc<Worker<U>>) {
    let mut looks_left = 0_u32;
    loop {
        looks_left = match looks_left.checked_sub(1) {
            Some(left) => left,
            None => adopt(&worker).await,
        };
        if let Err(error) = look(&worker).await {
            tracing::warn!(cause = report::cause(&error), "could not look for expired leases");
        }
        sleep(worker.settings.lease.rescue_interval()).await;
    }
}

/// Adopts jobs of which no look tells. Returns after how many looks the next adoption is due.
async fn adopt<U: UnitOfWork>(worker: &Worker<U>) -> u32 {
    match worker.uow.write(Tenant::Installation, |stores| stores.jobs().adopt_running()).await {
        Ok(adopted) => {
            if adopted > RowCount::ZERO {
                tracing::info!(claims = adopted.get(), "adopted running jobs of an older worker, or of a backup");
            }
            LOOKS_AFTER_ADOPTION
        }
        Err(error) => {
            tracing::warn!(cause = report::cause(&error), "could not adopt running jobs");
            LOOKS_AFTER_FAILURE
        }
    }
}

async fn look<U: UnitOfWork>(worker: &Worker<U>) -> Result<(), StoreError> {
    let (now, term) = (worker.clock.now(), worker.settings.lease);
    let accounts: Vec<AccountId> =
        worker.uow.read(Tenant::Installation, move |stores| stores.jobs().accounts_with_expired(now, term)).await?;
    for account in accounts {
        // An account that fails must not delay the others.
        if let Err(error) = rescue(worker, account).await {
            tracing::warn!(cause = report::cause(&error), account = account.get(), "could not give jobs back");
        }
    }
    Ok(())
}

async fn rescue<U: UnitOfWork>(worker: &Worker<U>, account: AccountId) -> Result<(), StoreError> {
    while rescue_batch(worker, account).await? >= usize::from(BATCH) {}
    Ok(())
}

async fn rescue_batch<U: UnitOfWork>(worker: &Worker<U>, account: AccountId) -> Result<usize, StoreError> {
    let (now, term, retry) = (worker.clock.now(), worker.settings.lease, worker.settings.retry);
    let of_account = worker.clock.now_of(account);
    let rescued: Vec<(Job, Fact)> = worker
        .uow
        .write(account, move |stores| {
            let mut rescued = Vec::new();
            for before in stores.jobs().lock_expired(account, now, term, BATCH)? {
                // Unreachable: the store returns only expired leases.
                let expired = with_lease_in_time_of(before.clone(), now, of_account);
                let Ok((after, fact)) = expired.apply(Event::LeaseExpired { term, retry }, of_account) else { continue };
                if stores.jobs().replace(account, &before, &after)? {
                    rescued.push((after, fact));
                }
            }
            Ok::<_, StoreError>(rescued)
        })
        .await?;
    for (job, fact) in &rescued {
        report::rescued(job);
        report::happened(account, job, fact);
    }
    Ok(rescued.len())
}

/// The same job, whose lease ends as long before the time of its account as it ended before `now`. Both times are the same unless a test
/// has moved the clock of the account: leases go by the time of the machine, and the next attempt by that of the account.
fn with_lease_in_time_of(mut job: Job, now: Timestamp, of_account: Timestamp) -> Job {
    if let JobState::Running(run) = &mut job.state {
        let ahead = of_account.micros().saturating_sub(now.micros());
        run.lease.until = Timestamp::from_micros(run.lease.until.micros().saturating_add(ahead));
    }
    job
}
