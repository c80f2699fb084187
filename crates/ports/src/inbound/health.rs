//! Whether this process can do its work, for load balancers and supervisors.

use async_trait::async_trait;
use derslik_domain::time::Timestamp;

/// The stage that a process is in, from its start to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It prepares itself, and does not work yet.
    Starting,
    /// It works.
    Working,
    /// It was told to stop. It finishes what it has, and gets no new work.
    Draining,
}

/// A part of a process, or something that it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HealthPart {
    /// The process itself, by its [`Phase`].
    Process,
    /// Whether the database answers.
    Database,
    /// Whether the database has the migrations that this program needs.
    Schema,
    /// Whether due jobs are run by some worker.
    Worker,
    /// The free space on the disk of the database. SQLite only.
    Disk,
    /// Whether the clock of the database agrees with that of this machine. PostgreSQL only.
    Clock,
}

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthState {
    /// It works.
    Ok,
    /// It works, and an operator should look at it. The process stays ready.
    Warning,
    /// It does not work, so the process is not ready.
    Failing,
    /// It can't be told, because another part is failing.
    Unknown,
}

/// A part with its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartHealth {
    /// The part.
    pub part: HealthPart,
    /// How it is.
    pub state: HealthState,
    /// Since when it is so, as far as this process has looked.
    pub since: Timestamp,
    /// What was found, in one line without secrets and names.
    pub note: String,
}

/// Whether a process can do its work now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// The parts in the order of [`HealthPart`]. Parts that can't be looked at are left out.
    pub parts: Vec<PartHealth>,
}

impl Readiness {
    /// Whether no part is failing.
    pub fn is_ready(&self) -> bool {
        self.parts.iter().all(|part| part.state != HealthState::Failing)
    }
}

/// The health of this process.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait HealthService: Send + Sync {
    /// Tells that the process has entered a phase. The next answer shows it.
    fn enter(&self, phase: Phase);

    /// Whether the process can do its work. Any number of callers cost at most one look at the database a second. The answer is
    /// at most a second old, and comes within about a second even if the database does not answer.
    async fn readiness(&self) -> Readiness;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_part_that_fails_makes_a_process_unready() {
        let ready = |state| {
            let part = PartHealth { part: HealthPart::Disk, state, since: Timestamp::from_micros(0), note: String::new() };
            Readiness { parts: vec![part] }.is_ready()
        };
        assert_eq!([HealthState::Ok, HealthState::Warning, HealthState::Unknown].map(ready), [true; 3]);
        assert!(!ready(HealthState::Failing));
    }
}
