//! The terms of queries about jobs: conditions of indexes, and names of actions.

use derslik_domain::job::{Action, Actions, Job, JobState};
use derslik_domain::time::Timestamp;

use crate::db::text::Dialect;

/// The jobs of projects, by the condition of a partial index that both databases have.
pub(super) const OF_A_PROJECT: &str = "project_id > 0";

/// The jobs in some states, by the conditions of the partial indexes of a database, letter by letter. With a bound parameter the planner
/// could not prove that they hold.
///
/// On PostgreSQL no condition names a column that a claim changes, so a claim writes no index entry. The jobs that run are in the indexes
/// of live jobs, and the terms about tokens filter them.
#[derive(Debug)]
pub(crate) struct Conditions {
    /// Waiting jobs of an account, in the order of claims.
    pub(crate) scheduled: &'static str,
    /// Waiting jobs of all accounts, in the order of their times.
    pub(crate) in_any_account: &'static str,
    /// Running jobs. No index of PostgreSQL has them alone.
    pub(crate) running: &'static str,
    /// Waiting jobs of an account, the newest first.
    pub(super) newest_scheduled: &'static str,
}

impl Conditions {
    /// Those of PostgreSQL.
    pub(crate) const POSTGRES: Self = Self {
        scheduled: "ended_at IS NULL AND lease_token IS NULL",
        in_any_account: "ended_at IS NULL AND priority >= 0 AND lease_token IS NULL",
        running: "ended_at IS NULL AND lease_token IS NOT NULL",
        newest_scheduled: "ended_at IS NULL AND project_id >= 0 AND lease_token IS NULL",
    };

    /// Those of SQLite.
    pub(crate) const SQLITE: Self = Self {
        scheduled: "status = 'scheduled'",
        in_any_account: "status = 'scheduled' AND attempts >= 0",
        running: "status = 'running'",
        newest_scheduled: "status IN ('scheduled', 'cancelled', 'failed') AND project_id >= 0 AND status = 'scheduled'",
    };

    /// Those of a database.
    pub(crate) const fn of(dialect: Dialect) -> &'static Self {
        match dialect {
            Dialect::Postgres => &Self::POSTGRES,
            Dialect::Sqlite => &Self::SQLITE,
        }
    }
}

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
