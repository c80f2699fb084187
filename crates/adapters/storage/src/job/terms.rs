//! The terms of queries about jobs: conditions of indexes, and names of actions.

use derslik_domain::job::{Action, Actions, Job, JobState};
use derslik_domain::time::Timestamp;

/// The conditions of the partial indexes, letter by letter. With a bound parameter the planner could not prove that they hold.
pub(super) const SCHEDULED: &str = "status = 'scheduled'";
pub(super) const RUNNING: &str = "status = 'running'";
pub(super) const OF_A_PROJECT: &str = "project_id > 0";

/// The actions that this program knows.
pub(super) fn known_actions() -> [&'static str; Action::ALL.len()] {
    Action::ALL.map(Action::name)
}

/// The names of these actions.
pub(super) fn names(actions: Actions) -> Vec<&'static str> {
    actions.iter().map(Action::name).collect()
}

/// When a job is due, or was. For a job that ended the value does not matter.
pub(super) fn due_of(job: &Job) -> Timestamp {
    match job.state {
        JobState::Scheduled { at, .. } => at,
        JobState::Running(run) => run.due,
        JobState::Cancelled(_) | JobState::Failed(_) | JobState::Completed(_) => job.start_at,
    }
}
