//! The store of jobs. Every change of a job that exists is conditional: it names the state in which it expects the job, and a
//! worker's names the lease by which the worker has it.

use std::collections::HashMap;

use derslik_domain::id::{AccountId, JobId, ProjectId};
use derslik_domain::job::{Actions, Job, LeaseTerm, LeaseToken, NewJob, Progress, ProjectKey, RowCount, ShownJob, WorkerId};
use derslik_domain::time::Timestamp;

use super::StoreError;

/// What became of a job that was to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enqueued {
    /// It is there now.
    Created(Job),
    /// There was a live one for the same project, action and reference: this.
    Live(Job),
}

impl Enqueued {
    /// The job that is there, old or new.
    pub fn into_job(self) -> Job {
        match self {
            Self::Created(job) | Self::Live(job) => job,
        }
    }
}

/// A job as clients name it: by its id, among those of a project.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobOfProject {
    /// The key of the project.
    pub project: ProjectKey,
    /// The id of the job.
    pub job: JobId,
}

/// Which jobs a list shows, by their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobsPage {
    /// The project whose jobs they are; `None` shows all jobs of the account.
    pub project: Option<ProjectId>,
    /// The id after which the page begins.
    pub after: Option<JobId>,
    /// The most jobs of the page.
    pub limit: u32,
}

/// A job of an action that this program does not know, as it is stored: a newer program made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownJob {
    /// Its id within the account.
    pub id: JobId,
    /// The project to which it belongs.
    pub project: Option<ProjectId>,
    /// The name of the action.
    pub action: String,
    /// What it is about.
    pub reference: String,
    /// The name of its status, which may be a new one too.
    pub status: String,
    /// When it is due, or was.
    pub due_at: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// A worker that asks for jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The worker.
    pub worker: WorkerId,
    /// What it will prove its right with.
    pub token: LeaseToken,
    /// For how long it gets the jobs.
    pub term: LeaseTerm,
    /// When it asks.
    pub at: Timestamp,
    /// What it knows how to do. Jobs of other actions, which a newer program may have made, are left alone.
    pub actions: Actions,
    /// The most jobs that it takes.
    pub limit: u16,
}

/// A job that a worker has, and what the worker proves that with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeldJob {
    /// The job.
    pub job: JobId,
    /// The proof.
    pub token: LeaseToken,
}

/// A job that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    /// Which job, and the proof of the worker that did it.
    pub held: HeldJob,
    /// The result; `None` leaves what is stored.
    pub result: Option<Progress>,
}

/// What an exchange with a worker came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exchanged {
    /// Which of the jobs that are done the worker still had: no others were changed.
    pub completed: Vec<HeldJob>,
    /// The jobs that the worker got.
    pub claimed: Vec<Job>,
}

/// How much work there is, in all accounts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueDepth {
    /// The jobs that wait for their time or for a worker.
    pub scheduled: u64,
    /// The jobs with a worker.
    pub running: u64,
    /// When the first of those that wait is due.
    pub next_due: Option<Timestamp>,
}

/// Stores the jobs of every account. Those of actions that this program does not know are not there for it, but where it says
/// so.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait JobRepository {
    /// Creates a job, unless there is a live one for the same project, action and reference. A job that may start at once
    /// wakes the workers as soon as the unit of work has ended well.
    ///
    /// # Errors
    /// [`StoreError`].
    fn enqueue(&mut self, account: AccountId, job: &NewJob) -> Result<Enqueued, StoreError>;

    /// As [`enqueue`](Self::enqueue) for any number of jobs, in a number of statements that does not grow with it on
    /// PostgreSQL. Tells how many were created.
    ///
    /// # Errors
    /// [`StoreError`].
    fn enqueue_many(&mut self, account: AccountId, jobs: &[NewJob]) -> Result<usize, StoreError>;

    /// One job.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, account: AccountId, id: JobId) -> Result<Option<Job>, StoreError>;

    /// One job of a project as clients are shown it, in one statement.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_shown(&mut self, account: AccountId, job: &JobOfProject) -> Result<Option<ShownJob>, StoreError>;

    /// As [`find_shown`](Self::find_shown) for many jobs, in one statement on PostgreSQL. What is not there is left out.
    ///
    /// # Errors
    /// [`StoreError`], also if a single one of them can't be read.
    fn find_many_shown(&mut self, account: AccountId, jobs: &[JobOfProject]) -> Result<HashMap<JobOfProject, ShownJob>, StoreError>;

    /// One job, held against other writers until the transaction ends.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock(&mut self, account: AccountId, id: JobId) -> Result<Option<Job>, StoreError>;

    /// A page of jobs, by their ids.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self, account: AccountId, page: &JobsPage) -> Result<Vec<Job>, StoreError>;

    /// The same page as a list shows it, without what is only read to be thrown away.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_shown(&mut self, account: AccountId, page: &JobsPage) -> Result<Vec<ShownJob>, StoreError>;

    /// Jobs of actions that this program does not know, by their ids: so many after that one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_unknown(&mut self, account: AccountId, after: Option<JobId>, limit: u32) -> Result<Vec<UnknownJob>, StoreError>;

    /// Writes `after` over the job of the same id if that stands where `before` does: in the same status, with the same lease.
    /// Tells whether it did.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the job came alive by this and there is another live one like it.
    fn replace(&mut self, account: AccountId, before: &Job, after: &Job) -> Result<bool, StoreError>;

    /// The accounts that have jobs of these actions to be done now, the one that waits longest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn accounts_with_due(&mut self, now: Timestamp, actions: Actions, limit: u16) -> Result<Vec<AccountId>, StoreError>;

    /// Gives due jobs to a worker, as [`Event::Claim`](derslik_domain::job::Event::Claim) says, those of the smallest priority
    /// first and then those due longest. Jobs that somebody else holds at the moment are passed over.
    ///
    /// # Errors
    /// [`StoreError`].
    fn claim(&mut self, account: AccountId, claim: &Claim) -> Result<Vec<Job>, StoreError>;

    /// Moves the end of leases to `until`, and tells which of them the worker still had.
    ///
    /// # Errors
    /// [`StoreError`].
    fn renew(&mut self, account: AccountId, held: &[HeldJob], until: Timestamp) -> Result<Vec<HeldJob>, StoreError>;

    /// Marks jobs as done, as [`Event::Succeed`](derslik_domain::job::Event::Succeed) says, and tells which of them the worker
    /// still had: no others were changed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn complete_many(&mut self, account: AccountId, done: &[Completion], at: Timestamp) -> Result<Vec<HeldJob>, StoreError>;

    /// [`complete_many`](Self::complete_many) and [`claim`](Self::claim), which is what a busy worker does again and again. On
    /// PostgreSQL it is one statement.
    ///
    /// # Errors
    /// [`StoreError`].
    fn exchange(&mut self, account: AccountId, done: &[Completion], claim: &Claim) -> Result<Exchanged, StoreError>;

    /// The accounts that have jobs whose lease has ended.
    ///
    /// # Errors
    /// [`StoreError`].
    fn accounts_with_expired(&mut self, now: Timestamp, term: LeaseTerm) -> Result<Vec<AccountId>, StoreError>;

    /// Jobs of known actions whose lease has ended, held against other writers until the transaction ends. Those that somebody else holds at
    /// the moment are passed over.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock_expired(&mut self, account: AccountId, now: Timestamp, term: LeaseTerm, limit: u16) -> Result<Vec<Job>, StoreError>;

    /// Removes jobs that ended before `before`, the oldest first, and tells how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn prune(&mut self, account: AccountId, before: Timestamp, limit: u16) -> Result<RowCount, StoreError>;

    /// When the first of the jobs of these actions that wait is due, in all accounts together.
    ///
    /// # Errors
    /// [`StoreError`].
    fn next_due(&mut self, actions: Actions) -> Result<Option<Timestamp>, StoreError>;

    /// How much work there is in all accounts together.
    ///
    /// # Errors
    /// [`StoreError`].
    fn depth(&mut self) -> Result<QueueDepth, StoreError>;
}
