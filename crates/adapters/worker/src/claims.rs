//! Taking due jobs: first the accounts that have some are found, then each in turn is asked for a batch, so that a busy account
//! keeps nobody waiting.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use derslik_domain::id::AccountId;
use derslik_domain::job::LeaseToken;
use derslik_ports::outbound::{Claim, HeldJob, StoreError, UnitOfWork};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::completion::Finished;
use crate::execution::execute;
use crate::report;
use crate::runner::Worker;

/// The most accounts that are found at once.
const ACCOUNTS: u16 = 100;

/// The shortest wait, for jobs that are due but can't be had: somebody else is at them.
const SHORTEST_WAIT: Duration = Duration::from_millis(20);

/// What a worker claims jobs with.
pub(crate) struct Claims<U> {
    pub(crate) worker: Arc<Worker<U>>,
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) sleeper: Arc<Notify>,
    pub(crate) attempts: TaskTracker,
    pub(crate) done: UnboundedSender<Finished>,
}

impl<U: UnitOfWork> Claims<U> {
    /// Claims and starts jobs until it is told to stop.
    pub(crate) async fn run(self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.round(stop).await {
                Ok(0) => self.wait(stop).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(cause = report::cause(&error), "could not claim jobs");
                    self.pause(stop, self.worker.settings.poll).await;
                }
            }
        }
    }

    /// Claims from every account that has due jobs, in turn, until none has more. Tells how many jobs were claimed.
    async fn round(&self, stop: &CancellationToken) -> Result<usize, StoreError> {
        let now = self.worker.clock.now();
        let accounts = self.worker.uow.read(move |stores| stores.jobs().accounts_with_due(now, ACCOUNTS)).await?;
        let mut accounts = VecDeque::from(accounts);
        let mut claimed = 0;
        while let Some(account) = accounts.pop_front() {
            if !self.wait_for_slot(stop).await {
                break;
            }
            let limit = u16::try_from(self.slots.available_permits()).unwrap_or(u16::MAX).min(self.worker.settings.batch);
            let count = self.claim(account, limit).await?;
            claimed += count;
            if count >= usize::from(limit) {
                accounts.push_back(account);
            }
        }
        Ok(claimed)
    }

    /// Waits until a job may be started; `false` if the worker stops first.
    async fn wait_for_slot(&self, stop: &CancellationToken) -> bool {
        tokio::select! {
            biased;
            () = stop.cancelled() => false,
            slot = self.slots.acquire() => slot.is_ok(),
        }
    }

    async fn claim(&self, account: AccountId, limit: u16) -> Result<usize, StoreError> {
        let worker = &self.worker;
        let began = Instant::now();
        let at = worker.clock.now();
        let token = LeaseToken::new(Uuid::from_u128(worker.ids.random_bits()));
        let claim = Claim { worker: worker.id, token, term: worker.settings.lease, at, limit };
        let jobs = worker.uow.write(move |stores| stores.jobs().claim(account, &claim)).await?;
        report::claimed(&jobs, at, began.elapsed());
        let count = jobs.len();
        for job in jobs {
            // Nobody else takes slots, so that there are at least as many as were counted.
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { break };
            let holding = worker.leases.hold(account, HeldJob { job: job.id, token }, slot);
            self.attempts.spawn(execute(Arc::clone(worker), job, holding, self.done.clone()));
        }
        Ok(count)
    }

    /// Waits until a job is due, somebody says that there is one, or it is time to look again.
    async fn wait(&self, stop: &CancellationToken) {
        let poll = self.worker.settings.poll;
        let next = self.worker.uow.read(|stores| stores.jobs().next_due()).await;
        let wait = match next {
            Ok(Some(due)) => due.since(self.worker.clock.now()).clamp(SHORTEST_WAIT, poll.max(SHORTEST_WAIT)),
            Ok(None) | Err(_) => poll,
        };
        self.pause(stop, wait).await;
    }

    async fn pause(&self, stop: &CancellationToken, wait: Duration) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.sleeper.notified() => {}
            () = sleep(wait) => {}
        }
    }
}
