//! Decides when to claim: which accounts have due jobs, and how many exchanges run at once. Accounts take turns, so that a busy
//! one does not keep the others waiting.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{StoreError, Stores, Tenant, UnitOfWork};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::completion::{Finished, Remaining};
use crate::exchange::{ClaimRequest, ClaimResult, exchange};
use crate::report;
use crate::worker::Worker;

/// The most accounts that one look finds.
const ACCOUNTS: u16 = 100;

/// The shortest wait. It applies while due jobs can't be claimed because other transactions have locked them.
const SHORTEST_WAIT: Duration = Duration::from_millis(20);

/// The longest pause after a failed look, even if the poll interval is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The longest wait while tests have moved clocks: when the next job is due by them is not computed.
const WAIT_OF_MOVED: Duration = Duration::from_millis(100);

/// The shortest time between two looks for accounts while some accounts with due jobs are known.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// The smallest limit of concurrent exchanges: one commits while another works.
const EXCHANGES: usize = 2;

/// How many jobs may be in exchanges at once, if that allows more exchanges. Small exchanges mostly wait for the disk and can
/// wait together; large ones slow each other down.
const IN_EXCHANGE: usize = 8;

/// An account that had due jobs at the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Due {
    account: AccountId,
    /// Whether its last claim was full, so that two concurrent claims make sense.
    has_backlog: bool,
}

/// The main loop of a worker: it claims due jobs, starts attempts, and stores completions.
pub(crate) struct Dispatch<U> {
    worker: Arc<Worker<U>>,
    slots: Arc<Semaphore>,
    job_notify: Arc<Notify>,
    attempts: TaskTracker,
    done: UnboundedSender<Finished>,
    finished: UnboundedReceiver<Finished>,
    /// Completions that wait for an exchange.
    waiting: Vec<Finished>,
    exchanges: JoinSet<Option<ClaimResult>>,
    due: VecDeque<Due>,
    looked_at: Instant,
    look_at: Instant,
    claimed_since_look: usize,
}

impl<U: UnitOfWork> Dispatch<U> {
    pub(crate) fn new(worker: Arc<Worker<U>>, job_notify: Arc<Notify>, attempts: TaskTracker) -> Self {
        let (done, finished) = unbounded_channel();
        let now = Instant::now();
        Self {
            slots: Arc::new(Semaphore::new(worker.settings.concurrency.into())),
            worker,
            job_notify,
            attempts,
            done,
            finished,
            waiting: Vec::new(),
            exchanges: JoinSet::new(),
            due: VecDeque::new(),
            looked_at: now,
            look_at: now,
            claimed_since_look: 0,
        }
    }

    /// Works until `stop` is cancelled.
    pub(crate) async fn run(mut self, stop: &CancellationToken) -> Remaining {
        while !stop.is_cancelled() {
            if Instant::now() >= self.look_at {
                // A database that does not answer must not delay the stop of the worker.
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = self.look() => {}
                }
            }
            while self.should_exchange() {
                self.start_exchange();
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                Some(ended) = self.exchanges.join_next() => self.settle(ended),
                _ = self.finished.recv_many(&mut self.waiting, usize::MAX) => {}
                () = self.job_notify.notified() => self.look_soon(),
                () = one_of(&self.slots), if self.waits_for_slots() => {}
                () = sleep_until(self.look_at) => {}
            }
        }
        let give_up_at = Instant::now() + self.worker.settings.grace;
        let settled = async {
            while let Some(ended) = self.exchanges.join_next().await {
                self.settle(ended);
            }
        };
        if timeout_at(give_up_at, settled).await.is_err() {
            tracing::warn!("stopped while the store did not answer a claim");
        }
        Remaining { give_up_at, waiting: self.waiting, finished: self.finished }
    }

    /// Finds the accounts that have due jobs, and the time of the next look.
    async fn look(&mut self) {
        let found = find_due(&self.worker).await;
        self.looked_at = Instant::now();
        self.claimed_since_look = 0;
        let poll = self.worker.settings.poll.max(SHORTEST_WAIT);
        match found {
            Ok((accounts, next_due)) => {
                let has_backlog = |account| self.due.iter().any(|due| due.account == account && due.has_backlog);
                self.due = accounts.into_iter().map(|account| Due { account, has_backlog: has_backlog(account) }).collect();
                let wait = match next_due {
                    _ if self.worker.clock.is_any_moved() => poll.min(WAIT_OF_MOVED),
                    Some(due) if self.due.is_empty() => due.since(self.worker.clock.now()).clamp(SHORTEST_WAIT, poll),
                    Some(_) | None => poll,
                };
                self.look_at = self.looked_at + wait;
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Brings the next look forward after a notification: to now, or, while accounts are due, to [`LOOK_INTERVAL`] after the
    /// last look.
    fn look_soon(&mut self) {
        let now = Instant::now();
        let soon = if self.due.is_empty() { now } else { now.max(self.looked_at + LOOK_INTERVAL) };
        self.look_at = self.look_at.min(soon);
    }

    fn fail(&mut self, error: &StoreError) {
        tracing::warn!(cause = report::cause(error), "could not claim jobs");
        self.due.clear();
        self.look_at = Instant::now() + self.worker.settings.poll.min(LONGEST_PAUSE);
    }

    fn batch(&self) -> usize {
        self.worker.settings.batch.into()
    }

    fn most_exchanges(&self) -> usize {
        EXCHANGES.max(IN_EXCHANGE / self.batch().max(1))
    }

    /// How many jobs one exchange could claim now.
    fn claimable(&self) -> usize {
        if self.due.is_empty() { 0 } else { self.batch().min(self.waiting.len() + self.slots.available_permits()) }
    }

    /// The first exchange starts with any amount of work. A concurrent one starts only with a whole batch, since jobs that
    /// collect meanwhile cost less in one exchange.
    fn should_exchange(&self) -> bool {
        match self.exchanges.len() {
            0 => !self.waiting.is_empty() || self.claimable() > 0,
            running => running < self.most_exchanges() && (self.waiting.len() >= self.batch() || self.claimable() >= self.batch()),
        }
    }

    fn waits_for_slots(&self) -> bool {
        !self.due.is_empty() && self.exchanges.is_empty() && self.slots.available_permits() == 0
    }

    fn start_exchange(&mut self) {
        let batch = self.batch();
        let mut done: Vec<_> = self.waiting.drain(..self.waiting.len().min(batch)).collect();
        // The slot of a completed job is free for the next one.
        let slots = done.iter_mut().filter_map(|done| done.lease.slot.take()).collect();
        let request = self.due.pop_front().map(|due| {
            if due.has_backlog {
                self.due.push_back(due);
            }
            let slots = self.fill(slots);
            ClaimRequest { account: due.account, slots }
        });
        let (worker, attempts, sender) = (Arc::clone(&self.worker), self.attempts.clone(), self.done.clone());
        self.exchanges.spawn(exchange(worker, done, request, attempts, sender));
    }

    /// Adds free slots, up to a batch.
    fn fill(&self, mut slots: Vec<OwnedSemaphorePermit>) -> Vec<OwnedSemaphorePermit> {
        while slots.len() < self.batch()
            && let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned()
        {
            slots.push(slot);
        }
        slots
    }

    /// Handles the outcome of an exchange.
    fn settle(&mut self, ended: Result<Option<ClaimResult>, JoinError>) {
        let result = match ended {
            Ok(Some(result)) => result,
            Ok(None) => return,
            Err(error) => {
                let cause: &dyn std::error::Error = &error;
                tracing::error!(cause, "an exchange with the store panicked");
                return;
            }
        };
        let ClaimResult { account, limit, claimed } = result;
        let claimed = match claimed {
            Ok(claimed) => claimed,
            Err(error) => return self.fail(&error),
        };
        self.claimed_since_look += claimed;
        let position = self.due.iter().position(|due| due.account == account);
        if claimed >= limit {
            match position.and_then(|position| self.due.get_mut(position)) {
                Some(due) => due.has_backlog = true,
                None => self.due.push_back(Due { account, has_backlog: true }),
            }
            return;
        }
        if let Some(position) = position {
            self.due.remove(position);
        }
        if self.due.is_empty() {
            let wait = if self.claimed_since_look > 0 { Duration::ZERO } else { SHORTEST_WAIT };
            self.look_at = self.look_at.min(Instant::now() + wait);
        }
    }
}

/// The accounts that have due jobs, and when the next job is due. The latter is not known while tests have moved clocks.
async fn find_due<U: UnitOfWork>(worker: &Worker<U>) -> Result<(Vec<AccountId>, Option<Timestamp>), StoreError> {
    worker.refresh_clocks().await?;
    let (times, actions) = (worker.clock.due_times(), worker.registry.actions());
    let look = move |stores: &mut dyn Stores| -> Result<(Vec<AccountId>, Option<Timestamp>), StoreError> {
        if !times.of_others.is_empty() {
            return Ok((stores.clocks().accounts_with_due(&times, actions, ACCOUNTS)?, None));
        }
        let jobs = stores.jobs();
        Ok((jobs.accounts_with_due(times.of_most, actions, ACCOUNTS)?, jobs.next_due(actions)?))
    };
    worker.uow.read(Tenant::Installation, look).await
}

/// Waits until a slot is free, and does not keep it.
async fn one_of(slots: &Semaphore) {
    // The semaphore is never closed.
    slots.acquire().await.ok();
}
