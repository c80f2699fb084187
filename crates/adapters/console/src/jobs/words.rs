//! The words for the actions and states of jobs, for what can be done to them, and for why it can't.

use derslik_domain::job::{Action, Attempts, ErasureKind, Event, Fact, FailureReason, Job, JobState, JobStatus, Progress, TransitionError};
use derslik_domain::time::Timestamp;
use derslik_ports::StoreError;
use derslik_ports::inbound::operators::{JobOperation, JobOperationError};

use crate::texts::Texts;

/// A state as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Badge {
    /// The class of its colour.
    pub(crate) tone: &'static str,
    /// The name of its icon.
    pub(crate) icon: &'static str,
    /// What it is.
    pub(crate) word: String,
}

impl Badge {
    /// The state of a job. A job that failed before and waits for its next attempt is told apart from one that never ran.
    pub(crate) fn of(state: &JobState, t: Texts) -> Self {
        let (tone, icon, word) = match state {
            JobState::Scheduled { attempts, .. } if *attempts > Attempts::NONE => ("warn", "retry", t.jobs_state_retrying()),
            JobState::Scheduled { .. } => ("off", "clock", t.jobs_state_scheduled()),
            JobState::Running(_) => ("info", "run", t.jobs_state_running()),
            JobState::Cancelled(_) => ("off", "ban", t.jobs_state_cancelled()),
            JobState::Failed(_) => ("bad", "fail", t.jobs_state_failed()),
            JobState::Completed(_) => ("ok", "done", t.jobs_state_completed()),
        };
        Self { tone, icon, word }
    }
}

/// The name of an action.
pub(crate) fn action(action: Action, t: Texts) -> String {
    match action {
        Action::DeleteUserData => t.jobs_action_erase_user(),
        Action::DeleteUsersData => t.jobs_action_erase_users(),
        Action::AssignCalendarId => t.jobs_action_assign_calendar(),
        Action::ExpireSessions => t.jobs_action_expire_sessions(),
        Action::IndexSessions => t.jobs_action_index_sessions(),
        Action::SealAudit => t.jobs_action_seal_audit(),
        Action::Prune => t.jobs_action_prune(),
        Action::PruneAudit => t.jobs_action_prune_audit(),
    }
}

/// What a job is about, as a list shows it. The reference of an erasure of many users is a digest, of which the beginning is enough.
pub(crate) fn about(job: &Job) -> String {
    let reference = job.reference.as_str();
    match job.action {
        Action::DeleteUsersData => reference.chars().take(8).chain(['…']).collect(),
        Action::DeleteUserData
        | Action::AssignCalendarId
        | Action::ExpireSessions
        | Action::IndexSessions
        | Action::SealAudit
        | Action::Prune
        | Action::PruneAudit => reference.to_owned(),
    }
}

/// The name of a tab with the jobs of one state.
pub(super) fn tab(status: JobStatus, t: Texts) -> String {
    match status {
        JobStatus::Scheduled => t.jobs_tab_scheduled(),
        JobStatus::Running => t.jobs_tab_running(),
        JobStatus::Cancelled => t.jobs_tab_cancelled(),
        JobStatus::Failed => t.jobs_tab_failed(),
        JobStatus::Completed => t.jobs_tab_completed(),
    }
}

/// A kind of rows that an erasure removes.
pub(super) fn kind(kind: ErasureKind, t: Texts) -> String {
    match kind {
        ErasureKind::Credentials => t.jobs_kind_credentials(),
        ErasureKind::Attendances => t.jobs_kind_attendances(),
        ErasureKind::Sessions => t.jobs_kind_sessions(),
        ErasureKind::Memberships => t.jobs_kind_memberships(),
        ErasureKind::Answers => t.jobs_kind_answers(),
        ErasureKind::Profile => t.jobs_kind_profile(),
    }
}

/// Why an attempt failed.
pub(super) fn reason(reason: FailureReason, t: Texts) -> String {
    match reason {
        FailureReason::Transient => t.jobs_reason_transient(),
        FailureReason::Permanent => t.jobs_reason_permanent(),
        FailureReason::LeaseExpired => t.jobs_reason_lease_expired(),
        FailureReason::Panicked => t.jobs_reason_panicked(),
    }
}

/// Everything that can be done to a job, in the order in which pages show it.
pub(super) const DEEDS: [JobOperation; 3] = [JobOperation::Retry, JobOperation::RunNow, JobOperation::Cancel];

/// The value of a deed in a form.
pub(super) const fn code(deed: JobOperation) -> &'static str {
    match deed {
        JobOperation::Cancel => "cancel",
        JobOperation::Retry => "retry",
        JobOperation::RunNow => "run-now",
    }
}

/// The deed of that value.
pub(super) fn by_code(text: &str) -> Option<JobOperation> {
    DEEDS.into_iter().find(|deed| code(*deed) == text)
}

/// The icon of a deed.
pub(super) const fn icon(deed: JobOperation) -> &'static str {
    match deed {
        JobOperation::Cancel => "ban",
        JobOperation::Retry => "retry",
        JobOperation::RunNow => "run",
    }
}

/// The words on the button of a deed.
pub(super) fn label(deed: JobOperation, t: Texts) -> String {
    match deed {
        JobOperation::Cancel => t.jobs_cancel(),
        JobOperation::Retry => t.jobs_retry(),
        JobOperation::RunNow => t.jobs_run_now(),
    }
}

const fn event(deed: JobOperation) -> Event {
    match deed {
        JobOperation::Cancel => Event::Cancel,
        JobOperation::Retry => Event::Retry,
        JobOperation::RunNow => Event::RunNow,
    }
}

/// What a deed would do to a job now. Nothing is done.
///
/// # Errors
/// The [`TransitionError`] with which the deed would be refused.
pub(super) fn foresee(job: &Job, deed: JobOperation, now: Timestamp) -> Result<Fact, TransitionError> {
    job.state.apply(event(deed), now).map(|transition| transition.fact)
}

/// Why a job can't be changed in its present state.
pub(super) fn refusal(error: TransitionError, t: Texts) -> String {
    match error {
        TransitionError::Refused { status, event: _ } => match status {
            JobStatus::Completed => t.jobs_not_completed(),
            JobStatus::Cancelled => t.jobs_not_cancelled(),
            JobStatus::Running => t.jobs_not_running(),
            JobStatus::Scheduled => t.jobs_not_scheduled(),
            JobStatus::Failed => t.jobs_not_failed(),
        },
        TransitionError::NotDue { .. } | TransitionError::LeaseLost { .. } | TransitionError::LeaseHolds { .. } => t.jobs_not_now(),
    }
}

/// Why a job was not changed.
///
/// # Errors
/// The [`StoreError`], if that was why.
pub(super) fn refused(error: JobOperationError, t: Texts) -> Result<String, StoreError> {
    match error {
        JobOperationError::NotFound => Ok(t.jobs_not_found()),
        JobOperationError::Unknown => Ok(t.jobs_not_known()),
        JobOperationError::Refused(error) => Ok(refusal(error, t)),
        JobOperationError::AnotherIsLive => Ok(t.jobs_not_alone()),
        JobOperationError::Store(error) => Err(error),
    }
}

/// The rows that an erasure has removed for good so far; 0 for another job.
pub(super) fn erased(job: &Job) -> u64 {
    match job.progress {
        Some(Progress::Erasure(progress)) => progress.counts.total().get(),
        Some(Progress::Erasures(progress)) => progress.total().total().get(),
        Some(Progress::Rows(_)) | None => 0,
    }
}

#[cfg(test)]
mod tests {
    use derslik_testkit::builders::now;

    use super::super::testing::{erasure, failed, running};
    use super::*;
    use crate::locale::Language;

    #[test]
    fn a_deed_is_possible_where_the_state_machine_takes_it() {
        let possible = |job: &Job| DEEDS.map(|deed| foresee(job, deed, now()).is_ok());
        assert_eq!(possible(&erasure(1)), [false, true, true]);
        assert_eq!(possible(&running(erasure(1))), [false, false, true]);
        assert_eq!(possible(&failed(erasure(1), FailureReason::Permanent)), [true, false, true]);
        let (cancelled, _) = erasure(1).apply(Event::Cancel, now()).unwrap();
        assert_eq!(possible(&cancelled), [false, false, false]);
    }

    #[test]
    fn each_language_says_why_a_deed_is_not_possible() {
        for t in Language::ALL.map(Texts::of) {
            let mut said: Vec<_> =
                JobStatus::ALL.map(|status| refusal(TransitionError::Refused { status, event: Event::Retry.kind() }, t)).into();
            said.sort();
            said.dedup();
            assert_eq!(said.len(), 5, "{said:?}");
        }
    }

    #[test]
    fn a_job_that_failed_before_is_told_from_a_new_one() {
        let t = Texts::of(Language::English);
        let words = [erasure(1), failed(erasure(1), FailureReason::Transient)].map(|job| Badge::of(&job.state, t).word);
        assert_eq!(words, ["scheduled", "retrying"]);
    }

    #[test]
    fn deeds_are_named_by_their_codes() {
        assert_eq!(DEEDS.map(|deed| by_code(code(deed))), DEEDS.map(Some));
        assert_eq!(by_code("delete"), None);
    }
}
