//! Searches among the jobs of an account: the filter, and the counts of jobs by their state. How they are stored is decided elsewhere.

use crate::id::ProjectId;
use crate::time::Timestamp;

use super::{Action, JobStatus, ReferenceId};

/// The jobs that a search is about. The default is all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct JobFilter {
    /// Only those in one of these states; empty for every state.
    pub states: Vec<JobStatus>,
    /// Only those of this action.
    pub action: Option<Action>,
    /// Only those of this project.
    pub project: Option<ProjectId>,
    /// Only those of this reference, in exactly this spelling.
    pub reference: Option<ReferenceId>,
    /// Only those that changed at this instant or later.
    pub changed_since: Option<Timestamp>,
}

impl JobFilter {
    /// How many jobs a search looks at for one page at most, where the order of a list does not carry the filter: the newest of them.
    /// Older ones are not found.
    pub const LOOKED_AT: u32 = 10_000;

    /// Whether jobs in every state match.
    pub fn has_every_state(&self) -> bool {
        self.states.is_empty() || JobStatus::ALL.iter().all(|status| self.states.contains(status))
    }

    /// Whether jobs in that state match.
    pub fn has_state(&self, status: JobStatus) -> bool {
        self.states.is_empty() || self.states.contains(&status)
    }
}

/// A count that ends at a bound, so that counting many rows is cheap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Count {
    /// The number of rows, at most [`Count::MAX`].
    pub number: u32,
    /// Whether there are more, or may be.
    pub is_more: bool,
}

impl Count {
    /// The highest number.
    pub const MAX: u32 = 1_000;

    /// The count that a number of rows gives.
    ///
    /// ```
    /// use derslik_domain::job::Count;
    ///
    /// assert_eq!(Count::of(7), Count { number: 7, is_more: false });
    /// assert_eq!(Count::of(1_001), Count { number: 1_000, is_more: true });
    /// ```
    pub fn of(rows: usize) -> Self {
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        Self { number: rows.min(Self::MAX), is_more: rows > Self::MAX }
    }
}

/// The counts of the jobs of an account by their state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct JobCounts {
    /// Those that wait for their time or for a worker.
    pub scheduled: Count,
    /// Those that run.
    pub running: Count,
    /// Those that were cancelled.
    pub cancelled: Count,
    /// Those that failed for good.
    pub failed: Count,
    /// Those whose work is done.
    pub completed: Count,
}

impl JobCounts {
    /// The count of the jobs in that state.
    pub const fn of(self, status: JobStatus) -> Count {
        match status {
            JobStatus::Scheduled => self.scheduled,
            JobStatus::Running => self.running,
            JobStatus::Cancelled => self.cancelled,
            JobStatus::Failed => self.failed,
            JobStatus::Completed => self.completed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_without_states_is_about_every_state() {
        let all = JobFilter::default();
        let named = JobFilter { states: JobStatus::ALL.to_vec(), ..JobFilter::default() };
        let failed = JobFilter { states: vec![JobStatus::Failed], ..JobFilter::default() };
        assert!(all.has_every_state() && named.has_every_state() && !failed.has_every_state());
        for status in JobStatus::ALL {
            assert!(all.has_state(status) && named.has_state(status), "{status}");
            assert_eq!(failed.has_state(status), status == JobStatus::Failed, "{status}");
        }
    }

    #[test]
    fn a_count_ends_at_its_bound() {
        let counts = [0, 999, 1_000, 1_001, usize::MAX].map(Count::of).map(|count| (count.number, count.is_more));
        assert_eq!(counts, [(0, false), (999, false), (1_000, false), (1_000, true), (1_000, true)]);
    }

    #[test]
    fn each_state_has_a_count_of_its_own() {
        let [scheduled, running, cancelled, failed, completed] = [1, 2, 3, 4, 5].map(Count::of);
        let counts = JobCounts { scheduled, running, cancelled, failed, completed };
        assert_eq!(JobStatus::ALL.map(|status| counts.of(status).number), [1, 2, 3, 4, 5]);
    }
}
