//! The verdicts on the sessions of a batch, as a page shows them.

use derslik_domain::session::{Session, Verdict, Violation};

use crate::locale::clock;
use crate::sessions::list::Context;
use crate::sessions::problems;
use crate::sessions::states::Mark;
use crate::texts::Texts;

/// How many sessions of a batch have which verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub(super) created: u32,
    pub(super) changed: u32,
    pub(super) refused: u32,
}

impl Counts {
    pub(super) fn of(verdicts: &[Verdict]) -> Self {
        verdicts.iter().fold(Self::default(), |counts, verdict| match verdict {
            Verdict::Created(_) => Self { created: counts.created + 1, ..counts },
            Verdict::Updated(_) => Self { changed: counts.changed + 1, ..counts },
            Verdict::NotFound | Verdict::Refused(_) => Self { refused: counts.refused + 1, ..counts },
        })
    }

    /// Whether something would be written.
    pub(super) const fn has_work(self) -> bool {
        self.created > 0 || self.changed > 0
    }
}

/// What is wrong with a field, under the name of the field on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) field: String,
    pub(super) text: String,
}

/// The verdict on a session.
#[derive(Debug)]
pub(super) struct VerdictRow {
    /// Its place in the batch, from 1.
    pub(super) number: usize,
    pub(super) name: String,
    /// The address of a session that is there; empty otherwise.
    pub(super) url: String,
    pub(super) mark: Mark,
    /// The clock face of its start.
    pub(super) face: String,
    pub(super) zone: &'static str,
    pub(super) wrong: Vec<Wrong>,
}

/// The verdicts with the names of their sessions. `is_done` tells whether the batch was carried out.
pub(super) fn rows(names: &[String], verdicts: &[Verdict], is_done: bool, context: &Context) -> Vec<VerdictRow> {
    let numbered = names.iter().zip(verdicts).zip(1..);
    numbered.map(|((name, verdict), number)| row(number, name, verdict, is_done, context)).collect()
}

fn row(number: usize, name: &str, verdict: &Verdict, is_done: bool, context: &Context) -> VerdictRow {
    let t = context.t;
    let refused = |word: String, wrong| VerdictRow {
        number,
        name: name.to_owned(),
        url: String::new(),
        mark: Mark { icon: "fail", tone: "bad", word },
        face: String::new(),
        zone: "",
        wrong,
    };
    let accepted = |session: &Session, icon, word: String, is_there: bool| VerdictRow {
        name: session.name.to_string(),
        url: if is_there { format!("{}/{}", context.url, session.guid) } else { String::new() },
        mark: Mark { icon, tone: "ok", word },
        face: face(session, context),
        zone: session.start.zone().name(),
        ..refused(String::new(), Vec::new())
    };
    match verdict {
        Verdict::Created(session) => {
            accepted(session, "plus", if is_done { t.sessions_verdict_created() } else { t.sessions_verdict_create() }, is_done)
        }
        Verdict::Updated(session) => {
            accepted(session, "done", if is_done { t.sessions_verdict_changed() } else { t.sessions_verdict_change() }, true)
        }
        Verdict::NotFound => refused(t.sessions_verdict_unknown(), Vec::new()),
        Verdict::Refused(violations) => {
            refused(t.sessions_verdict_refused(), violations.iter().map(|violation| wrong(t, violation)).collect())
        }
    }
}

fn face(session: &Session, context: &Context) -> String {
    let face = session.start.civil().to_naive();
    format!("{} {}", context.language.date(face.date()), clock(face))
}

fn wrong(t: Texts, violation: &Violation) -> Wrong {
    Wrong { field: problems::wire_name(violation.field), text: problems::of_session(t, violation.field, violation.problem) }
}

#[cfg(test)]
mod tests {
    use askama::Template;
    use chrono::NaiveDate;
    use derslik_domain::session::{Problem, SessionField};
    use derslik_domain::time::Zone;
    use derslik_testkit::builders::{guid, now, session};

    use super::*;
    use crate::locale::Language;

    fn context(language: Language) -> Context {
        let (today, zone) = (NaiveDate::from_ymd_opt(2025, 8, 5).unwrap(), Zone::ISTANBUL);
        Context { t: Texts::of(language), language, now: now(), today, zone, url: "/console/1/sessions".to_owned() }
    }

    fn verdicts() -> [Verdict; 4] {
        let past = Violation { field: SessionField::StartDate, problem: Problem::Past };
        [Verdict::Created(session(guid(1))), Verdict::Updated(session(guid(2))), Verdict::NotFound, Verdict::Refused(vec![past])]
    }

    fn names() -> Vec<String> {
        ["a", "b", "c", "<i>d</i>"].map(str::to_owned).to_vec()
    }

    #[test]
    fn each_session_has_its_verdict_and_the_reasons() {
        let rows = rows(&names(), &verdicts(), false, &context(Language::English));
        assert_eq!(rows.iter().map(|row| row.mark.tone).collect::<Vec<_>>(), ["ok", "ok", "bad", "bad"]);
        assert_eq!((rows[0].url.as_str(), rows[0].face.as_str()), ("", "5 Aug 2025 12:00"));
        assert!(rows[1].url.starts_with("/console/1/sessions/"));
        assert_eq!(rows[3].wrong.iter().map(|wrong| wrong.field.as_str()).collect::<Vec<_>>(), ["start_date"]);
        let counts = Counts::of(&verdicts());
        assert_eq!((counts.created, counts.changed, counts.refused, counts.has_work()), (1, 1, 2, true));
    }

    #[test]
    fn a_session_that_was_created_has_an_address() {
        let rows = rows(&names(), &verdicts(), true, &context(Language::English));
        assert!(rows[0].url.ends_with(&guid(1).to_string()));
    }

    #[derive(Template)]
    #[template(path = "sessions/verdicts.html")]
    struct VerdictsPart {
        t: Texts,
        rows: Vec<VerdictRow>,
    }

    #[test]
    fn hostile_names_stay_text() {
        let context = context(Language::Arabic);
        let html = VerdictsPart { t: context.t, rows: rows(&names(), &verdicts(), false, &context) }.render().unwrap();
        assert!(html.contains("/i") && !html.contains("<i>d"), "{html}");
    }
}
