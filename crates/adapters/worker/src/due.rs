//! Runs what falls due in one account while a test advances its clock. Each thing runs at the time at which it was due, and not at the
//! time that the clock of the account shows.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::clock::{JobOutcome, RanItem, RanKind};
use derslik_domain::fault::JobFault;
use derslik_domain::id::AccountId;
use derslik_domain::job::{Action, Actions, Event, Fact, Failure, Jitter, Job, JobState, LeaseToken, WorkerId};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::FaultInjection;
use derslik_ports::outbound::{Claim, Clock, DueWork, HeldJob, Ids, NextDue, Projection, Reason, StoreError, Stores, UnitOfWork};
use uuid::Uuid;

use crate::execution::{broken, failure_of, is_held};
use crate::injected;
use crate::registry::{Handler, Registry, Step, StepContext, StepError};
use crate::report;
use crate::worker::Settings;

/// The most jobs that one transaction runs.
const JOBS: usize = 50;

/// The most rows that one transaction changes.
const ROWS: u16 = 1_000;

/// Runs the jobs whose handlers work in steps, and the expiry of sessions. Other jobs wait for a worker.
pub struct DueRunner<U> {
    uow: U,
    inner: Arc<Inner>,
    /// The faults that attempts meet.
    faults: Option<Arc<dyn FaultInjection>>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    registry: Registry,
    settings: Settings,
    actions: Actions,
    worker: WorkerId,
}

impl<U> fmt::Debug for DueRunner<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DueRunner").finish_non_exhaustive()
    }
}

/// A job that was claimed.
#[derive(Debug, Clone, Copy)]
struct Claimed {
    held: HeldJob,
    action: Action,
    due: Timestamp,
}

/// A job that has more steps, each of which needs a transaction of its own.
struct Unfinished {
    held: HeldJob,
    due: Timestamp,
}

/// The jobs that one transaction has run.
#[derive(Default)]
struct Batch {
    ended: Vec<(Job, Fact, Timestamp)>,
    unfinished: Option<Unfinished>,
}

/// The outcome of a step.
enum Stepped {
    More,
    Ended(Box<Job>, Fact),
    Lost,
}

impl<U: UnitOfWork> DueRunner<U> {
    /// A runner with these handlers. Leases go by `clock`.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, registry: Registry, settings: Settings) -> Self {
        let has_steps = |action: &Action| matches!(registry.get(*action), Some(Handler::Steps(_)));
        let actions = Action::ALL.into_iter().filter(has_steps).collect();
        let worker = WorkerId::new(Uuid::from_u128(ids.random_bits()));
        Self { uow, inner: Arc::new(Inner { clock, ids, registry, settings, actions, worker }), faults: None }
    }

    /// The same runner, whose attempts meet the faults of tests.
    #[must_use]
    pub fn with_faults(self, faults: Option<Arc<dyn FaultInjection>>) -> Self {
        Self { faults, ..self }
    }

    /// What falls due next, once the ends of all sessions are known.
    async fn next_due(&self, account: AccountId) -> Result<NextDue, StoreError> {
        loop {
            let catch_up = move |stores: &mut dyn Stores| stores.change_log().catch_up(account, Projection::SessionEnds, ROWS);
            let applied: Result<RowCount, StoreError> = self.uow.write(account, catch_up).await;
            if applied?.get() < u64::from(ROWS) {
                break;
            }
        }
        let actions = self.inner.actions;
        self.uow.read(account, move |stores| stores.clocks().next_due(account, actions)).await
    }

    /// Expires the sessions that end by `until`.
    async fn expire(&self, account: AccountId, until: Timestamp) -> Result<RowCount, StoreError> {
        let mut expired = RowCount::ZERO;
        loop {
            let rows = self.uow.write(account, move |stores| stores.sessions().expire(account, until, ROWS));
            let rows: Result<RowCount, StoreError> = rows.await;
            let rows = rows?;
            expired = expired.plus(rows);
            if rows.get() < u64::from(ROWS) {
                return Ok(expired);
            }
        }
    }

    /// Runs the jobs that are due next.
    async fn run_jobs(&self, account: AccountId, until: Timestamp) -> Result<Vec<RanItem>, StoreError> {
        if let Some(faults) = self.faults.as_ref().filter(|faults| faults.has_for_jobs(account)) {
            return self.run_with_faults(faults.as_ref(), account, until).await;
        }
        match self.run_batch(account, until, JOBS).await {
            Ok(ran) => return Ok(ran),
            Err(StepError::Store(error @ StoreError::Unavailable(_))) => return Err(error),
            Err(_) => {}
        }
        // One of them failed, and took the others back with it. One by one, it is found.
        match self.run_batch(account, until, 1).await {
            Ok(ran) => Ok(ran),
            Err(StepError::Store(error @ StoreError::Unavailable(_))) => Err(error),
            Err(StepError::Store(error)) => self.fail_next(account, failure_of(&error)).await,
            Err(StepError::Failed(failure)) => self.fail_next(account, failure).await,
        }
    }

    /// Reports the outcome of an attempt, and returns it for the test.
    fn told(&self, account: AccountId, job: &Job, fact: &Fact, due: Timestamp) -> RanItem {
        report::happened(account, job, fact);
        let outcome = match job.state {
            JobState::Completed(_) => JobOutcome::Completed,
            JobState::Scheduled { .. } | JobState::Running(_) => JobOutcome::Retried,
            JobState::Failed(_) | JobState::Cancelled(_) => JobOutcome::Failed,
        };
        let shown = self.inner.ids.shown_job(job.id);
        RanItem { due, account, kind: RanKind::Job { job: shown, action: job.action, outcome } }
    }

    /// Runs the job that is due next, or lets it meet a fault. It is claimed in a transaction of its own, so that no failure takes back
    /// what the faults have counted.
    async fn run_with_faults(&self, faults: &dyn FaultInjection, account: AccountId, until: Timestamp) -> Result<Vec<RanItem>, StoreError> {
        let inner = Arc::clone(&self.inner);
        let claimed = self.uow.write(account, move |stores| inner.claim_next(stores, account, until));
        let claimed: Result<Option<Claimed>, StoreError> = claimed.await;
        let Some(Claimed { held, action, due }) = claimed? else { return Ok(Vec::new()) };
        let Some(fault) = faults.for_job(account, action) else {
            return Ok(self.finish(account, held, due).await?.into_iter().collect());
        };
        let inner = Arc::clone(&self.inner);
        let met = self.uow.write(account, move |stores| inner.meet(stores, account, held, fault, due));
        let met: Result<Option<(Job, Fact)>, StoreError> = met.await;
        Ok(met?.map(|(job, fact)| self.told(account, &job, &fact, due)).into_iter().collect())
    }

    async fn run_batch(&self, account: AccountId, until: Timestamp, most: usize) -> Result<Vec<RanItem>, StepError> {
        let inner = Arc::clone(&self.inner);
        let batch = self.uow.write(account, move |stores| inner.run_batch(stores, account, until, most)).await?;
        let mut ran: Vec<_> = batch.ended.into_iter().map(|(job, fact, due)| self.told(account, &job, &fact, due)).collect();
        if let Some(Unfinished { held, due }) = batch.unfinished {
            ran.extend(self.finish(account, held, due).await?);
        }
        Ok(ran)
    }

    /// Runs the other steps of a job, each in a transaction.
    async fn finish(&self, account: AccountId, held: HeldJob, due: Timestamp) -> Result<Option<RanItem>, StoreError> {
        loop {
            let inner = Arc::clone(&self.inner);
            let failure = match self.uow.write(account, move |stores| inner.step(stores, account, held, due)).await {
                Ok(Stepped::More) => continue,
                Ok(Stepped::Ended(job, fact)) => return Ok(Some(self.told(account, &job, &fact, due))),
                Ok(Stepped::Lost) => return Ok(None),
                Err(StepError::Failed(failure)) => failure,
                Err(StepError::Store(error)) => failure_of(&error),
            };
            let inner = Arc::clone(&self.inner);
            let failed = self.uow.write(account, move |stores| inner.fail(stores, account, held, failure, due));
            let failed: Result<Option<(Job, Fact)>, StoreError> = failed.await;
            return Ok(failed?.map(|(job, fact)| self.told(account, &job, &fact, due)));
        }
    }

    /// Claims the job that is due next, and stores its failure.
    async fn fail_next(&self, account: AccountId, failure: Failure) -> Result<Vec<RanItem>, StoreError> {
        let inner = Arc::clone(&self.inner);
        let failed = self.uow.write(account, move |stores| {
            let Some(due) = stores.clocks().next_due(account, inner.actions)?.job else { return Ok(None) };
            let Some(Claimed { held, .. }) = inner.claim(stores, account, due)? else { return Ok(None) };
            Ok::<_, StoreError>(inner.fail(stores, account, held, failure, due)?.map(|(job, fact)| (job, fact, due)))
        });
        Ok(failed.await?.map(|(job, fact, due)| self.told(account, &job, &fact, due)).into_iter().collect())
    }
}

impl Inner {
    fn run_batch(&self, stores: &mut dyn Stores, account: AccountId, until: Timestamp, most: usize) -> Result<Batch, StepError> {
        let mut batch = Batch::default();
        while batch.ended.len() < most {
            let Some(Claimed { held, due, action: _ }) = self.claim_next(stores, account, until)? else { break };
            match self.step(stores, account, held, due)? {
                Stepped::More => {
                    batch.unfinished = Some(Unfinished { held, due });
                    break;
                }
                Stepped::Lost => break,
                Stepped::Ended(job, fact) => {
                    // It locks a projection, so no other job may run in its transaction.
                    let is_alone = job.action.is_sweep();
                    batch.ended.push((*job, fact, due));
                    if is_alone {
                        break;
                    }
                }
            }
        }
        Ok(batch)
    }

    /// Claims the job that is due next, if nothing else is due before it. `None` also if another transaction holds the job.
    fn claim_next(&self, stores: &mut dyn Stores, account: AccountId, until: Timestamp) -> Result<Option<Claimed>, StoreError> {
        let next = stores.clocks().next_due(account, self.actions)?;
        let is_next = |due: &Timestamp| *due <= until && next.session_end.is_none_or(|end| end > *due);
        let Some(due) = next.job.filter(is_next) else { return Ok(None) };
        self.claim(stores, account, due)
    }

    /// Claims one of the jobs that are due at that instant.
    fn claim(&self, stores: &mut dyn Stores, account: AccountId, due: Timestamp) -> Result<Option<Claimed>, StoreError> {
        let token = LeaseToken::new(Uuid::from_u128(self.ids.random_bits()));
        let term = self.settings.lease;
        let claim = Claim { worker: self.worker, token, term, at: due, actions: self.actions, limit: 1 };
        let claimed = stores.jobs().claim(account, &claim)?;
        let Some(job) = claimed.first() else { return Ok(None) };
        let (held, action) = (HeldJob { job: job.id, token }, job.action);
        // The lease goes by the time of the machine.
        stores.jobs().renew(account, &[held], term.end(self.clock.now()))?;
        Ok(Some(Claimed { held, action, due }))
    }

    fn step(&self, stores: &mut dyn Stores, account: AccountId, held: HeldJob, due: Timestamp) -> Result<Stepped, StepError> {
        let Some(before) = stores.jobs().lock(account, held.job)?.filter(|job| is_held(job, held.token)) else {
            return Ok(Stepped::Lost);
        };
        // Only such jobs are claimed.
        let Some(Handler::Steps(handler)) = self.registry.get(before.action) else { return Ok(Stepped::Lost) };
        let step = handler.step(stores, &StepContext { account, job: &before, now: due })?;
        let term = self.settings.lease;
        let (progress, is_done) = match step {
            Step::More(progress) => (Some(progress), false),
            Step::Done(progress) => (progress, true),
        };
        let after = match progress {
            Some(progress) => before.clone().progressed(held.token, term, progress, due).map_err(broken)?,
            None => before.clone(),
        };
        let (after, fact) = if is_done {
            let (after, fact) = after.apply(Event::Succeed { token: held.token }, due).map_err(broken)?;
            (after, Some(fact))
        } else {
            (after, None)
        };
        if !stores.jobs().replace(account, &before, &after)? {
            return Err(StepError::Store(StoreError::from(Reason::Conflict)));
        }
        let Some(fact) = fact else {
            stores.jobs().renew(account, &[held], term.end(self.clock.now()))?;
            return Ok(Stepped::More);
        };
        Ok(Stepped::Ended(Box::new(after), fact))
    }

    /// Stores what a fault makes of an attempt.
    fn meet(
        &self,
        stores: &mut dyn Stores,
        account: AccountId,
        held: HeldJob,
        fault: JobFault,
        due: Timestamp,
    ) -> Result<Option<(Job, Fact)>, StoreError> {
        match fault {
            JobFault::Fail => self.fail(stores, account, held, injected::failed(), due),
            JobFault::Panic => self.fail(stores, account, held, injected::panicked(), due),
            JobFault::Hang => self.outlast(stores, account, held, due),
        }
    }

    /// Ends an attempt that hangs as the end of its lease does, at the time at which the lease would have ended.
    fn outlast(
        &self,
        stores: &mut dyn Stores,
        account: AccountId,
        held: HeldJob,
        due: Timestamp,
    ) -> Result<Option<(Job, Fact)>, StoreError> {
        let Some(before) = stores.jobs().lock(account, held.job)?.filter(|job| is_held(job, held.token)) else { return Ok(None) };
        let (term, retry) = (self.settings.lease, self.settings.retry);
        let (end, mut hung) = (term.end(due), before.clone());
        if let JobState::Running(run) = &mut hung.state {
            run.lease.until = end;
        }
        let Ok((after, fact)) = hung.apply(Event::LeaseExpired { term, retry }, end) else { return Ok(None) };
        Ok(stores.jobs().replace(account, &before, &after)?.then_some((after, fact)))
    }

    /// Stores the failure of an attempt. The next attempt is due after the usual backoff without its random part.
    fn fail(
        &self,
        stores: &mut dyn Stores,
        account: AccountId,
        held: HeldJob,
        failure: Failure,
        due: Timestamp,
    ) -> Result<Option<(Job, Fact)>, StoreError> {
        let Some(before) = stores.jobs().lock(account, held.job)? else { return Ok(None) };
        let event = Event::Fail { token: held.token, failure, retry: self.settings.retry, jitter: Jitter::NONE };
        let Ok((after, fact)) = before.clone().apply(event, due) else { return Ok(None) };
        Ok(stores.jobs().replace(account, &before, &after)?.then_some((after, fact)))
    }
}

#[async_trait]
impl<U: UnitOfWork> DueWork for DueRunner<U> {
    fn actions(&self) -> Actions {
        self.inner.actions
    }

    async fn run_some(&self, account: AccountId, until: Timestamp) -> Result<Vec<RanItem>, StoreError> {
        loop {
            let next = self.next_due(account).await?;
            let Some(first) = next.first().filter(|first| *first <= until) else { return Ok(Vec::new()) };
            if next.job.is_some_and(|job| next.session_end.is_none_or(|end| end > job)) {
                return self.run_jobs(account, until).await;
            }
            // No job is due before these sessions end, so they may expire together.
            let bound = next.job.map_or(until, |job| job.min(until));
            let expired = self.expire(account, bound).await?;
            // There are none if the stored ends were those of sessions that were moved; they are gone now.
            if expired > RowCount::ZERO {
                return Ok(vec![RanItem { due: first, account, kind: RanKind::SessionsExpired(expired) }]);
            }
        }
    }
}
