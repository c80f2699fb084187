//! What a handler is, and which one does what. It knows nothing of leases or retries.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::job::{Action, Actions, Failure, Job, Progress};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{StoreError, Stores};
use tokio_util::sync::CancellationToken;

/// Does jobs whose whole effect is in the store, in steps. Each step is one transaction, in which the progress, or the end of
/// the job, is written as well: a step either counts or never happened, and a worker that lost the job changes nothing.
pub trait StepHandler: Send + Sync + 'static {
    /// One step. It MUST be bounded, since nobody can call off a job in the middle of one: some thousand rows at the most.
    ///
    /// # Errors
    /// [`StepError`], and then the whole step is undone.
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError>;
}

/// What a step is told.
#[derive(Debug, Clone, Copy)]
pub struct StepContext<'a> {
    /// The account of the job.
    pub account: AccountId,
    /// The job, with the progress that earlier steps made.
    pub job: &'a Job,
    /// What time it is.
    pub now: Timestamp,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
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

/// Does jobs whose effect is outside the store. It may come to run twice for one job, when a worker dies between the effect and
/// the completion, so the effect should carry the id of the job.
#[async_trait]
pub trait TaskHandler: Send + Sync + 'static {
    /// Does a job, and returns its result.
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
    /// Tells that the job was called off or lost, so that nothing more should be done for it.
    pub cancelled: CancellationToken,
}

/// Either kind of handler.
#[derive(Clone)]
pub(crate) enum Handler {
    Steps(Arc<dyn StepHandler>),
    Task(Arc<dyn TaskHandler>),
}

/// Which handler does what.
#[derive(Clone, Default)]
pub struct Registry {
    handlers: HashMap<Action, Handler>,
}

impl Registry {
    /// The registry with a handler of steps more.
    #[must_use]
    pub fn with_steps(mut self, action: Action, handler: impl StepHandler) -> Self {
        self.handlers.insert(action, Handler::Steps(Arc::new(handler)));
        self
    }

    /// The registry with a handler of tasks more.
    #[must_use]
    pub fn with_task(mut self, action: Action, handler: impl TaskHandler) -> Self {
        self.handlers.insert(action, Handler::Task(Arc::new(handler)));
        self
    }

    /// What it has handlers of.
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
