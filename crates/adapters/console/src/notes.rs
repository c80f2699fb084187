//! What was done, as the next page says it. A form answers with the address of a page and the number of a note, so that a reload does
//! nothing twice. A note is shown once.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many notes wait at most. The oldest one goes first.
const MOST: usize = 200;

/// How a note looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It was done.
    Ok,
    /// It was not done, or in part.
    Bad,
}

/// A note on a page. It may hold a secret, so it is neither printed nor compared.
#[derive(Clone)]
pub(crate) struct Note {
    /// How it looks.
    pub(crate) tone: Tone,
    /// A first sentence that can stand alone.
    pub(crate) text: String,
    /// What else there is to say.
    pub(crate) more: String,
    /// A secret that is shown this once, with a label each.
    pub(crate) secrets: Vec<(String, String)>,
}

impl Note {
    /// A note that something was done.
    pub(crate) fn ok(text: impl Into<String>) -> Self {
        Self { tone: Tone::Ok, text: text.into(), more: String::new(), secrets: Vec::new() }
    }

    /// A note that something was not done.
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self { tone: Tone::Bad, ..Self::ok(text) }
    }

    /// The same note with more to say.
    #[must_use]
    pub(crate) fn and(self, more: impl Into<String>) -> Self {
        Self { more: more.into(), ..self }
    }

    /// The same note with a secret.
    #[must_use]
    pub(crate) fn with_secret(mut self, label: impl Into<String>, secret: impl Into<String>) -> Self {
        self.secrets.push((label.into(), secret.into()));
        self
    }

    /// Whether it was done.
    pub(crate) fn is_ok(&self) -> bool {
        self.tone == Tone::Ok
    }
}

/// The notes that wait. Each belongs to one sign-in.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    last: u64,
    notes: VecDeque<(u64, String, Note)>,
}

impl Notes {
    /// Keeps a note for a visitor. Returns its number.
    pub(crate) fn leave(&self, visitor: &str, note: Note) -> u64 {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.last += 1;
        let number = waiting.last;
        if waiting.notes.len() >= MOST {
            waiting.notes.pop_front();
        }
        waiting.notes.push_back((number, visitor.to_owned(), note));
        number
    }

    /// The note of that number, if it was left for that visitor. It is there once.
    pub(crate) fn take(&self, visitor: &str, number: u64) -> Option<Note> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.notes.iter().position(|(other, owner, _)| *other == number && owner == visitor)?;
        waiting.notes.remove(at).map(|(_, _, note)| note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_shown_once_and_to_its_visitor_alone() {
        let notes = Notes::default();
        let number = notes.leave("ada", Note::ok("done").with_secret("key", "s"));
        assert!(notes.take("can", number).is_none());
        assert!(notes.take("ada", number).is_some_and(|note| note.is_ok()));
        assert!(notes.take("ada", number).is_none());
    }

    #[test]
    fn the_oldest_notes_go_first() {
        let notes = Notes::default();
        let first = notes.leave("ada", Note::bad("first"));
        let last = (0..MOST).map(|_| notes.leave("ada", Note::ok("more"))).last().unwrap();
        assert!(notes.take("ada", first).is_none());
        assert!(notes.take("ada", last).is_some());
    }
}
