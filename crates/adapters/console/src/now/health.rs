//! The parts of the process that the page shows as working or not.

use derslik_ports::inbound::{HealthPart, HealthState, PartHealth};

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
    /// Whether that is English in each language.
    pub(super) is_english: bool,
}

/// The parts in their order.
pub(super) fn lines(parts: &[PartHealth], t: Texts) -> Vec<Line> {
    parts.iter().map(|part| line(part, t)).collect()
}

fn line(part: &PartHealth, t: Texts) -> Line {
    let (name, works) = match part.part {
        HealthPart::Process => (t.now_process(), t.now_process_works()),
        HealthPart::Database => (t.now_database(), t.now_database_works()),
        HealthPart::Schema => (t.now_schema(), t.now_schema_works()),
        HealthPart::Worker => (t.now_worker(), t.now_worker_works()),
        HealthPart::Disk => (t.now_disk(), t.now_disk_works()),
        HealthPart::Clock => (t.now_clock(), t.now_clock_works()),
    };
    let (icon, class, state) = match part.state {
        HealthState::Ok => ("done", "ok", t.now_state_ok()),
        HealthState::Warning => ("warn", "warn", t.now_state_warning()),
        HealthState::Failing => ("fail", "bad", t.now_state_failing()),
        HealthState::Unknown => ("past", "off", t.now_state_unknown()),
    };
    // Each part works for one reason alone, which has a text. The others name numbers and causes.
    let is_english = part.state != HealthState::Ok;
    let found = if is_english { part.note.clone() } else { works };
    Line { name, icon, class, state, found, is_english }
}

#[cfg(test)]
mod tests {
    use derslik_domain::time::Timestamp;

    use super::*;
    use crate::locale::Language;

    #[test]
    fn a_part_that_works_is_told_in_the_language_of_the_visitor() {
        let part = |state| PartHealth {
            part: HealthPart::Database,
            state,
            since: Timestamp::from_micros(0),
            note: "it does not answer".to_owned(),
        };
        let lines = lines(&[part(HealthState::Ok), part(HealthState::Failing)], Texts::of(Language::Turkish));
        assert_eq!((lines[0].class, lines[0].found.as_str(), lines[0].is_english), ("ok", "yanıt veriyor", false));
        assert_eq!((lines[1].class, lines[1].found.as_str(), lines[1].is_english), ("bad", "it does not answer", true));
    }
}
