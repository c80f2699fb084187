//! The parts of the process that the page shows as working or not.

use derslik_ports::Reason;
use derslik_ports::inbound::{HealthNote, HealthPart, HealthState, PartHealth};

use crate::texts::Texts;

/// A part.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) icon: &'static str,
    /// The class that gives it a colour.
    pub(super) class: &'static str,
    /// The state as a word.
    pub(super) state: String,
    /// What was found.
    pub(super) found: String,
}

/// The parts in their order.
pub(super) fn lines(parts: &[PartHealth], t: Texts) -> Vec<Line> {
    parts.iter().map(|part| line(part, t)).collect()
}

fn line(part: &PartHealth, t: Texts) -> Line {
    let name = match part.part {
        HealthPart::Process => t.now_process(),
        HealthPart::Database => t.now_database(),
        HealthPart::Schema => t.now_schema(),
        HealthPart::Worker => t.now_worker(),
        HealthPart::Disk => t.now_disk(),
        HealthPart::Clock => t.now_clock(),
    };
    let (icon, class, state) = match part.state {
        HealthState::Ok => ("done", "ok", t.now_state_ok()),
        HealthState::Warning => ("warn", "warn", t.now_state_warning()),
        HealthState::Failing => ("fail", "bad", t.now_state_failing()),
        HealthState::Unknown => ("past", "off", t.now_state_unknown()),
    };
    Line { name, icon, class, state, found: found(part.note, t) }
}

fn found(note: HealthNote, t: Texts) -> String {
    match note {
        HealthNote::Starting => t.now_process_starts(),
        HealthNote::Working => t.now_process_works(),
        HealthNote::Draining => t.now_process_stops(),
        HealthNote::Answers => t.now_database_works(),
        HealthNote::Silent => t.now_database_silent(),
        HealthNote::Unavailable(reason) => why(reason, t),
        HealthNote::CurrentSchema => t.now_schema_works(),
        HealthNote::NewerSchema(unknown) => t.now_schema_newer(unknown),
        HealthNote::OlderSchema(missing) => t.now_schema_older(missing),
        HealthNote::ForeignSchema => t.now_schema_foreign(),
        HealthNote::UnreadableSchema => t.now_schema_unreadable(),
        HealthNote::UnknownSchema => t.now_schema_unknown(),
        HealthNote::NoLongWait => t.now_worker_works(),
        HealthNote::LongWait => t.now_worker_late(),
        HealthNote::UnreadJobs => t.now_worker_unread(),
        HealthNote::EnoughSpace => t.now_disk_works(),
        HealthNote::LittleSpace => t.now_disk_full(),
        HealthNote::SameTime => t.now_clock_works(),
        HealthNote::OtherTime => t.now_clock_differs(),
    }
}

/// Why the database can't be used.
fn why(reason: Reason, t: Texts) -> String {
    match reason {
        Reason::Crowded => t.now_database_crowded(),
        Reason::Unreachable => t.now_database_unreachable(),
        Reason::Refused => t.now_database_refuses(),
        Reason::Stopping => t.now_database_stops(),
        Reason::TooManyConnections => t.now_database_connections(),
        Reason::TimedOut => t.now_database_slow(),
        Reason::Locked => t.now_database_locked(),
        Reason::Conflict => t.now_database_conflict(),
        Reason::DiskFull => t.now_database_disk_full(),
        Reason::DiskFails => t.now_database_disk_fails(),
        Reason::ReadOnly => t.now_database_read_only(),
        Reason::OutOfMemory => t.now_database_memory(),
        Reason::Exhausted => t.now_database_exhausted(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use derslik_domain::time::Timestamp;

    use super::*;
    use crate::locale::Language;

    /// Each note, for one reason of a database that can't be used.
    const NOTES: [HealthNote; 19] = [
        HealthNote::Starting,
        HealthNote::Working,
        HealthNote::Draining,
        HealthNote::Answers,
        HealthNote::Silent,
        HealthNote::Unavailable(Reason::Crowded),
        HealthNote::CurrentSchema,
        HealthNote::NewerSchema(2),
        HealthNote::OlderSchema(2),
        HealthNote::ForeignSchema,
        HealthNote::UnreadableSchema,
        HealthNote::UnknownSchema,
        HealthNote::NoLongWait,
        HealthNote::LongWait,
        HealthNote::UnreadJobs,
        HealthNote::EnoughSpace,
        HealthNote::LittleSpace,
        HealthNote::SameTime,
        HealthNote::OtherTime,
    ];

    const REASONS: [Reason; 13] = [
        Reason::Crowded,
        Reason::Unreachable,
        Reason::Refused,
        Reason::Stopping,
        Reason::TooManyConnections,
        Reason::TimedOut,
        Reason::Locked,
        Reason::Conflict,
        Reason::DiskFull,
        Reason::DiskFails,
        Reason::ReadOnly,
        Reason::OutOfMemory,
        Reason::Exhausted,
    ];

    #[test]
    fn a_part_is_told_in_the_language_of_the_visitor() {
        let part = |state, note| PartHealth { part: HealthPart::Database, state, since: Timestamp::from_micros(0), note };
        let parts = [part(HealthState::Ok, HealthNote::Answers), part(HealthState::Failing, HealthNote::Unavailable(Reason::DiskFull))];
        let lines = lines(&parts, Texts::of(Language::Turkish));
        assert_eq!((lines[0].class, lines[0].found.as_str()), ("ok", "yanıt veriyor"));
        assert_eq!((lines[1].class, lines[1].found.as_str()), ("bad", "veritabanının diski dolu"));
    }

    #[test]
    fn each_note_has_a_text_of_its_own_in_each_language() {
        let reasons = REASONS.map(HealthNote::Unavailable);
        let notes: BTreeSet<String> = NOTES.iter().chain(&reasons).map(ToString::to_string).collect();
        for language in Language::ALL {
            let t = Texts::of(language);
            let told: BTreeSet<String> = NOTES.iter().chain(&reasons).map(|note| found(*note, t)).collect();
            assert_eq!(told.len(), notes.len(), "{told:?}");
        }
    }

    #[test]
    fn a_schema_tells_how_many_migrations_it_is_off() {
        for language in Language::ALL {
            let t = Texts::of(language);
            for migrations in [3, 12] {
                for note in [HealthNote::NewerSchema(migrations), HealthNote::OlderSchema(migrations)] {
                    assert!(found(note, t).contains(&migrations.to_string()), "{}", found(note, t));
                }
            }
        }
    }
}
