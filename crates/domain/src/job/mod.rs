//! Background work: jobs, their states, and the events that change them.
//!
//! | file | what it decides |
//! |---|---|
//! | `action` | the actions of jobs, and the reference of each job |
//! | `state` | the states of a job, and the events that each one accepts |
//! | `lease` | which worker may run a job, and for how long |
//! | `retry` | whether and when a failed job is tried again |
//! | `schedule` | when a job may start |
//! | `erasure` | the steps and the progress of erasing a user |
//! | `erasures` | the erasure of many users by one job |
//! | `project` | the projects under which jobs are listed |
//! | `filter` | the jobs that a search is about, and counts by state |
//!
//! Storing, running and requesting jobs is left to other crates.

mod action;
mod erasure;
mod erasures;
mod filter;
mod lease;
mod project;
mod retry;
mod schedule;
mod state;

use crate::id::{JobId, ProjectId};
use crate::rows::RowCount;
use crate::time::Timestamp;
use crate::trace::TraceParent;

pub use action::{Action, Actions, Priority, Pruning, ReferenceId};
pub use erasure::{ErasureCounts, ErasureKind, ErasureProgress, ErasureStep, Pass};
pub use erasures::{ErasedUser, ErasureUsers, ErasureUsersError, ErasuresProgress, UserPlace};
pub use filter::{Count, JobCounts, JobFilter};
pub use lease::{Lease, LeaseTerm, LeaseTermError, LeaseToken, WorkerId};
pub use project::{NewProject, Platform, Project, ProjectField, ProjectForm, ProjectFormError, ProjectKey, ProjectKeyError, ProjectName};
pub use retry::{Attempts, FailedAttempt, Failure, FailureReason, FailureText, Jitter, Retry, RetryPolicy, RetryPolicyError};
pub use schedule::next_utc_midnight;
pub use state::{Ended, Event, EventKind, Fact, JobState, JobStatus, Run, Transition, TransitionError};

/// A unit of background work with a state machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Job {
    /// Its id within the account.
    pub id: JobId,
    /// The project that lists it; `None` for a job that the service asks for itself.
    pub project: Option<ProjectId>,
    /// Its action.
    pub action: Action,
    /// The reference to its subject.
    pub reference: ReferenceId,
    /// When it may start at the earliest. The attempts after the first may be due later.
    pub start_at: Timestamp,
    /// Its state.
    pub state: JobState,
    /// Its progress; once it is completed, its result.
    pub progress: Option<Progress>,
    /// The attempts that failed.
    pub failures: Failures,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it changed last. A heartbeat does not count as a change.
    pub updated_at: Timestamp,
    /// The step of a trace that asked for it. It never changes.
    #[cfg_attr(feature = "serde", serde(default))]
    pub trace: Option<TraceParent>,
}

/// The part of a job that clients are shown, without the fields that only workers need.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ShownJob {
    /// Its id within the account.
    pub id: JobId,
    /// The project that lists it.
    pub project: Option<ProjectId>,
    /// Its action.
    pub action: Action,
    /// The reference to its subject.
    pub reference: ReferenceId,
    /// Its status.
    pub status: JobStatus,
    /// When it may start at the earliest.
    pub start_at: Timestamp,
    /// The text of the last attempt that failed.
    pub last_error: Option<FailureText>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

impl From<Job> for ShownJob {
    fn from(job: Job) -> Self {
        Self {
            status: job.status(),
            id: job.id,
            project: job.project,
            action: job.action,
            reference: job.reference,
            start_at: job.start_at,
            last_error: job.failures.last().map(|failed| failed.failure.text.clone()),
            created_at: job.created_at,
            updated_at: job.updated_at,
        }
    }
}

/// A stored job of an action that this program does not know, because a newer program created it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UnknownJob {
    /// The id within the account.
    pub id: JobId,
    /// The project to which it belongs.
    pub project: Option<ProjectId>,
    /// The name of the action.
    pub action: String,
    /// The reference: the object of the action.
    pub reference: String,
    /// The name of its status, which may be a new one too.
    pub status: String,
    /// When it is or was due.
    pub due_at: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// The progress of a job, in the terms of its action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Progress {
    /// The number of rows that a sweep has processed.
    Rows(RowCount),
    /// The erasure of a user.
    Erasure(ErasureProgress),
    /// The erasure of many users.
    Erasures(ErasuresProgress),
}

/// The attempts of a job that failed, oldest first: the last [`Failures::MAX`] of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failures(Vec<FailedAttempt>);

impl Failures {
    /// The most attempts that are kept. No policy allows more, but operators may retry a failed job again and again.
    pub const MAX: usize = 50;

    /// The last of them.
    pub fn last(&self) -> Option<&FailedAttempt> {
        self.0.last()
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &FailedAttempt> + ExactSizeIterator {
        self.0.iter()
    }

    fn push(&mut self, failed: FailedAttempt) {
        if self.0.len() >= Self::MAX {
            self.0.drain(..=self.0.len() - Self::MAX);
        }
        self.0.push(failed);
    }
}

impl FromIterator<FailedAttempt> for Failures {
    fn from_iter<I: IntoIterator<Item = FailedAttempt>>(attempts: I) -> Self {
        let mut failures = Self::default();
        attempts.into_iter().for_each(|failed| failures.push(failed));
        failures
    }
}

/// A job to create.
///
/// ```
/// use derslik_domain::id::{JobId, ProjectId};
/// use derslik_domain::job::{JobStatus, NewJob, ReferenceId};
/// use derslik_domain::time::Timestamp;
///
/// let created: Timestamp = "2021-06-17T09:09:15.277Z".parse()?;
/// let job = NewJob::delete_user_data(ProjectId::new(1), ReferenceId::new("shekar@example.com")?, created).into_job(JobId::new(3451));
/// assert_eq!(job.status(), JobStatus::Scheduled);
/// assert_eq!(job.start_at, "2021-06-18T00:00:00Z".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NewJob {
    #[cfg_attr(feature = "serde", serde(skip))]
    id: Option<JobId>,
    project: Option<ProjectId>,
    action: Action,
    reference: ReferenceId,
    start_at: Timestamp,
    created_at: Timestamp,
    trace: Option<TraceParent>,
}

impl NewJob {
    /// The erasure of everything about a user, named by any of the user's ids. It starts at the next midnight UTC, so that a
    /// mistake can be cancelled.
    pub fn delete_user_data(project: ProjectId, user: ReferenceId, created_at: Timestamp) -> Self {
        let start_at = next_utc_midnight(created_at);
        Self { project: Some(project), ..Self::internal(Action::DeleteUserData, user, start_at, created_at) }
    }

    /// The erasure of everything about many users, each named by any of the user's ids. It starts at the next midnight UTC, as that
    /// of one user does. The reference stands for the list of users, which is stored beside the job.
    pub fn delete_users_data(project: ProjectId, list: ReferenceId, created_at: Timestamp) -> Self {
        let start_at = next_utc_midnight(created_at);
        Self { project: Some(project), ..Self::internal(Action::DeleteUsersData, list, start_at, created_at) }
    }

    /// The assignment of a calendar to a course, at once.
    pub fn assign_calendar_id(course: ReferenceId, created_at: Timestamp) -> Self {
        Self::internal(Action::AssignCalendarId, course, created_at, created_at)
    }

    /// A sweep over the sessions of the account that have ended, from `start_at` on.
    pub fn expire_sessions(start_at: Timestamp, created_at: Timestamp) -> Self {
        Self::internal(Action::ExpireSessions, ReferenceId::none(), start_at, created_at)
    }

    /// A sweep over the sessions of the account that are not indexed yet, from `start_at` on.
    pub fn index_sessions(start_at: Timestamp, created_at: Timestamp) -> Self {
        Self::internal(Action::IndexSessions, ReferenceId::none(), start_at, created_at)
    }

    /// A sweep over rows that have outlived their retention, from `start_at` on.
    pub fn prune(what: Pruning, start_at: Timestamp, created_at: Timestamp) -> Self {
        Self::internal(Action::Prune, what.reference(), start_at, created_at)
    }

    /// A sweep over the audit records of the account that have no seal yet, from `start_at` on.
    pub fn seal_audit(start_at: Timestamp, created_at: Timestamp) -> Self {
        Self::internal(Action::SealAudit, ReferenceId::none(), start_at, created_at)
    }

    /// A sweep over the audit records of the account that have outlived their retention, from `start_at` on.
    pub fn prune_audit(start_at: Timestamp, created_at: Timestamp) -> Self {
        Self::internal(Action::PruneAudit, ReferenceId::none(), start_at, created_at)
    }

    /// A job of no project, and of no trace.
    fn internal(action: Action, reference: ReferenceId, start_at: Timestamp, created_at: Timestamp) -> Self {
        Self { id: None, project: None, action, reference, start_at, created_at, trace: None }
    }

    /// The same job, with an id that was chosen for it.
    #[must_use]
    pub fn with_id(self, id: Option<JobId>) -> Self {
        Self { id, ..self }
    }

    /// The same job, asked for by a step of a trace, which the job continues.
    #[must_use]
    pub fn with_trace(self, trace: Option<TraceParent>) -> Self {
        Self { trace, ..self }
    }

    /// The same job, which starts at that instant.
    #[must_use]
    pub fn starting_at(self, start_at: Timestamp) -> Self {
        Self { start_at, ..self }
    }

    /// The id that was chosen for it. Without one, or if another job has it, the store counts one.
    pub const fn id(&self) -> Option<JobId> {
        self.id
    }

    /// The project that will list it.
    pub const fn project(&self) -> Option<ProjectId> {
        self.project
    }

    /// Its action.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// The reference to its subject.
    pub const fn reference(&self) -> &ReferenceId {
        &self.reference
    }

    /// When it may start at the earliest.
    pub const fn start_at(&self) -> Timestamp {
        self.start_at
    }

    /// When it was requested.
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// The step of a trace that asks for it.
    pub const fn trace(&self) -> Option<TraceParent> {
        self.trace
    }

    /// The job, once it has an id.
    pub fn into_job(self, id: JobId) -> Job {
        Job {
            id,
            project: self.project,
            action: self.action,
            reference: self.reference,
            start_at: self.start_at,
            state: JobState::scheduled(self.start_at),
            progress: None,
            failures: Failures::default(),
            created_at: self.created_at,
            updated_at: self.created_at,
            trace: self.trace,
        }
    }
}

impl Job {
    /// Its status.
    pub const fn status(&self) -> JobStatus {
        self.state.status()
    }

    /// Its priority among the jobs that are due.
    pub const fn priority(&self) -> Priority {
        self.action.priority()
    }

    /// The text of the last attempt that failed, even if a later one succeeded.
    pub fn last_error(&self) -> Option<&str> {
        self.failures.last().map(|failed| failed.failure.text.as_str())
    }

    /// The job after `event` at the instant `at`, and the fact to record.
    ///
    /// # Errors
    /// The [`TransitionError`] of [`JobState::apply`].
    pub fn apply(mut self, event: Event, at: Timestamp) -> Result<(Self, Fact), TransitionError> {
        let Transition { state, fact } = self.state.apply(event, at)?;
        self.state = state;
        match &fact {
            Fact::Renewed => return Ok((self, fact)),
            Fact::Rescheduled { failed, ran: _ } | Fact::Failed { failed, ran: _ } => self.failures.push(failed.clone()),
            Fact::BroughtForward | Fact::Retried => self.start_at = self.start_at.min(at),
            Fact::Claimed { .. } | Fact::Completed { .. } | Fact::Released { .. } | Fact::Cancelled { .. } => {}
        }
        self.touch(at);
        Ok((self, fact))
    }

    /// The job after its worker has reached `progress`. Recording progress is also a heartbeat.
    ///
    /// # Errors
    /// [`TransitionError::LeaseLost`] if the worker no longer holds the lease.
    pub fn progressed(mut self, token: LeaseToken, term: LeaseTerm, progress: Progress, at: Timestamp) -> Result<Self, TransitionError> {
        self.state = self.state.apply(Event::Heartbeat { token, term }, at)?.state;
        self.progress = Some(progress);
        self.touch(at);
        Ok(self)
    }

    /// Sets the time of the last change, unless the clock was set back since.
    fn touch(&mut self, at: Timestamp) {
        self.updated_at = self.updated_at.max(at);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn token() -> LeaseToken {
        LeaseToken::new(Uuid::from_u128(7))
    }

    fn claim() -> Event {
        Event::Claim { worker: WorkerId::new(Uuid::from_u128(1)), token: token(), term: LeaseTerm::DEFAULT }
    }

    fn fail(text: &str) -> Event {
        let failure = Failure::new(FailureReason::Transient, text);
        Event::Fail { token: token(), failure, retry: RetryPolicy::DEFAULT, jitter: Jitter::NONE }
    }

    fn fail_for_good() -> Event {
        let failure = Failure::new(FailureReason::Permanent, "never again");
        Event::Fail { token: token(), failure, retry: RetryPolicy::DEFAULT, jitter: Jitter::NONE }
    }

    fn erasure() -> Job {
        let user = ReferenceId::new("mehdi@okul.example").unwrap();
        NewJob::delete_user_data(ProjectId::new(1), user, at("2021-06-17T07:09:15.277Z")).into_job(JobId::new(3_451))
    }

    /// The erasure after a worker claimed it at midnight.
    fn running() -> Job {
        erasure().apply(claim(), at("2021-06-18T00:00:00Z")).unwrap().0
    }

    #[test]
    fn the_erasure_of_a_user_waits_for_midnight_in_the_list_of_its_project() {
        let job = erasure();
        assert_eq!((job.project, job.action), (Some(ProjectId::new(1)), Action::DeleteUserData));
        assert_eq!(job.start_at, at("2021-06-18T00:00:00Z"));
        assert_eq!(job.state, JobState::scheduled(job.start_at));
        assert_eq!((job.created_at, job.updated_at), (at("2021-06-17T07:09:15.277Z"), at("2021-06-17T07:09:15.277Z")));
        assert_eq!((job.last_error(), job.progress), (None, None));
    }

    #[test]
    fn the_erasure_of_many_users_waits_for_midnight_as_well() {
        let job = NewJob::delete_users_data(ProjectId::new(1), ReferenceId::new("a list").unwrap(), at("2021-06-17T07:09:15.277Z"));
        assert_eq!((job.project(), job.action(), job.reference().as_str()), (Some(ProjectId::new(1)), Action::DeleteUsersData, "a list"));
        assert_eq!(job.start_at(), at("2021-06-18T00:00:00Z"));
    }

    #[test]
    fn internal_jobs_belong_to_no_project() {
        let (now, later) = (at("2025-01-01T10:00:00Z"), at("2025-01-02T00:00:00Z"));
        let course = ReferenceId::new("42").unwrap();
        for (job, action, reference, start_at) in [
            (NewJob::assign_calendar_id(course, now), Action::AssignCalendarId, "42", now),
            (NewJob::expire_sessions(later, now), Action::ExpireSessions, "", later),
            (NewJob::index_sessions(later, now), Action::IndexSessions, "", later),
            (NewJob::seal_audit(later, now), Action::SealAudit, "", later),
            (NewJob::prune(Pruning::EndedJobs, later, now), Action::Prune, "ended_jobs", later),
            (NewJob::prune_audit(later, now), Action::PruneAudit, "", later),
        ] {
            assert_eq!((job.project(), job.action(), job.reference().as_str()), (None, action, reference));
            assert_eq!((job.start_at(), job.created_at()), (start_at, now));
        }
    }

    #[test]
    fn a_job_keeps_the_trace_that_asked_for_it() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().ok();
        let course = ReferenceId::new("42").unwrap();
        let job = NewJob::assign_calendar_id(course, at("2025-01-01T10:00:00Z")).with_trace(trace);
        assert!(trace.is_some() && job.trace() == trace);
        let (job, _) = job.into_job(JobId::new(1)).apply(claim(), at("2025-01-01T10:00:01Z")).unwrap();
        assert_eq!((job.trace, erasure().trace), (trace, None));
    }

    #[test]
    fn a_heartbeat_is_no_change_and_progress_is_one() {
        let (now, later) = (at("2021-06-18T00:00:05Z"), at("2021-06-18T00:00:09Z"));
        let heartbeat = Event::Heartbeat { token: token(), term: LeaseTerm::DEFAULT };
        let (renewed, fact) = running().apply(heartbeat, now).unwrap();
        assert_eq!((fact, renewed.updated_at), (Fact::Renewed, at("2021-06-18T00:00:00Z")));
        let progress = Progress::Rows(RowCount::new(1_000));
        let progressed = renewed.progressed(token(), LeaseTerm::DEFAULT, progress, later).unwrap();
        assert_eq!((progressed.updated_at, progressed.progress), (later, Some(progress)));
        let JobState::Running(run) = progressed.state else { panic!("{:?}", progressed.state) };
        assert_eq!(run.lease.until, at("2021-06-18T00:00:24Z"));
    }

    #[test]
    fn a_worker_whose_job_was_cancelled_can_not_write_its_progress() {
        let (cancelled, _) = running().apply(Event::Cancel, at("2021-06-18T00:00:01Z")).unwrap();
        let refused = cancelled.progressed(token(), LeaseTerm::DEFAULT, Progress::Rows(RowCount::new(1)), at("2021-06-18T00:00:02Z"));
        assert_eq!(refused, Err(TransitionError::LeaseLost { status: JobStatus::Cancelled }));
    }

    #[test]
    fn every_failure_is_kept_and_the_last_one_is_shown_even_after_a_success() {
        let (job, _) = running().apply(fail("first"), at("2021-06-18T00:00:01Z")).unwrap();
        let (job, _) = job.apply(claim(), at("2021-06-18T00:00:16Z")).unwrap();
        let (job, _) = job.apply(fail("second"), at("2021-06-18T00:00:17Z")).unwrap();
        let (job, _) = job.apply(claim(), at("2021-06-18T00:01:17Z")).unwrap();
        let (job, _) = job.apply(Event::Succeed { token: token() }, at("2021-06-18T00:01:18Z")).unwrap();
        let texts: Vec<_> = job.failures.iter().map(|failed| (failed.attempt.get(), failed.failure.text.as_str())).collect();
        assert_eq!(texts, [(1, "first"), (2, "second")]);
        assert_eq!((job.status(), job.last_error()), (JobStatus::Completed, Some("second")));
        assert_eq!(job.start_at, at("2021-06-18T00:00:00Z"));
    }

    #[test]
    fn a_history_keeps_the_last_failures_only() {
        let failed = |attempt| FailedAttempt {
            attempt: Attempts::new(attempt),
            at: at("2021-06-18T00:00:00Z"),
            failure: Failure::new(FailureReason::Panicked, "again"),
        };
        let failures: Failures = (1..=53).map(failed).collect();
        assert_eq!(failures.iter().len(), Failures::MAX);
        assert_eq!((failures.iter().next(), failures.last()), (Some(&failed(4)), Some(&failed(53))));
    }

    #[test]
    fn run_now_moves_the_start_that_is_shown() {
        let (job, fact) = erasure().apply(Event::RunNow, at("2021-06-17T12:00:00Z")).unwrap();
        assert_eq!((fact, job.start_at), (Fact::BroughtForward, at("2021-06-17T12:00:00Z")));
        assert_eq!(job.state, JobState::scheduled(job.start_at));
    }

    #[test]
    fn a_retry_by_an_operator_starts_at_once_even_if_the_clock_was_set_back() {
        let (failed, _) = running().apply(fail_for_good(), at("2021-06-18T00:00:05Z")).unwrap();
        let now = at("2021-06-17T23:30:00Z");
        let (job, fact) = failed.apply(Event::Retry, now).unwrap();
        assert_eq!((fact, job.start_at, job.state), (Fact::Retried, now, JobState::scheduled(now)));
        assert!(job.apply(claim(), now).is_ok());
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_make_a_job_older() {
        let (job, _) = running().apply(Event::Cancel, at("2021-06-17T23:00:00Z")).unwrap();
        assert_eq!(job.updated_at, at("2021-06-18T00:00:00Z"));
    }
}
