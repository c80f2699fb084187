//! Stores completions, many in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use derslik_domain::id::AccountId;
use derslik_domain::job::{Event, Job, Progress};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Completion, HeldJob, UnitOfWork};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep};

use crate::lease::HeldLease;
use crate::report;
use crate::worker::Worker;

/// How long to wait before a failed write is tried again.
const PAUSE: Duration = Duration::from_millis(250);

/// A job that is done and whose completion is not stored yet.
pub(crate) struct Finished {
    pub(crate) lease: HeldLease,
    pub(crate) job: Job,
    pub(crate) result: Option<Progress>,
}

/// Completions that are not stored yet, and the channel that delivers more until the last attempt has ended.
pub(crate) struct Remaining {
    /// When the grace period of running attempts ends.
    pub(crate) give_up_at: Instant,
    pub(crate) waiting: Vec<Finished>,
    pub(crate) finished: UnboundedReceiver<Finished>,
}

/// Stores the remaining completions after the last claim, until all attempts have ended and dropped their senders.
pub(crate) async fn store_remaining<U: UnitOfWork>(worker: Arc<Worker<U>>, remaining: Remaining) {
    let Remaining { give_up_at: _, waiting: mut done, mut finished } = remaining;
    let batch = usize::from(worker.settings.batch);
    while !done.is_empty() || finished.recv_many(&mut done, batch).await > 0 {
        let now = done.drain(..done.len().min(batch)).collect();
        store_completions(&worker, by_account(now)).await;
    }
}

pub(crate) fn by_account(done: Vec<Finished>) -> BTreeMap<AccountId, Vec<Finished>> {
    let mut accounts: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for done in done {
        accounts.entry(done.lease.account).or_default().push(done);
    }
    accounts
}

pub(crate) fn completions_of(done: &[Finished]) -> Vec<Completion> {
    done.iter().map(|done| Completion { held: done.lease.held, result: done.result }).collect()
}

/// Retries for the length of a lease: after that another worker may hold the jobs.
pub(crate) async fn store_completions<U: UnitOfWork>(worker: &Worker<U>, done: BTreeMap<AccountId, Vec<Finished>>) {
    for (account, done) in done {
        store_account(worker, account, done).await;
    }
}

async fn store_account<U: UnitOfWork>(worker: &Worker<U>, account: AccountId, done: Vec<Finished>) {
    let began = Instant::now();
    loop {
        let completions = completions_of(&done);
        let at = worker.clock.now_of(account);
        match worker.uow.write(account, move |stores| stores.jobs().complete_many(account, &completions, at)).await {
            Ok(completed) => return report_all(account, done, &completed, at),
            Err(error) if began.elapsed() < worker.settings.lease.duration() => {
                tracing::warn!(cause = report::cause(&error), "could not store completions, trying again");
                sleep(PAUSE).await;
            }
            Err(error) => {
                tracing::error!(cause = report::cause(&error), jobs = done.len(), "completions were lost");
                return;
            }
        }
    }
}

/// Reports the outcome of the jobs of an account, and drops their leases.
pub(crate) fn report_all(account: AccountId, done: Vec<Finished>, completed: &[HeldJob], at: Timestamp) {
    let completed: BTreeSet<_> = completed.iter().collect();
    for Finished { lease, job, result: _ } in done {
        if completed.contains(&lease.held) {
            if let Ok((job, fact)) = job.apply(Event::Succeed { token: lease.held.token }, at) {
                report::happened(account, &job, &fact);
            }
        } else {
            report::lost(account, &job);
        }
    }
}
