//! The state machine of a job. It depends neither on the action nor on the store.
//!
//! | from \ event | claim | succeed | fail, attempts left | fail, last attempt | cancel | lease expired |
//! |---|---|---|---|---|---|---|
//! | scheduled | running | – | – | – | cancelled | – |
//! | running | – | completed | scheduled | failed | cancelled | scheduled, or failed after the last attempt |
//! | failed | – | – | – | – | cancelled | – |
//! | completed, cancelled | – | – | – | – | refused | – |
//!
//! Besides, a worker renews the lease of a running job (heartbeat) or gives the job back unfinished (release). An operator
//! brings a start forward (run now) or gives a failed job a new set of attempts (retry).

use std::fmt;
use std::time::Duration;

use crate::time::Timestamp;

use super::lease::{Lease, LeaseTerm, LeaseToken, WorkerId};
use super::retry::{Attempts, FailedAttempt, Failure, FailureReason, Jitter, Retry, RetryPolicy};

/// The state of a job, with the data of that state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum JobState {
    /// Waiting for its time.
    Scheduled {
        /// When it is due.
        at: Timestamp,
        /// The attempts so far.
        attempts: Attempts,
    },
    /// Claimed by a worker.
    Running(Run),
    /// Cancelled before its start, during its run, or after it failed.
    Cancelled(Ended),
    /// Failed for good, or at the last attempt.
    Failed(Ended),
    /// Its work is done.
    Completed(Ended),
}

/// The data of a running job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Run {
    /// The right to run it.
    pub lease: Lease,
    /// When it was due. A released job takes its old place in the queue by it.
    pub due: Timestamp,
    /// When this attempt started.
    pub started_at: Timestamp,
    /// Which attempt this is, from 1.
    pub attempt: Attempts,
}

/// The data of a job that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ended {
    /// When it ended.
    pub at: Timestamp,
    /// The attempts that it took.
    pub attempts: Attempts,
}

/// The state of a job without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum JobStatus {
    /// Waiting for its time.
    Scheduled,
    /// Claimed by a worker.
    Running,
    /// Cancelled.
    Cancelled,
    /// Failed for good, or at the last attempt.
    Failed,
    /// Its work is done.
    Completed,
}

impl JobStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Scheduled, Self::Running, Self::Cancelled, Self::Failed, Self::Completed];

    /// The name by which the status is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Running => "running",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Completed => "completed",
        }
    }

    /// The status of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An event in the life of a job. Events with a token come from the worker that holds the lease, and only from it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Event {
    /// A worker claims the job.
    Claim {
        /// The worker.
        worker: WorkerId,
        /// The token that will prove its lease.
        token: LeaseToken,
        /// The term of the lease.
        term: LeaseTerm,
    },
    /// The worker is still running the job.
    Heartbeat {
        /// The proof.
        token: LeaseToken,
        /// The term of the lease from now on.
        term: LeaseTerm,
    },
    /// The work is done.
    Succeed {
        /// The proof.
        token: LeaseToken,
    },
    /// The attempt failed.
    Fail {
        /// The proof.
        token: LeaseToken,
        /// The reason and the text.
        failure: Failure,
        /// The policy that decides on another attempt.
        retry: RetryPolicy,
        /// Random jitter for the delay.
        jitter: Jitter,
    },
    /// The worker stops and gives the job back unfinished; the attempt does not count.
    Release {
        /// The proof.
        token: LeaseToken,
    },
    /// A client or an operator cancels the job.
    Cancel,
    /// A rescuer found that the lease has ended.
    LeaseExpired {
        /// The term of leases.
        term: LeaseTerm,
        /// The policy that decides on another attempt.
        retry: RetryPolicy,
    },
    /// An operator brings the start forward to now.
    RunNow,
    /// An operator gives a failed job a new set of attempts.
    Retry,
}

/// The kind of an event, without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum EventKind {
    /// [`Event::Claim`].
    Claim,
    /// [`Event::Heartbeat`].
    Heartbeat,
    /// [`Event::Succeed`].
    Succeed,
    /// [`Event::Fail`].
    Fail,
    /// [`Event::Release`].
    Release,
    /// [`Event::Cancel`].
    Cancel,
    /// [`Event::LeaseExpired`].
    LeaseExpired,
    /// [`Event::RunNow`].
    RunNow,
    /// [`Event::Retry`].
    Retry,
}

impl EventKind {
    /// Every kind of event.
    pub const ALL: [Self; 9] = [
        Self::Claim,
        Self::Heartbeat,
        Self::Succeed,
        Self::Fail,
        Self::Release,
        Self::Cancel,
        Self::LeaseExpired,
        Self::RunNow,
        Self::Retry,
    ];

    /// The name of the kind in logs and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Heartbeat => "heartbeat",
            Self::Succeed => "succeed",
            Self::Fail => "fail",
            Self::Release => "release",
            Self::Cancel => "cancel",
            Self::LeaseExpired => "lease expired",
            Self::RunNow => "run now",
            Self::Retry => "retry",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Event {
    /// The kind of the event.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Claim { .. } => EventKind::Claim,
            Self::Heartbeat { .. } => EventKind::Heartbeat,
            Self::Succeed { .. } => EventKind::Succeed,
            Self::Fail { .. } => EventKind::Fail,
            Self::Release { .. } => EventKind::Release,
            Self::Cancel => EventKind::Cancel,
            Self::LeaseExpired { .. } => EventKind::LeaseExpired,
            Self::RunNow => EventKind::RunNow,
            Self::Retry => EventKind::Retry,
        }
    }
}

/// The result of an event: the new state, and the fact to record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Transition {
    /// The new state.
    pub state: JobState,
    /// The fact to record.
    pub fact: Fact,
}

/// A fact about a job. A rescue is a failure with the reason [`FailureReason::LeaseExpired`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Fact {
    /// A worker claimed it.
    Claimed {
        /// How long it had been due.
        waited: Duration,
    },
    /// Its lease was renewed.
    Renewed,
    /// Its work was completed.
    Completed {
        /// How long the last attempt ran.
        ran: Duration,
    },
    /// An attempt failed, and there will be another.
    Rescheduled {
        /// The entry for the history.
        failed: FailedAttempt,
        /// How long the attempt ran.
        ran: Duration,
    },
    /// The last attempt failed, or one failed for good.
    Failed {
        /// The entry for the history.
        failed: FailedAttempt,
        /// How long the attempt ran.
        ran: Duration,
    },
    /// It was released unfinished.
    Released {
        /// How long the attempt ran.
        ran: Duration,
    },
    /// It was cancelled.
    Cancelled {
        /// Its status before.
        was: JobStatus,
    },
    /// Its start was brought forward.
    BroughtForward,
    /// It got a new set of attempts.
    Retried,
}

/// Why an event changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum TransitionError {
    /// The job is not due yet.
    #[error("not due yet")]
    NotDue {
        /// When it is due.
        due: Timestamp,
    },
    /// The worker no longer holds the lease: the job ended, was rescued, or is with another worker. The status `Cancelled`
    /// tells the worker that its job was cancelled.
    #[error("the lease is lost, the job is {status}")]
    LeaseLost {
        /// The status of the job.
        status: JobStatus,
    },
    /// The lease has not ended.
    #[error("the lease still holds")]
    LeaseHolds {
        /// When it will end unless it is renewed.
        until: Timestamp,
    },
    /// A job with this status does not accept the event.
    #[error("a {status} job takes no {event}")]
    Refused {
        /// The status of the job.
        status: JobStatus,
        /// The event.
        event: EventKind,
    },
}

impl JobState {
    /// A job that waits for its first attempt.
    pub const fn scheduled(at: Timestamp) -> Self {
        Self::Scheduled { at, attempts: Attempts::NONE }
    }

    /// The state without its data.
    pub const fn status(&self) -> JobStatus {
        match self {
            Self::Scheduled { .. } => JobStatus::Scheduled,
            Self::Running(_) => JobStatus::Running,
            Self::Cancelled(_) => JobStatus::Cancelled,
            Self::Failed(_) => JobStatus::Failed,
            Self::Completed(_) => JobStatus::Completed,
        }
    }

    /// The attempts so far, a running one included.
    pub const fn attempts(&self) -> Attempts {
        match self {
            Self::Scheduled { attempts, .. } => *attempts,
            Self::Running(run) => run.attempt,
            Self::Cancelled(ended) | Self::Failed(ended) | Self::Completed(ended) => ended.attempts,
        }
    }

    /// The state of the job after `event` at the instant `at`.
    ///
    /// A worker with an expired lease may still commit as long as no other event took the job from it: the token decides,
    /// not the clock.
    ///
    /// ```
    /// use derslik_domain::job::{Event, JobState, JobStatus, LeaseTerm, LeaseToken, TransitionError, WorkerId};
    /// use derslik_domain::time::Timestamp;
    /// use uuid::Uuid;
    ///
    /// let due = Timestamp::from_micros(1_000);
    /// let token = LeaseToken::new(Uuid::from_u128(7));
    /// let claim = Event::Claim { worker: WorkerId::new(Uuid::from_u128(1)), token, term: LeaseTerm::DEFAULT };
    ///
    /// let running = JobState::scheduled(due).apply(claim, due)?.state;
    /// let cancelled = running.apply(Event::Cancel, due)?.state;
    /// // The worker comes too late: what was cancelled stays cancelled.
    /// let late = cancelled.apply(Event::Succeed { token }, due);
    /// assert_eq!(late, Err(TransitionError::LeaseLost { status: JobStatus::Cancelled }));
    /// # Ok::<(), TransitionError>(())
    /// ```
    ///
    /// # Errors
    /// The [`TransitionError`]; the state has not changed then.
    pub fn apply(self, event: Event, at: Timestamp) -> Result<Transition, TransitionError> {
        let (status, kind) = (self.status(), event.kind());
        match (self, event) {
            (Self::Scheduled { at: due, attempts }, Event::Claim { worker, token, term }) => {
                claim(due, attempts, Lease { token, worker, until: term.end(at) }, at)
            }
            (Self::Scheduled { at: due, attempts }, Event::RunNow) => {
                Ok(Transition { state: Self::Scheduled { at: due.min(at), attempts }, fact: Fact::BroughtForward })
            }
            (Self::Running(run), Event::Heartbeat { token, term }) => Ok(run.held_by(token)?.renewed(term, at)),
            (Self::Running(run), Event::Succeed { token }) => Ok(run.held_by(token)?.succeeded(at)),
            (Self::Running(run), Event::Fail { token, failure, retry, jitter }) => {
                Ok(run.held_by(token)?.failed(failure, retry, jitter, at))
            }
            (Self::Running(run), Event::Release { token }) => Ok(run.held_by(token)?.released(at)),
            (Self::Running(run), Event::LeaseExpired { term, retry }) => run.expired(term, retry, at),
            (state @ (Self::Scheduled { .. } | Self::Running(_) | Self::Failed(_)), Event::Cancel) => {
                let ended = Ended { at, attempts: state.attempts() };
                Ok(Transition { state: Self::Cancelled(ended), fact: Fact::Cancelled { was: status } })
            }
            (Self::Failed(_), Event::Retry) => Ok(Transition { state: Self::scheduled(at), fact: Fact::Retried }),
            (
                Self::Scheduled { .. } | Self::Cancelled(_) | Self::Failed(_) | Self::Completed(_),
                Event::Heartbeat { .. } | Event::Succeed { .. } | Event::Fail { .. } | Event::Release { .. },
            ) => Err(TransitionError::LeaseLost { status }),
            (Self::Running(_) | Self::Cancelled(_) | Self::Failed(_) | Self::Completed(_), Event::Claim { .. } | Event::RunNow)
            | (Self::Scheduled { .. } | Self::Cancelled(_) | Self::Failed(_) | Self::Completed(_), Event::LeaseExpired { .. })
            | (Self::Scheduled { .. } | Self::Running(_) | Self::Cancelled(_) | Self::Completed(_), Event::Retry)
            | (Self::Cancelled(_) | Self::Completed(_), Event::Cancel) => Err(TransitionError::Refused { status, event: kind }),
        }
    }
}

fn claim(due: Timestamp, attempts: Attempts, lease: Lease, at: Timestamp) -> Result<Transition, TransitionError> {
    if at < due {
        return Err(TransitionError::NotDue { due });
    }
    let run = Run { lease, due, started_at: at, attempt: attempts.next() };
    Ok(Transition { state: JobState::Running(run), fact: Fact::Claimed { waited: at.since(due) } })
}

impl Run {
    /// The run, if `token` proves its lease.
    fn held_by(self, token: LeaseToken) -> Result<Self, TransitionError> {
        if self.lease.token == token { Ok(self) } else { Err(TransitionError::LeaseLost { status: JobStatus::Running }) }
    }

    fn renewed(self, term: LeaseTerm, at: Timestamp) -> Transition {
        let lease = Lease { until: term.end(at), ..self.lease };
        Transition { state: JobState::Running(Self { lease, ..self }), fact: Fact::Renewed }
    }

    fn succeeded(self, at: Timestamp) -> Transition {
        let ended = Ended { at, attempts: self.attempt };
        Transition { state: JobState::Completed(ended), fact: Fact::Completed { ran: at.since(self.started_at) } }
    }

    fn failed(self, failure: Failure, retry: RetryPolicy, jitter: Jitter, at: Timestamp) -> Transition {
        let ran = at.since(self.started_at);
        let next = retry.decide(self.attempt, failure.reason, jitter);
        let failed = FailedAttempt { attempt: self.attempt, at, failure };
        match next {
            // The next attempt is never due before this one was, even if the clock was set back during the run.
            Retry::After(delay) => Transition {
                state: JobState::Scheduled { at: self.due.max(at.plus(delay)), attempts: self.attempt },
                fact: Fact::Rescheduled { failed, ran },
            },
            Retry::Never => {
                Transition { state: JobState::Failed(Ended { at, attempts: self.attempt }), fact: Fact::Failed { failed, ran } }
            }
        }
    }

    fn released(self, at: Timestamp) -> Transition {
        let state = JobState::Scheduled { at: self.due, attempts: self.attempt.taken_back() };
        Transition { state, fact: Fact::Released { ran: at.since(self.started_at) } }
    }

    fn expired(self, term: LeaseTerm, retry: RetryPolicy, at: Timestamp) -> Result<Transition, TransitionError> {
        if term.holds(self.lease.until, at) {
            return Err(TransitionError::LeaseHolds { until: self.lease.until });
        }
        let failure = Failure::new(FailureReason::LeaseExpired, "the worker was not heard of until its lease ended");
        Ok(self.failed(failure, retry, Jitter::NONE, at))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const TERM: LeaseTerm = LeaseTerm::DEFAULT;
    const RETRY: RetryPolicy = RetryPolicy::DEFAULT;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn token(number: u128) -> LeaseToken {
        LeaseToken::new(Uuid::from_u128(number))
    }

    fn worker() -> WorkerId {
        WorkerId::new(Uuid::from_u128(1))
    }

    fn failure(reason: FailureReason) -> Failure {
        Failure::new(reason, "the database was away")
    }

    fn fail(number: u128, reason: FailureReason) -> Event {
        Event::Fail { token: token(number), failure: failure(reason), retry: RETRY, jitter: Jitter::NONE }
    }

    /// A run that was due at 100, was claimed with token 7 at 110, and whose lease ends at 125.
    fn run(attempt: u16) -> Run {
        let lease = Lease { token: token(7), worker: worker(), until: at(125) };
        Run { lease, due: at(100), started_at: at(110), attempt: Attempts::new(attempt) }
    }

    fn ended(attempts: u16) -> Ended {
        Ended { at: at(90), attempts: Attempts::new(attempts) }
    }

    fn scheduled(due: i64, attempts: u16) -> JobState {
        JobState::Scheduled { at: at(due), attempts: Attempts::new(attempts) }
    }

    fn state(status: JobStatus) -> JobState {
        match status {
            JobStatus::Scheduled => scheduled(100, 1),
            JobStatus::Running => JobState::Running(run(2)),
            JobStatus::Cancelled => JobState::Cancelled(ended(2)),
            JobStatus::Failed => JobState::Failed(ended(2)),
            JobStatus::Completed => JobState::Completed(ended(2)),
        }
    }

    fn event(kind: EventKind) -> Event {
        match kind {
            EventKind::Claim => Event::Claim { worker: worker(), token: token(8), term: TERM },
            EventKind::Heartbeat => Event::Heartbeat { token: token(7), term: TERM },
            EventKind::Succeed => Event::Succeed { token: token(7) },
            EventKind::Fail => fail(7, FailureReason::Transient),
            EventKind::Release => Event::Release { token: token(7) },
            EventKind::Cancel => Event::Cancel,
            EventKind::LeaseExpired => Event::LeaseExpired { term: TERM, retry: RETRY },
            EventKind::RunNow => Event::RunNow,
            EventKind::Retry => Event::Retry,
        }
    }

    /// A cell of the transition table.
    #[derive(Clone, Copy, Debug)]
    enum Cell {
        /// The job moves to that status, or stays in it.
        To(JobStatus),
        /// Refused: the event does not happen in this state.
        No,
        /// Refused: the worker does not hold the lease.
        Lost,
    }

    use Cell::{Lost, No};

    const S: Cell = Cell::To(JobStatus::Scheduled);
    const R: Cell = Cell::To(JobStatus::Running);
    const C: Cell = Cell::To(JobStatus::Cancelled);
    const D: Cell = Cell::To(JobStatus::Completed);

    /// Rows and columns in the order of the enums. A new variant makes the table too small, and `state` or `event`
    /// incomplete.
    #[rustfmt::skip]
    const TABLE: [[Cell; EventKind::ALL.len()]; JobStatus::ALL.len()] = [
        //              claim heartbeat succeed fail  release cancel expired run now retry
        /* scheduled */ [R,   Lost,     Lost,   Lost, Lost,   C,     No,     S,      No],
        /* running   */ [No,  R,        D,      S,    S,      C,     S,      No,     No],
        /* cancelled */ [No,  Lost,     Lost,   Lost, Lost,   No,    No,     No,     No],
        /* failed    */ [No,  Lost,     Lost,   Lost, Lost,   C,     No,     No,     S],
        /* completed */ [No,  Lost,     Lost,   Lost, Lost,   No,    No,     No,     No],
    ];

    #[test]
    fn every_event_in_every_state_does_what_the_table_says() {
        for (row, status) in TABLE.into_iter().zip(JobStatus::ALL) {
            for (cell, kind) in row.into_iter().zip(EventKind::ALL) {
                let before = state(status);
                let outcome = before.apply(event(kind), at(130));
                let came_to = outcome.map(|transition| transition.state.status());
                let expected = match cell {
                    Cell::To(next) => Ok(next),
                    No => Err(TransitionError::Refused { status, event: kind }),
                    Lost => Err(TransitionError::LeaseLost { status }),
                };
                assert_eq!(came_to, expected, "{status} × {kind}");
            }
        }
    }

    /// The next variant of the enum. A new variant must be added here, and the test then compares it with the list.
    fn next_status(status: JobStatus) -> Option<JobStatus> {
        match status {
            JobStatus::Scheduled => Some(JobStatus::Running),
            JobStatus::Running => Some(JobStatus::Cancelled),
            JobStatus::Cancelled => Some(JobStatus::Failed),
            JobStatus::Failed => Some(JobStatus::Completed),
            JobStatus::Completed => None,
        }
    }

    fn next_kind(kind: EventKind) -> Option<EventKind> {
        match kind {
            EventKind::Claim => Some(EventKind::Heartbeat),
            EventKind::Heartbeat => Some(EventKind::Succeed),
            EventKind::Succeed => Some(EventKind::Fail),
            EventKind::Fail => Some(EventKind::Release),
            EventKind::Release => Some(EventKind::Cancel),
            EventKind::Cancel => Some(EventKind::LeaseExpired),
            EventKind::LeaseExpired => Some(EventKind::RunNow),
            EventKind::RunNow => Some(EventKind::Retry),
            EventKind::Retry => None,
        }
    }

    #[test]
    fn the_lists_of_states_and_events_are_complete() {
        let statuses: Vec<_> = std::iter::successors(Some(JobStatus::Scheduled), |status| next_status(*status)).collect();
        let kinds: Vec<_> = std::iter::successors(Some(EventKind::Claim), |kind| next_kind(*kind)).collect();
        assert_eq!(statuses, JobStatus::ALL);
        assert_eq!(kinds, EventKind::ALL);
        assert!(statuses.into_iter().all(|status| state(status).status() == status));
        assert!(kinds.into_iter().all(|kind| event(kind).kind() == kind));
    }

    #[test]
    fn statuses_are_stored_by_name() {
        for status in JobStatus::ALL {
            assert_eq!(JobStatus::by_name(status.name()), Some(status));
        }
        assert_eq!(JobStatus::by_name("paused"), None);
    }

    #[test]
    fn a_claim_at_its_time_starts_an_attempt_under_a_lease() {
        let claimed = scheduled(100, 1).apply(event(EventKind::Claim), at(103)).unwrap();
        let lease = Lease { token: token(8), worker: worker(), until: at(118) };
        let run = Run { lease, due: at(100), started_at: at(103), attempt: Attempts::new(2) };
        let fact = Fact::Claimed { waited: Duration::from_secs(3) };
        assert_eq!(claimed, Transition { state: JobState::Running(run), fact });
    }

    #[test]
    fn nothing_is_claimed_before_it_is_due() {
        let just_before = Timestamp::from_micros(at(100).micros() - 1);
        assert_eq!(scheduled(100, 0).apply(event(EventKind::Claim), just_before), Err(TransitionError::NotDue { due: at(100) }));
        assert!(scheduled(100, 0).apply(event(EventKind::Claim), at(100)).is_ok());
    }

    #[test]
    fn a_heartbeat_moves_the_end_of_the_lease_and_nothing_else() {
        let renewed = JobState::Running(run(2)).apply(event(EventKind::Heartbeat), at(120)).unwrap();
        let lease = Lease { until: at(135), ..run(2).lease };
        assert_eq!(renewed, Transition { state: JobState::Running(Run { lease, ..run(2) }), fact: Fact::Renewed });
    }

    #[test]
    fn a_worker_with_another_token_changes_nothing() {
        let strangers = [
            Event::Heartbeat { token: token(6), term: TERM },
            Event::Succeed { token: token(6) },
            fail(6, FailureReason::Permanent),
            Event::Release { token: token(6) },
        ];
        for stranger in strangers {
            let outcome = JobState::Running(run(2)).apply(stranger, at(120));
            assert_eq!(outcome, Err(TransitionError::LeaseLost { status: JobStatus::Running }));
        }
    }

    #[test]
    fn a_success_ends_the_job_even_after_the_lease_unless_it_was_rescued() {
        let done = JobState::Running(run(2)).apply(event(EventKind::Succeed), at(200)).unwrap();
        let ended = Ended { at: at(200), attempts: Attempts::new(2) };
        assert_eq!(done, Transition { state: JobState::Completed(ended), fact: Fact::Completed { ran: Duration::from_secs(90) } });
    }

    #[test]
    fn a_transient_failure_or_a_panic_waits_for_the_next_attempt() {
        for reason in [FailureReason::Transient, FailureReason::Panicked] {
            let outcome = JobState::Running(run(2)).apply(fail(7, reason), at(120)).unwrap();
            let failed = FailedAttempt { attempt: Attempts::new(2), at: at(120), failure: failure(reason) };
            let fact = Fact::Rescheduled { failed, ran: Duration::from_secs(10) };
            assert_eq!(outcome, Transition { state: scheduled(180, 2), fact });
        }
    }

    #[test]
    fn the_last_failure_and_a_permanent_one_are_final() {
        for (attempt, reason) in [(5, FailureReason::Transient), (5, FailureReason::Panicked), (1, FailureReason::Permanent)] {
            let outcome = JobState::Running(run(attempt)).apply(fail(7, reason), at(120)).unwrap();
            let failed = FailedAttempt { attempt: Attempts::new(attempt), at: at(120), failure: failure(reason) };
            let ended = Ended { at: at(120), attempts: Attempts::new(attempt) };
            let fact = Fact::Failed { failed, ran: Duration::from_secs(10) };
            assert_eq!(outcome, Transition { state: JobState::Failed(ended), fact });
        }
    }

    #[test]
    fn a_retry_is_not_due_before_the_job_was_even_if_the_clock_was_set_back() {
        let outcome = JobState::Running(run(1)).apply(fail(7, FailureReason::Transient), at(20)).unwrap();
        assert_eq!(outcome.state, scheduled(100, 1));
    }

    #[test]
    fn a_release_gives_the_job_back_to_its_place_without_counting_the_attempt() {
        let outcome = JobState::Running(run(2)).apply(event(EventKind::Release), at(112)).unwrap();
        assert_eq!(outcome, Transition { state: scheduled(100, 1), fact: Fact::Released { ran: Duration::from_secs(2) } });
    }

    #[test]
    fn an_expired_lease_gives_the_job_back_at_once_and_counts_the_attempt() {
        let outcome = JobState::Running(run(2)).apply(event(EventKind::LeaseExpired), at(125)).unwrap();
        assert_eq!(outcome.state, scheduled(125, 2));
        let Fact::Rescheduled { failed, .. } = outcome.fact else { panic!("{:?}", outcome.fact) };
        assert_eq!((failed.attempt, failed.failure.reason), (Attempts::new(2), FailureReason::LeaseExpired));
    }

    #[test]
    fn a_job_whose_last_attempt_lost_its_worker_has_failed() {
        let outcome = JobState::Running(run(5)).apply(event(EventKind::LeaseExpired), at(125)).unwrap();
        assert_eq!(outcome.state, JobState::Failed(Ended { at: at(125), attempts: Attempts::new(5) }));
    }

    #[test]
    fn a_living_lease_does_not_expire() {
        let outcome = JobState::Running(run(2)).apply(event(EventKind::LeaseExpired), at(124));
        assert_eq!(outcome, Err(TransitionError::LeaseHolds { until: at(125) }));
    }

    #[test]
    fn a_lease_from_before_the_clock_was_set_back_expires_but_the_job_keeps_its_time() {
        let outcome = JobState::Running(run(2)).apply(event(EventKind::LeaseExpired), at(20)).unwrap();
        assert_eq!(outcome.state, scheduled(100, 2));
    }

    #[test]
    fn a_cancel_remembers_where_the_job_stood() {
        for (before, attempts) in [(scheduled(100, 1), 1), (JobState::Running(run(2)), 2), (JobState::Failed(ended(5)), 5)] {
            let ended = Ended { at: at(112), attempts: Attempts::new(attempts) };
            let fact = Fact::Cancelled { was: before.status() };
            let expected = Transition { state: JobState::Cancelled(ended), fact };
            assert_eq!(before.apply(Event::Cancel, at(112)), Ok(expected));
        }
    }

    #[test]
    fn run_now_brings_a_start_forward_and_never_puts_it_off() {
        assert_eq!(scheduled(100, 1).apply(Event::RunNow, at(40)).unwrap().state, scheduled(40, 1));
        assert_eq!(scheduled(100, 1).apply(Event::RunNow, at(140)).unwrap().state, scheduled(100, 1));
    }

    #[test]
    fn a_failed_job_gets_a_new_set_of_attempts_from_an_operator() {
        let outcome = JobState::Failed(ended(5)).apply(Event::Retry, at(120)).unwrap();
        assert_eq!(outcome, Transition { state: scheduled(120, 0), fact: Fact::Retried });
    }

    #[test]
    fn the_attempts_of_a_job_are_known_in_every_state() {
        for status in JobStatus::ALL {
            let expected = if status == JobStatus::Scheduled { 1 } else { 2 };
            assert_eq!(state(status).attempts(), Attempts::new(expected), "{status}");
        }
    }

    #[test]
    fn refusals_say_what_was_refused() {
        let refused = TransitionError::Refused { status: JobStatus::Completed, event: EventKind::Cancel };
        assert_eq!(refused.to_string(), "a completed job takes no cancel");
        let lost = TransitionError::LeaseLost { status: JobStatus::Cancelled };
        assert_eq!(lost.to_string(), "the lease is lost, the job is cancelled");
    }
}
