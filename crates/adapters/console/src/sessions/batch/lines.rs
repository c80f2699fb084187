//! A pasted batch: JSON as the API of sessions takes it, or CSV with a line of names.

use derslik_domain::session::{Batch, BatchItem, Problem, SessionField, Violation};

use super::{csv, json};
use crate::texts::Texts;

/// One session of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The name, as far as it can be read.
    pub(super) name: String,
    pub(super) item: BatchItem,
}

impl Line {
    /// A line that can't be read as a session.
    pub(super) const fn unreadable(name: String) -> Self {
        Self { name, item: BatchItem::Unreadable(Violation { field: SessionField::Item, problem: Problem::Mistyped }) }
    }
}

/// Why a text is not a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// There is no session in it.
    Empty,
    /// It is not JSON from this line and column on.
    Json { line: usize, column: usize },
    /// It is JSON, but not an array.
    NoArray,
    /// A quotation that begins in this line does not end.
    Quotation { line: usize },
    /// These names of columns are unknown, or stand there twice.
    Columns(String),
    /// There are more sessions than a batch may have.
    TooMany { count: usize },
}

impl Unreadable {
    pub(super) fn text(&self, t: Texts) -> String {
        match self {
            Self::Empty => t.sessions_batch_empty(),
            Self::Json { line, column } => t.sessions_batch_no_json(*column, *line),
            Self::NoArray => t.sessions_batch_no_array(),
            Self::Quotation { line } => t.sessions_batch_quotation(*line),
            Self::Columns(names) => t.sessions_batch_columns(names.as_str()),
            Self::TooMany { count } => t.sessions_batch_too_many(*count, Batch::DEFAULT_MAX_ITEMS),
        }
    }
}

/// Reads a batch.
pub(super) fn read(text: &str) -> Result<Vec<Line>, Unreadable> {
    // Browsers send other ends of lines than files have.
    let text = text.replace("\r\n", "\n");
    let text = text.trim_start().trim_start_matches('\u{feff}').trim();
    let lines = if text.starts_with(['[', '{', '/']) { json::read(text)? } else { csv::read(text)? };
    match lines.len() {
        0 => Err(Unreadable::Empty),
        count if count > Batch::DEFAULT_MAX_ITEMS => Err(Unreadable::TooMany { count }),
        _ => Ok(lines),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    #[test]
    fn the_first_character_tells_json_from_csv() {
        assert_eq!(read("\u{feff} [{\"name\": \"a\"}] ").unwrap().len(), 1);
        assert_eq!(read("\u{feff}name;duration\na;45\nb;30\n").unwrap().len(), 2);
        assert_eq!((read(""), read("[]"), read("name\n")), (Err(Unreadable::Empty), Err(Unreadable::Empty), Err(Unreadable::Empty)));
        let many = format!("name\n{}", "a\n".repeat(Batch::DEFAULT_MAX_ITEMS + 1));
        assert_eq!(read(&many), Err(Unreadable::TooMany { count: Batch::DEFAULT_MAX_ITEMS + 1 }));
    }

    #[test]
    fn each_fault_has_a_sentence() {
        let all = [
            Unreadable::Empty,
            Unreadable::Json { line: 1, column: 2 },
            Unreadable::NoArray,
            Unreadable::Quotation { line: 3 },
            Unreadable::Columns("colour".to_owned()),
            Unreadable::TooMany { count: 1_001 },
        ];
        for t in Language::ALL.map(Texts::of) {
            assert!(all.iter().all(|fault| !fault.text(t).starts_with("sessions-")));
        }
    }
}
