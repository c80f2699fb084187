//! A line of the list.

use std::time::Duration;

use chrono::Timelike;
use derslik_domain::fault::Api;
use derslik_domain::idempotency::AnswerCode;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::control::{JournalEntry, RecordedRequest};

use crate::fields::Fields;
use crate::locale::Language;
use crate::texts::Texts;

/// What the lines of a list share.
#[derive(Debug, Clone)]
pub(super) struct Pen {
    pub(super) t: Texts,
    pub(super) language: Language,
    pub(super) zone: Zone,
    /// The address of the list.
    pub(super) url: String,
    /// The query of the list, which a line keeps.
    pub(super) query: Fields,
    /// The number of the opened request.
    pub(super) opened: Option<u64>,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) at: String,
    /// The milliseconds of a time of today, with the mark before them.
    pub(super) millis: String,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) url: String,
    pub(super) api: &'static str,
    /// What a fault did to it, or an empty text.
    pub(super) fault: String,
    pub(super) answer: Badge,
    pub(super) took: String,
    pub(super) is_open: bool,
}

/// An answer as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Badge {
    /// The class of its colour.
    pub(super) tone: &'static str,
    /// The name of its icon.
    pub(super) icon: &'static str,
    pub(super) word: String,
}

impl Badge {
    /// The answer to a request.
    pub(super) fn of(request: &RecordedRequest, t: Texts) -> Self {
        let Some(status) = request.answer.map(AnswerCode::get) else {
            return Self { tone: "bad", icon: "bolt", word: t.requests_no_answer() };
        };
        let (tone, icon) = match status {
            207 | 429 => ("warn", "warn"),
            ..=299 => ("ok", "done"),
            300..=399 => ("off", "to"),
            400..=499 => ("warn", "ban"),
            500.. => ("bad", "fail"),
        };
        Self { tone, icon, word: status.to_string() }
    }
}

impl Pen {
    /// The lines of a list, the newest request first.
    pub(super) fn rows<'a>(&self, entries: impl IntoIterator<Item = &'a JournalEntry>) -> Vec<Row> {
        let mut entries = entries.into_iter().peekable();
        // Requests are recorded in real time, which the newest of them is close to.
        let Some(newest) = entries.peek().map(|entry| entry.at) else { return Vec::new() };
        entries.map(|entry| self.row(entry, newest)).collect()
    }

    fn row(&self, entry: &JournalEntry, now: Timestamp) -> Row {
        let (request, face) = (entry.request(), entry.at.in_zone(self.zone).face());
        let is_today = face.date() == now.in_zone(self.zone).face().date();
        Row {
            at: self.language.when(entry.at, now, self.zone),
            millis: if is_today { format!(".{:03}", face.nanosecond() / 1_000_000) } else { String::new() },
            method: request.method.clone(),
            target: target(request),
            url: format!("{}/{}{}", self.url, entry.number, self.query.with(&[("note", None)])),
            api: request.api.map_or("–", Api::name),
            fault: request.fault.map(|_| self.t.requests_by_a_fault()).unwrap_or_default(),
            answer: Badge::of(request, self.t),
            took: took(request, self.language, self.t),
            is_open: self.opened == Some(entry.number),
        }
    }
}

/// The path with the query.
pub(super) fn target(request: &RecordedRequest) -> String {
    let separator = if request.query.is_empty() { "" } else { "?" };
    format!("{}{separator}{}", request.path, request.query)
}

/// How long a request took.
pub(super) fn took(request: &RecordedRequest, language: Language, t: Texts) -> String {
    millis(request.took, language, t)
}

/// A span in milliseconds.
pub(super) fn millis(span: Duration, language: Language, t: Texts) -> String {
    t.requests_millis(language.decimal(span.as_secs_f64() * 1_000.0, 1))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{entry, request};
    use super::*;

    fn pen() -> Pen {
        let (t, language) = (Texts::of(Language::English), Language::English);
        let query = Fields::read(b"api=courses&note=7");
        Pen { t, language, zone: Zone::ISTANBUL, url: "/console/7/requests".to_owned(), query, opened: Some(2) }
    }

    #[test]
    fn a_line_has_the_time_the_target_and_the_answer() {
        let rows = pen().rows([&entry(2, request(), None), &entry(1, request(), None)]);
        let row = &rows[0];
        assert_eq!((row.at.as_str(), row.millis.as_str(), row.target.as_str()), ("10:24:06", ".412", "/v1/courses?alt=json"));
        assert_eq!(row.url, "/console/7/requests/2?api=courses");
        assert_eq!((row.answer.tone, row.answer.word.as_str(), row.is_open, rows[1].is_open), ("ok", "200", true, false));
        assert!(row.took.starts_with("1.5"), "{}", row.took);
        assert!(pen().rows([]).is_empty());
    }

    #[test]
    fn each_class_of_answers_has_a_look() {
        let t = Texts::of(Language::English);
        let tone = |answer: Option<u16>| Badge::of(&RecordedRequest { answer: answer.map(AnswerCode::new), ..request() }, t).tone;
        assert_eq!([200, 207, 304, 404, 500].map(|status| tone(Some(status))), ["ok", "warn", "off", "warn", "bad"]);
        assert_eq!(tone(None), "bad");
    }
}
