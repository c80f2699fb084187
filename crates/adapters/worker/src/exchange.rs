//! One exchange with the store: it stores completions and claims new jobs in one transaction. So a job costs one commit instead
//! of two.

use std::collections::BTreeMap;
use std::sync::Arc;

use derslik_domain::id::AccountId;
use derslik_domain::job::LeaseToken;
use derslik_ports::outbound::{Claim, Exchanged, HeldJob, StoreError, UnitOfWork};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use uuid::Uuid;

use crate::completion::{Finished, by_account, completions_of, report_all, store_completions};
use crate::execution::execute;
use crate::report;
use crate::worker::Worker;

/// A claim of due jobs of one account: at most one for each slot.
pub(crate) struct ClaimRequest {
    pub(crate) account: AccountId,
    pub(crate) slots: Vec<OwnedSemaphorePermit>,
}

/// The outcome of a [`ClaimRequest`].
#[derive(Debug)]
pub(crate) struct ClaimResult {
    pub(crate) account: AccountId,
    pub(crate) limit: usize,
    pub(crate) claimed: Result<usize, StoreError>,
}

/// Stores completions, claims jobs of an account, and starts their attempts.
pub(crate) async fn exchange<U: UnitOfWork>(
    worker: Arc<Worker<U>>,
    done: Vec<Finished>,
    request: Option<ClaimRequest>,
    attempts: TaskTracker,
    sender: UnboundedSender<Finished>,
) -> Option<ClaimResult> {
    let done = by_account(done);
    let Some(ClaimRequest { account, slots }) = request else {
        store_completions(&worker, done).await;
        return None;
    };
    let limit = slots.len();
    // A test may have put the account behind its public id since the look that found it, and set its clock with that.
    if let Err(error) = worker.refresh_clocks().await {
        store_completions(&worker, done).await;
        return Some(ClaimResult { account, limit, claimed: Err(error) });
    }
    let (began, at) = (Instant::now(), worker.clock.now_of(account));
    let token = LeaseToken::new(Uuid::from_u128(worker.ids.random_bits()));
    let claim = Claim {
        worker: worker.id,
        token,
        term: worker.settings.lease,
        at,
        actions: worker.registry.actions(),
        limit: u16::try_from(limit).unwrap_or(worker.settings.batch),
    };
    let exchanged = commit(&worker, &done, account, claim).await;
    let claimed = match exchanged {
        Ok(Exchanged { completed, claimed }) => {
            report::claimed(&claimed, at, began.elapsed());
            let count = claimed.len();
            // The claim is limited to the number of slots, so each job gets one.
            for (job, slot) in claimed.into_iter().zip(slots) {
                let lease = worker.leases.hold(account, HeldJob { job: job.id, token }, slot);
                let span = report::span_of(account, &job);
                (worker.continue_trace)(&span, job.trace);
                attempts.spawn(execute(Arc::clone(&worker), job, lease, sender.clone()).instrument(span));
            }
            for (account, done) in done {
                report_all(account, done, &completed, worker.clock.now_of(account));
            }
            Ok(count)
        }
        Err(error) => {
            // Completions must not wait for a claim that can't succeed, whether or not the claim caused the failure.
            store_completions(&worker, done).await;
            Err(error)
        }
    };
    Some(ClaimResult { account, limit, claimed })
}

/// The claim and the completions of the same account need one statement. Completions of other accounts join it in a
/// transaction. So do the leases of an account whose clock was moved: they go by the time of the machine.
async fn commit<U: UnitOfWork>(
    worker: &Worker<U>,
    done: &BTreeMap<AccountId, Vec<Finished>>,
    account: AccountId,
    claim: Claim,
) -> Result<Exchanged, StoreError> {
    let mut others: BTreeMap<_, _> = done.iter().map(|(account, done)| (*account, completions_of(done))).collect();
    let own = others.remove(&account).unwrap_or_default();
    let lease_end = worker.clock.is_moved(account).then(|| claim.term.end(worker.clock.now()));
    if others.is_empty() && lease_end.is_none() {
        return worker.uow.write_single_statement(account, move |stores| stores.jobs().exchange(account, &own, &claim)).await;
    }
    let clock = Arc::clone(&worker.clock);
    worker
        .uow
        .write(account, move |stores| {
            let jobs = stores.jobs();
            let mut exchanged = jobs.exchange(account, &own, &claim)?;
            for (account, done) in others {
                exchanged.completed.extend(jobs.complete_many(account, &done, clock.now_of(account))?);
            }
            if let Some(until) = lease_end.filter(|_| !exchanged.claimed.is_empty()) {
                let held: Vec<_> = exchanged.claimed.iter().map(|job| HeldJob { job: job.id, token: claim.token }).collect();
                jobs.renew(account, &held, until)?;
            }
            Ok(exchanged)
        })
        .await
}
