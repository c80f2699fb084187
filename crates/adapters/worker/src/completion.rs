//! Writing down many completions at once: whatever has come together while the last ones were written.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use derslik_domain::id::AccountId;
use derslik_domain::job::{Event, Job, Progress};
use derslik_ports::outbound::{Completion, HeldJob, UnitOfWork};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep};

use crate::lease::Holding;
use crate::report;
use crate::runner::Worker;

/// How long to wait before a failed write is tried again.
const PAUSE: Duration = Duration::from_millis(250);

/// A job that is done, and not written down yet.
pub(crate) struct Finished {
    pub(crate) holding: Holding,
    pub(crate) job: Job,
    pub(crate) result: Option<Progress>,
}

/// Writes completions down until nobody can send more.
pub(crate) async fn write_down<U: UnitOfWork>(worker: Arc<Worker<U>>, mut finished: UnboundedReceiver<Finished>) {
    let limit = usize::from(worker.settings.batch);
    let mut batch = Vec::with_capacity(limit);
    while finished.recv_many(&mut batch, limit).await > 0 {
        let mut accounts: BTreeMap<AccountId, Vec<Finished>> = BTreeMap::new();
        for done in batch.drain(..) {
            accounts.entry(done.holding.account).or_default().push(done);
        }
        for (account, done) in accounts {
            write_account(&worker, account, done).await;
        }
    }
}

/// Tries for as long as a lease holds: after that the jobs are another's.
async fn write_account<U: UnitOfWork>(worker: &Worker<U>, account: AccountId, done: Vec<Finished>) {
    let began = Instant::now();
    loop {
        let completions: Vec<_> = done.iter().map(|done| Completion { held: done.holding.held, result: done.result }).collect();
        let at = worker.clock.now();
        match worker.uow.write(move |stores| stores.jobs().complete_many(account, &completions, at)).await {
            Ok(completed) => return report_all(account, done, &completed, at),
            Err(error) if began.elapsed() < worker.settings.lease.duration() => {
                tracing::warn!(cause = report::cause(&error), "completions were not written down, trying again");
                sleep(PAUSE).await;
            }
            Err(error) => {
                tracing::error!(cause = report::cause(&error), jobs = done.len(), "completions were lost");
                return;
            }
        }
    }
}

fn report_all(account: AccountId, done: Vec<Finished>, completed: &[HeldJob], at: derslik_domain::time::Timestamp) {
    let completed: std::collections::BTreeSet<_> = completed.iter().collect();
    for Finished { holding, job, .. } in done {
        if completed.contains(&holding.held) {
            if let Ok((job, fact)) = job.apply(Event::Succeed { token: holding.held.token }, at) {
                report::happened(account, &job, &fact);
            }
        } else {
            report::lost(account, &job);
        }
    }
}
