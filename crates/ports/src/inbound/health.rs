//! Whether this process can do its work, for load balancers and supervisors.

use async_trait::async_trait;
use derslik_domain::time::Timestamp;

use crate::Reason;

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

/// What was found of a part, without secrets and names. Its text is one line of English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthNote {
    /// The process prepares itself.
    Starting,
    /// The process works.
    Working,
    /// The process was told to stop.
    Draining,
    /// The database answers.
    Answers,
    /// The database has not answered in time.
    Silent,
    /// The database can't be used, for this reason.
    Unavailable(Reason),
    /// The database has the migrations of this program.
    CurrentSchema,
    /// The database has this many migrations that the program does not know: it belongs to a newer release.
    NewerSchema(usize),
    /// The database lacks this many migrations of the program.
    OlderSchema(usize),
    /// The database lacks migrations of the program, and has others that the program does not know.
    ForeignSchema,
    /// The tables of the database can't be read.
    UnreadableSchema,
    /// The schema is unknown without the database.
    UnknownSchema,
    /// No due job waits long.
    NoLongWait,
    /// A due job has waited for more than ten minutes.
    LongWait,
    /// The jobs could not be read in time.
    UnreadJobs,
    /// 512 MiB or more are free.
    EnoughSpace,
    /// Less than 512 MiB are free.
    LittleSpace,
    /// The clock of the database is within five seconds of that of this machine.
    SameTime,
    /// The clock of the database is more than five seconds from that of this machine.
    OtherTime,
}

impl std::fmt::Display for HealthNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Starting => f.write_str("starting"),
            Self::Working => f.write_str("working"),
            Self::Draining => f.write_str("draining"),
            Self::Answers => f.write_str("it answers"),
            Self::Silent => f.write_str("it does not answer"),
            Self::Unavailable(reason) => write!(f, "{reason}"),
            Self::CurrentSchema => f.write_str("current"),
            Self::NewerSchema(unknown) => write!(f, "newer than this program by {unknown} migrations"),
            Self::OlderSchema(missing) => write!(f, "older than this program by {missing} migrations"),
            Self::ForeignSchema => f.write_str("of another program"),
            Self::UnreadableSchema => f.write_str("its tables can't be read"),
            Self::UnknownSchema => f.write_str("it can't be read without the database"),
            Self::NoLongWait => f.write_str("no due job waits long"),
            Self::LongWait => f.write_str("a due job has waited for more than ten minutes: look whether a worker runs"),
            Self::UnreadJobs => f.write_str("the jobs can't be read now: another transaction may have locked their table"),
            Self::EnoughSpace => f.write_str("512 MiB or more are free"),
            Self::LittleSpace => f.write_str("less than 512 MiB are free"),
            Self::SameTime => f.write_str("within five seconds of that of this machine"),
            Self::OtherTime => f.write_str("more than five seconds from that of this machine"),
        }
    }
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
    /// What was found.
    pub note: HealthNote,
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
            let part = PartHealth { part: HealthPart::Disk, state, since: Timestamp::from_micros(0), note: HealthNote::LittleSpace };
            Readiness { parts: vec![part] }.is_ready()
        };
        assert_eq!([HealthState::Ok, HealthState::Warning, HealthState::Unknown].map(ready), [true; 3]);
        assert!(!ready(HealthState::Failing));
    }
}
