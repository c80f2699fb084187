//! What a look at the database means for the parts of a process. It reads nothing.

use std::time::Duration;

use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{HealthPart, HealthState, Phase};
use derslik_ports::outbound::{DatabaseFacts, FirstDue, Reason, SchemaFit, StoreError};

/// How long a job may wait after it became due. A worker looks for jobs far more often.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);

/// The free space below which an operator should act, in bytes.
const LITTLE_SPACE: u64 = 512 * 1024 * 1024;

/// The largest difference of clocks that does no harm.
const LARGEST_DIFFERENCE: Duration = Duration::from_secs(5);

/// A look at the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    /// It has not answered yet.
    Silent,
    /// It can't be used, for this reason.
    Unavailable(Reason),
    /// It answers, but its tables can't be read.
    Unreadable,
    /// It answers.
    Found(DatabaseFacts),
}

impl From<Result<DatabaseFacts, StoreError>> for Look {
    fn from(probed: Result<DatabaseFacts, StoreError>) -> Self {
        match probed {
            Ok(facts) => Self::Found(facts),
            // The texts of errors may name hosts and roles, so only their kind is kept.
            Err(error) => error.unavailable().map_or(Self::Unreadable, Self::Unavailable),
        }
    }
}

/// The state of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) part: HealthPart,
    pub(super) state: HealthState,
    pub(super) note: String,
}

impl Judgement {
    fn new(part: HealthPart, state: HealthState, note: impl Into<String>) -> Self {
        Self { part, state, note: note.into() }
    }
}

/// Judges each part that can be judged, in order. `now` is the time of the accounts whose jobs were looked at.
pub(super) fn judge(phase: Phase, look: &Look, now: Timestamp) -> Vec<Judgement> {
    let unknown = || Judgement::new(HealthPart::Schema, HealthState::Unknown, "it can't be read without the database");
    let database = |state, note: &str| Judgement::new(HealthPart::Database, state, note);
    let mut judgements = vec![judge_process(phase)];
    match look {
        Look::Silent => judgements.extend([database(HealthState::Failing, "it does not answer"), unknown()]),
        Look::Unavailable(reason) => judgements.extend([database(HealthState::Failing, &reason.to_string()), unknown()]),
        Look::Unreadable => judgements.extend([
            database(HealthState::Ok, "it answers"),
            Judgement::new(HealthPart::Schema, HealthState::Failing, "its tables can't be read"),
        ]),
        Look::Found(facts) => {
            judgements.extend([database(HealthState::Ok, "it answers"), judge_schema(facts.schema), judge_worker(facts.first_due, now)]);
            judgements.extend(facts.free_bytes.map(judge_disk));
            judgements.extend(facts.clock_difference.map(judge_clock));
        }
    }
    judgements
}

fn judge_process(phase: Phase) -> Judgement {
    let (state, note) = match phase {
        Phase::Starting => (HealthState::Failing, "starting"),
        Phase::Working => (HealthState::Ok, "working"),
        Phase::Draining => (HealthState::Failing, "draining"),
    };
    Judgement::new(HealthPart::Process, state, note)
}

fn judge_schema(fit: SchemaFit) -> Judgement {
    let (state, note) = match fit {
        SchemaFit { missing: 0, unknown: 0 } => (HealthState::Ok, "current".to_owned()),
        // The next release has brought the database up to date, and this process is about to be replaced.
        SchemaFit { missing: 0, unknown } => (HealthState::Warning, format!("newer than this program by {unknown} migrations")),
        SchemaFit { missing, unknown: 0 } => (HealthState::Failing, format!("older than this program by {missing} migrations")),
        SchemaFit { .. } => (HealthState::Failing, "of another program".to_owned()),
    };
    Judgement::new(HealthPart::Schema, state, note)
}

fn judge_worker(first_due: FirstDue, now: Timestamp) -> Judgement {
    let (state, note) = match first_due {
        FirstDue::Unread => (HealthState::Warning, "the jobs can't be read now: another transaction may have locked their table"),
        FirstDue::At(due) if now.since(due) > LONGEST_WAIT => {
            (HealthState::Warning, "a due job has waited for more than ten minutes: look whether a worker runs")
        }
        FirstDue::At(_) | FirstDue::NoJob => (HealthState::Ok, "no due job waits long"),
    };
    Judgement::new(HealthPart::Worker, state, note)
}

fn judge_disk(free_bytes: u64) -> Judgement {
    let (state, note) = if free_bytes < LITTLE_SPACE {
        (HealthState::Warning, "less than 512 MiB are free")
    } else {
        (HealthState::Ok, "512 MiB or more are free")
    };
    Judgement::new(HealthPart::Disk, state, note)
}

fn judge_clock(difference: Duration) -> Judgement {
    let (state, note) = if difference > LARGEST_DIFFERENCE {
        (HealthState::Warning, "more than five seconds from that of this machine")
    } else {
        (HealthState::Ok, "within five seconds of that of this machine")
    };
    Judgement::new(HealthPart::Clock, state, note)
}
