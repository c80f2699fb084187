//! The store of jobs. Every change of an existing job is conditional: it names the state in which it expects the job. A change
//! by a worker names the worker's lease too.

use std::collections::HashMap;

use derslik_domain::id::{AccountId, JobId, ProjectId};
use derslik_domain::job::{
    Actions, Job, JobCounts, JobFilter, LeaseTerm, LeaseToken, NewJob, Progress, ProjectKey, ShownJob, UnknownJob, WorkerId,
};
use derslik_domain::page::{OffsetPage, Page, PageRequest};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;

use super::StoreError;

/// The outcome of creating a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enqueued {
    /// The job was created.
    Created(Job),
    /// This live job of the same project, action and reference existed already.
    Live(Job),
}

impl Enqueued {
    /// The job, new or existing.
    pub fn into_job(self) -> Job {
        match self {
            Self::Created(job) | Self::Live(job) => job,
        }
    }
}

/// A job as clients name it: the key of a project, and an id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobOfProject {
    /// The key of the project.
    pub project: ProjectKey,
    /// The id of the job.
    pub job: JobId,
}

/// The request of a worker for due jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The worker.
    pub worker: WorkerId,
    /// The token of the lease that it gets.
    pub token: LeaseToken,
    /// The length of the lease.
    pub term: LeaseTerm,
    /// The time of the claim, from which the lease runs.
    pub at: Timestamp,
    /// The actions that it has handlers for. Jobs of other actions stay in the queue; a newer program may have created them.
    pub actions: Actions,
    /// The most jobs to claim.
    pub limit: u16,
}

/// A job and the lease token by which a worker holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeldJob {
    /// The job.
    pub job: JobId,
    /// The token of the lease.
    pub token: LeaseToken,
}

/// The completion of one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    /// The job and the worker's lease token.
    pub held: HeldJob,
    /// The result; `None` keeps the stored progress.
    pub result: Option<Progress>,
}

/// The outcome of an exchange with a worker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exchanged {
    /// The completed jobs whose lease the worker still held. The others were not changed.
    pub completed: Vec<HeldJob>,
    /// The jobs that the worker claimed.
    pub claimed: Vec<Job>,
}

/// The depth of the queue of all accounts together. At most 10 000 jobs of each state are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueDepth {
    /// The number of jobs that wait for their due time or for a worker.
    pub scheduled: u64,
    /// The number of jobs that run.
    pub running: u64,
    /// When the first of the waiting jobs is due.
    pub next_due: Option<Timestamp>,
}

/// Stores the jobs of every account. Methods skip jobs of actions that this program does not know, unless their documentation
/// says otherwise.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait JobRepository {
    /// Creates a job, unless there is a live one for the same project, action and reference. A job that is due at once wakes
    /// the workers when the unit of work has committed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn enqueue(&mut self, account: AccountId, job: &NewJob) -> Result<Enqueued, StoreError>;

    /// As [`enqueue`](Self::enqueue) for any number of jobs. On PostgreSQL the number of statements does not grow with it.
    /// Returns how many were created.
    ///
    /// # Errors
    /// [`StoreError`].
    fn enqueue_many(&mut self, account: AccountId, jobs: &[NewJob]) -> Result<usize, StoreError>;

    /// One job.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, account: AccountId, id: JobId) -> Result<Option<Job>, StoreError>;

    /// One job of a project, in the form that clients see, in one statement.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_shown(&mut self, account: AccountId, job: &JobOfProject) -> Result<Option<ShownJob>, StoreError>;

    /// As [`find_shown`](Self::find_shown) for many jobs, in one statement on PostgreSQL. Missing jobs are left out.
    ///
    /// # Errors
    /// [`StoreError`], also if a single one of them can't be read.
    fn find_many_shown(&mut self, account: AccountId, jobs: &[JobOfProject]) -> Result<HashMap<JobOfProject, ShownJob>, StoreError>;

    /// One job, locked against other writers until the transaction ends.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock(&mut self, account: AccountId, id: JobId) -> Result<Option<Job>, StoreError>;

    /// A page of the jobs of a project, or without one of all jobs of the account, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self, account: AccountId, project: Option<ProjectId>, page: PageRequest<JobId>) -> Result<Vec<Job>, StoreError>;

    /// A page of the jobs of a project in the form that clients see, ordered by id. What this form does not need is not read. A page of
    /// long texts ends early.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_shown(&mut self, account: AccountId, project: ProjectId, page: PageRequest<JobId>) -> Result<Page<ShownJob>, StoreError>;

    /// A page of the jobs of a project in the form that clients see, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_newest(&mut self, account: AccountId, project: ProjectId, page: OffsetPage) -> Result<Vec<ShownJob>, StoreError>;

    /// A page of the jobs of an account that match the filter, the newest first: at most `size` of those with ids below `before`. Its
    /// cost does not grow with the number of jobs, since at most [`JobFilter::LOOKED_AT`] of them are looked at. Running jobs may be sought
    /// among as many live jobs of each action, those that are due first. A job that can't be read is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    fn search(&mut self, account: AccountId, filter: &JobFilter, before: Option<JobId>, size: u32) -> Result<Page<Job>, StoreError>;

    /// The counts of the jobs of an account by their state. Of completed jobs, only those among the newest [`JobFilter::LOOKED_AT`] jobs
    /// are counted, and so are cancelled and failed ones among the newest of them. Running jobs are sought as [`search`](Self::search)
    /// seeks them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count_by_status(&mut self, account: AccountId) -> Result<JobCounts, StoreError>;

    /// The waiting jobs of these actions that are due first: at most `limit` of them, the earliest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn upcoming(&mut self, account: AccountId, actions: Actions, limit: u32) -> Result<Vec<Job>, StoreError>;

    /// Jobs of actions that this program does not know, ordered by id: at most `limit` of those after `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_unknown(&mut self, account: AccountId, page: PageRequest<JobId>) -> Result<Vec<UnknownJob>, StoreError>;

    /// Overwrites the job of the same id by `after` if it has the status and the lease of `before`. Returns whether it did.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if this makes the job live while there is another live one of the same project, action and
    /// reference.
    fn replace(&mut self, account: AccountId, before: &Job, after: &Job) -> Result<bool, StoreError>;

    /// The accounts that have due jobs of these actions, the one that waits longest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn accounts_with_due(&mut self, now: Timestamp, actions: Actions, limit: u16) -> Result<Vec<AccountId>, StoreError>;

    /// Claims due jobs for a worker, as [`Event::Claim`](derslik_domain::job::Event::Claim) says. The smallest priority comes
    /// first, and within it the earliest due time. Jobs that another transaction has locked are skipped.
    ///
    /// # Errors
    /// [`StoreError`].
    fn claim(&mut self, account: AccountId, claim: &Claim) -> Result<Vec<Job>, StoreError>;

    /// Extends leases to `until`, and returns those that the worker still held.
    ///
    /// # Errors
    /// [`StoreError`].
    fn renew(&mut self, account: AccountId, held: &[HeldJob], until: Timestamp) -> Result<Vec<HeldJob>, StoreError>;

    /// Completes jobs, as [`Event::Succeed`](derslik_domain::job::Event::Succeed) says. Returns those whose lease the worker
    /// still held; the others were not changed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn complete_many(&mut self, account: AccountId, done: &[Completion], at: Timestamp) -> Result<Vec<HeldJob>, StoreError>;

    /// [`complete_many`](Self::complete_many) and [`claim`](Self::claim), which a busy worker repeats all the time. On
    /// PostgreSQL it is one statement.
    ///
    /// # Errors
    /// [`StoreError`].
    fn exchange(&mut self, account: AccountId, done: &[Completion], claim: &Claim) -> Result<Exchanged, StoreError>;

    /// The accounts that may have jobs whose lease has ended. One without such jobs is not named again once
    /// [`lock_expired`](Self::lock_expired) has found none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn accounts_with_expired(&mut self, now: Timestamp, term: LeaseTerm) -> Result<Vec<AccountId>, StoreError>;

    /// Jobs of known actions whose lease has ended, locked against other writers until the transaction ends. Jobs that another
    /// transaction has locked are skipped.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock_expired(&mut self, account: AccountId, now: Timestamp, term: LeaseTerm, limit: u16) -> Result<Vec<Job>, StoreError>;

    /// Lets [`lock_expired`](Self::lock_expired) find running jobs that it does not find otherwise: those that a worker of an older program
    /// has claimed, and those of a restored backup. It reads all live jobs of all accounts, so it is for rare calls. Returns how many
    /// claims had such jobs.
    ///
    /// # Errors
    /// [`StoreError`].
    fn adopt_running(&mut self) -> Result<RowCount, StoreError>;

    /// Removes jobs that ended before `before`, in the order of their ids, and returns how many. Jobs of unknown actions are
    /// removed as well.
    ///
    /// # Errors
    /// [`StoreError`].
    fn prune(&mut self, account: AccountId, before: Timestamp, limit: u16) -> Result<RowCount, StoreError>;

    /// When the first waiting job of these actions is due, in all accounts together.
    ///
    /// # Errors
    /// [`StoreError`].
    fn next_due(&mut self, actions: Actions) -> Result<Option<Timestamp>, StoreError>;

    /// The depth of the queue of all accounts together, in one statement. Jobs of unknown actions are counted as well.
    ///
    /// # Errors
    /// [`StoreError`].
    fn depth(&mut self) -> Result<QueueDepth, StoreError>;
}
