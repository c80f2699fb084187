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

/// The most steps of one erasure that one transaction runs: two passes and some more.
const STEPS: usize = 16;

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

/// A job that this transaction holds.
struct Claimed {
    job: Job,
    held: HeldJob,
    due: Timestamp,
}

/// What is due next, and what of it the same transaction has done.
struct Look {
    /// What was due next before anything expired.
    next: NextDue,
    /// How many sessions expired. `None` if none were tried.
    expired: Option<RowCount>,
}

/// A job that has more steps, for which further transactions are needed.
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

/// The outcome of one or more steps.
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

    /// What falls due next, once the ends of all sessions are known. If these are the ends of sessions, the first of them expire at once.
    async fn look(&self, account: AccountId, until: Timestamp) -> Result<Look, StoreError> {
        let actions = self.inner.actions;
        loop {
            let look = move |stores: &mut dyn Stores| {
                let applied = stores.change_log().catch_up(account, Projection::SessionEnds, ROWS)?;
                if applied.get() >= u64::from(ROWS) {
                    return Ok(None);
                }
                let next = stores.clocks().next_due(account, actions)?;
                // The rows of the change log are locked if some were applied. Sessions are not locked behind them.
                let bound = ends_first(next, until).filter(|_| applied == RowCount::ZERO);
                let expired = bound.map(|bound| stores.sessions().expire(account, bound, ROWS)).transpose()?;
                Ok::<_, StoreError>(Some(Look { next, expired }))
            };
            if let Some(look) = self.uow.write(account, look).await? {
                return Ok(look);
            }
        }
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
        let claimed = self.uow.write(account, move |stores| {
            let claimed = inner.claim_next(stores, account, until)?;
            if let Some(claimed) = &claimed {
                inner.renew(stores, account, claimed.held)?;
            }
            Ok::<_, StoreError>(claimed)
        });
        let Some(Claimed { job, held, due }) = claimed.await? else { return Ok(Vec::new()) };
        let Some(fault) = faults.for_job(account, job.action) else {
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

    /// Runs the other steps of a job that is held, in further transactions.
    async fn finish(&self, account: AccountId, held: HeldJob, due: Timestamp) -> Result<Option<RanItem>, StoreError> {
        loop {
            let inner = Arc::clone(&self.inner);
            let failure = match self.uow.write(account, move |stores| inner.resume(stores, account, held, due)).await {
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
            let Some(claimed) = self.claim_next(stores, account, until)? else { break };
            let (held, due) = (claimed.held, claimed.due);
            // Behind other jobs, an erasure locks no more people than those of its first step.
            let most_steps = if batch.ended.is_empty() { steps_together(claimed.job.action) } else { 1 };
            match self.steps(stores, account, claimed, most_steps)? {
                Stepped::More => {
                    batch.unfinished = Some(Unfinished { held, due });
                    break;
                }
                Stepped::Lost => break,
                Stepped::Ended(job, fact) => {
                    // It locks a projection, or many rows, so no other job may run in its transaction.
                    let is_alone = job.action.is_sweep() || steps_together(job.action) > 1;
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

    /// Claims one of the jobs that are due at that instant. A transaction that leaves it running has to [renew](Self::renew) its lease.
    fn claim(&self, stores: &mut dyn Stores, account: AccountId, due: Timestamp) -> Result<Option<Claimed>, StoreError> {
        let token = LeaseToken::new(Uuid::from_u128(self.ids.random_bits()));
        let term = self.settings.lease;
        let claim = Claim { worker: self.worker, token, term, at: due, actions: self.actions, limit: 1 };
        let Some(job) = stores.jobs().claim(account, &claim)?.into_iter().next() else { return Ok(None) };
        let held = HeldJob { job: job.id, token };
        Ok(Some(Claimed { job, held, due }))
    }

    /// Lets the lease of a job go by the time of the machine, as leases do for other workers.
    fn renew(&self, stores: &mut dyn Stores, account: AccountId, held: HeldJob) -> Result<(), StoreError> {
        stores.jobs().renew(account, &[held], self.settings.lease.end(self.clock.now())).map(drop)
    }

    /// Runs the next steps of a job that an earlier transaction has claimed.
    fn resume(&self, stores: &mut dyn Stores, account: AccountId, held: HeldJob, due: Timestamp) -> Result<Stepped, StepError> {
        let Some(job) = stores.jobs().lock(account, held.job)?.filter(|job| is_held(job, held.token)) else {
            return Ok(Stepped::Lost);
        };
        let most = steps_together(job.action);
        self.steps(stores, account, Claimed { job, held, due }, most)
    }

    /// Runs the next steps of a job, up to `most`, and stores the outcome of all of them once.
    fn steps(&self, stores: &mut dyn Stores, account: AccountId, claimed: Claimed, most: usize) -> Result<Stepped, StepError> {
        let Claimed { job: before, held, due } = claimed;
        // Only such jobs are claimed.
        let Some(Handler::Steps(handler)) = self.registry.get(before.action) else { return Ok(Stepped::Lost) };
        let (mut after, mut fact) = (before.clone(), None);
        for _ in 0..most {
            let step = handler.step(stores, &StepContext { account, job: &after, now: due })?;
            let (progress, is_done) = match step {
                Step::More(progress) => (Some(progress), false),
                Step::Done(progress) => (progress, true),
            };
            if let Some(progress) = progress {
                after = after.progressed(held.token, self.settings.lease, progress, due).map_err(broken)?;
            }
            if is_done {
                let (ended, done) = after.apply(Event::Succeed { token: held.token }, due).map_err(broken)?;
                (after, fact) = (ended, Some(done));
                break;
            }
        }
        if !stores.jobs().replace(account, &before, &after)? {
            return Err(StepError::Store(StoreError::from(Reason::Conflict)));
        }
        let Some(fact) = fact else {
            self.renew(stores, account, held)?;
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
            let Look { next, expired } = self.look(account, until).await?;
            let Some(first) = next.first().filter(|first| *first <= until) else { return Ok(Vec::new()) };
            // No job is due before these sessions end, so they may expire together.
            let Some(bound) = ends_first(next, until) else { return self.run_jobs(account, until).await };
            let expired = match expired {
                Some(expired) if expired.get() < u64::from(ROWS) => expired,
                tried => tried.unwrap_or_default().plus(self.expire(account, bound).await?),
            };
            // There are none if the stored ends were those of sessions that were moved; they are gone now.
            if expired == RowCount::ZERO {
                continue;
            }
            let mut ran = vec![RanItem { due: first, account, kind: RanKind::SessionsExpired(expired) }];
            if next.job.is_some_and(|job| job <= until) {
                ran.extend(self.run_jobs(account, until).await?);
            }
            return Ok(ran);
        }
    }
}

/// Until when sessions expire before a job runs, at most by `until`. `None` if a job is due before the first of them ends, or nothing is
/// due by then.
fn ends_first(next: NextDue, until: Timestamp) -> Option<Timestamp> {
    let end = next.session_end.filter(|end| *end <= until)?;
    match next.job {
        Some(job) if job < end => None,
        job => Some(job.map_or(until, |job| job.min(until))),
    }
}

/// How many steps of one attempt a transaction may run. Those of an erasure of one user lock the same people. The steps of other jobs
/// lock others each, and so have a transaction each.
const fn steps_together(action: Action) -> usize {
    match action {
        Action::DeleteUserData => STEPS,
        Action::AssignCalendarId
        | Action::DeleteUsersData
        | Action::ExpireSessions
        | Action::IndexSessions
        | Action::SealAudit
        | Action::Prune
        | Action::PruneAudit => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn sessions_expire_up_to_the_next_job_or_the_end_of_the_span() {
        for (job, session_end, expected) in [
            (None, None, None),
            (None, Some(5), Some(10)),
            (None, Some(11), None),
            (Some(7), Some(5), Some(7)),
            (Some(5), Some(5), Some(5)),
            (Some(4), Some(5), None),
            (Some(12), Some(5), Some(10)),
            (Some(4), None, None),
        ] {
            let next = NextDue { job: job.map(at), session_end: session_end.map(at) };
            assert_eq!(ends_first(next, at(10)), expected.map(at), "{next:?}");
        }
    }

    #[test]
    fn the_steps_of_one_erasure_share_a_transaction_and_those_of_other_jobs_do_not() {
        let together: Vec<_> = Action::ALL.into_iter().filter(|action| steps_together(*action) > 1).collect();
        assert_eq!(together, [Action::DeleteUserData]);
    }
}
