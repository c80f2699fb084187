//! The output of a command: text for people, or one JSON document.

use std::io::Write;

use clap::ValueEnum;
use derslik_domain::time::{Timestamp, Zone};
use serde_json::Value;

use super::Failure;

/// How a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Output {
    /// Prints one of the two to standard output, with a line break at the end.
    pub(super) fn print(self, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) -> Result<(), Failure> {
        let printed = match self {
            Self::Text => text(),
            Self::Json => json().to_string(),
        };
        let mut out = std::io::stdout().lock();
        let written = writeln!(out, "{printed}").and_then(|()| out.flush());
        written.map_err(|error| Failure::Other(anyhow::Error::new(error).context("standard output")))
    }

    /// Prints a secret that is not shown again. If that fails, no one has the secret: `withdraw` ends what it opens, and tells what became
    /// of that.
    pub(super) fn print_once(
        self,
        text: impl FnOnce() -> String,
        json: impl FnOnce() -> Value,
        withdraw: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        self.print(text, json).map_err(|failure| {
            let (_, error) = failure.parts();
            Failure::Other(error.context(withdraw()))
        })
    }

    /// Prints a list: one line for each item, and nothing for an empty list, or a JSON array.
    pub(super) fn print_list<T>(self, items: &[T], line: impl Fn(&T) -> String, json: impl Fn(&T) -> Value) -> Result<(), Failure> {
        if self == Self::Text && items.is_empty() {
            return Ok(());
        }
        let text = || items.iter().map(line).collect::<Vec<_>>().join("\n");
        self.print(text, || items.iter().map(json).collect())
    }
}

/// An instant as a line for people shows it: in UTC, cut to the second. JSON has all of it.
pub(super) fn second(instant: Timestamp) -> String {
    let whole = instant.micros() - instant.micros().rem_euclid(1_000_000);
    let shown = Timestamp::from_micros(whole).in_zone(Zone::UTC).to_string();
    shown.strip_suffix("+00:00").map_or_else(|| shown.clone(), |face| format!("{face}Z"))
}

/// A text without the control characters that would break a line, or that a terminal would obey.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_whole_seconds_of_utc() {
        for (instant, shown) in [
            ("2025-02-06T13:07:35.123456Z", "2025-02-06T13:07:35Z"),
            ("2025-02-06T13:07:35Z", "2025-02-06T13:07:35Z"),
            ("1969-12-31T23:59:58.5Z", "1969-12-31T23:59:58Z"),
        ] {
            assert_eq!(second(instant.parse().unwrap()), shown);
        }
    }
}
