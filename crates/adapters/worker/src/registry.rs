//! The handlers of jobs, and the registry that finds one by action. Handlers know nothing of leases or retries.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::job::{Action, Actions, Failure, Job, Progress};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{StoreError, Stores};
use tokio_util::sync::CancellationToken;

/// Runs jobs whose whole effect is in the store, in steps. A worker runs each step in one transaction, which also stores the progress or
/// the end of the job. So a step counts completely or not at all, and a worker that lost the lease changes nothing. While a test advances
/// a clock, the steps of an erasure share a transaction.
pub trait StepHandler: Send + Sync + 'static {
    /// Runs one step. It MUST be bounded to at most some thousand rows, since a job can't be cancelled in the middle of a step.
    ///
    /// # Errors
    /// [`StepError`]; the whole step is undone.
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError>;
}

/// The context of a step.
#[derive(Debug, Clone, Copy)]
pub struct StepContext<'a> {
    /// The account of the job.
    pub account: AccountId,
    /// The job, with the progress of earlier steps.
    pub job: &'a Job,
    /// The time at which the step began.
    pub now: Timestamp,
}

/// The outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is more to do, with the progress so far.
    More(Progress),
    /// The job is done, with this result.
    Done(Option<Progress>),
}

/// Why a step failed.
#[derive(Debug)]
pub enum StepError {
    /// The store failed. The job is tried again.
    Store(StoreError),
    /// The step itself failed; the reason says whether the job is tried again.
    Failed(Failure),
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Runs jobs whose effect is outside the store. It may run twice for one job if a worker dies between the effect and the
/// completion. So the effect should carry the id of the job.
#[async_trait]
pub trait TaskHandler: Send + Sync + 'static {
    /// Runs a job, and returns its result.
    ///
    /// # Errors
    /// The [`Failure`], whose reason says whether the job is tried again.
    async fn run(&self, task: Task) -> Result<Option<Progress>, Failure>;
}

/// A job for a [`TaskHandler`].
#[derive(Debug, Clone)]
pub struct Task {
    /// The account of the job.
    pub account: AccountId,
    /// The job.
    pub job: Job,
    /// Signals that the job was cancelled or its lease lost; the handler should stop.
    pub cancelled: CancellationToken,
}

/// Either kind of handler.
#[derive(Clone)]
pub(crate) enum Handler {
    Steps(Arc<dyn StepHandler>),
    Task(Arc<dyn TaskHandler>),
}

/// The handlers of a worker, by action.
#[derive(Clone, Default)]
pub struct Registry {
    handlers: HashMap<Action, Handler>,
}

impl Registry {
    /// Adds a handler that works in steps.
    #[must_use]
    pub fn with_steps(mut self, action: Action, handler: impl StepHandler) -> Self {
        self.handlers.insert(action, Handler::Steps(Arc::new(handler)));
        self
    }

    /// Adds a handler that runs as a task.
    #[must_use]
    pub fn with_task(mut self, action: Action, handler: impl TaskHandler) -> Self {
        self.handlers.insert(action, Handler::Task(Arc::new(handler)));
        self
    }

    /// The actions that have a handler.
    pub(crate) fn actions(&self) -> Actions {
        self.handlers.keys().copied().collect()
    }

    pub(crate) fn get(&self, action: Action) -> Option<&Handler> {
        self.handlers.get(&action)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.handlers.keys().map(|action| action.name())).finish()
    }
}
