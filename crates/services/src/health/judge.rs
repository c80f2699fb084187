//! What a look at the database means for the parts of a process. It reads nothing.

use std::time::Duration;

use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{HealthNote, HealthPart, HealthState, Phase};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) part: HealthPart,
    pub(super) state: HealthState,
    pub(super) note: HealthNote,
}

/// Judges each part that can be judged, in order. `now` is the time of the accounts whose jobs were looked at.
pub(super) fn judge(phase: Phase, look: &Look, now: Timestamp) -> Vec<Judgement> {
    let unknown = || Judgement { part: HealthPart::Schema, state: HealthState::Unknown, note: HealthNote::UnknownSchema };
    let database = |state, note| Judgement { part: HealthPart::Database, state, note };
    let mut judgements = vec![judge_process(phase)];
    match look {
        Look::Silent => judgements.extend([database(HealthState::Failing, HealthNote::Silent), unknown()]),
        Look::Unavailable(reason) => {
            judgements.extend([database(HealthState::Failing, HealthNote::Unavailable(*reason)), unknown()]);
        }
        Look::Unreadable => judgements.extend([
            database(HealthState::Ok, HealthNote::Answers),
            Judgement { part: HealthPart::Schema, state: HealthState::Failing, note: HealthNote::UnreadableSchema },
        ]),
        Look::Found(facts) => {
            judgements.extend([
                database(HealthState::Ok, HealthNote::Answers),
                judge_schema(facts.schema),
                judge_worker(facts.first_due, now),
            ]);
            judgements.extend(facts.free_bytes.map(judge_disk));
            judgements.extend(facts.clock_difference.map(judge_clock));
        }
    }
    judgements
}

fn judge_process(phase: Phase) -> Judgement {
    let (state, note) = match phase {
        Phase::Starting => (HealthState::Failing, HealthNote::Starting),
        Phase::Working => (HealthState::Ok, HealthNote::Working),
        Phase::Draining => (HealthState::Failing, HealthNote::Draining),
    };
    Judgement { part: HealthPart::Process, state, note }
}

fn judge_schema(fit: SchemaFit) -> Judgement {
    let (state, note) = match fit {
        SchemaFit { missing: 0, unknown: 0 } => (HealthState::Ok, HealthNote::CurrentSchema),
        // The next release has brought the database up to date, and this process is about to be replaced.
        SchemaFit { missing: 0, unknown } => (HealthState::Warning, HealthNote::NewerSchema(unknown)),
        SchemaFit { missing, unknown: 0 } => (HealthState::Failing, HealthNote::OlderSchema(missing)),
        SchemaFit { .. } => (HealthState::Failing, HealthNote::ForeignSchema),
    };
    Judgement { part: HealthPart::Schema, state, note }
}

fn judge_worker(first_due: FirstDue, now: Timestamp) -> Judgement {
    let (state, note) = match first_due {
        FirstDue::Unread => (HealthState::Warning, HealthNote::UnreadJobs),
        FirstDue::At(due) if now.since(due) > LONGEST_WAIT => (HealthState::Warning, HealthNote::LongWait),
        FirstDue::At(_) | FirstDue::NoJob => (HealthState::Ok, HealthNote::NoLongWait),
    };
    Judgement { part: HealthPart::Worker, state, note }
}

fn judge_disk(free_bytes: u64) -> Judgement {
    let (state, note) = if free_bytes < LITTLE_SPACE {
        (HealthState::Warning, HealthNote::LittleSpace)
    } else {
        (HealthState::Ok, HealthNote::EnoughSpace)
    };
    Judgement { part: HealthPart::Disk, state, note }
}

fn judge_clock(difference: Duration) -> Judgement {
    let (state, note) = if difference > LARGEST_DIFFERENCE {
        (HealthState::Warning, HealthNote::OtherTime)
    } else {
        (HealthState::Ok, HealthNote::SameTime)
    };
    Judgement { part: HealthPart::Clock, state, note }
}
