//! The text of a statement that is written by hand.

use std::borrow::Cow;
use std::sync::OnceLock;

/// The text of a statement, with `:name` where a value stands. Line breaks, indentation and comments (lines that begin with `--`)
/// are for readers: they are removed once, and the server never gets them.
pub(crate) struct Statement {
    pub(super) name: &'static str,
    pub(super) source: Cow<'static, str>,
    sent: OnceLock<String>,
}

impl Statement {
    /// `name` is the name of the file in `sql/` that shows the finished statement.
    pub(crate) const fn new(name: &'static str, source: &'static str) -> Self {
        Self { name, source: Cow::Borrowed(source), sent: OnceLock::new() }
    }

    pub(super) fn composed(name: &'static str, source: String) -> Self {
        Self { name, source: Cow::Owned(source), sent: OnceLock::new() }
    }

    pub(super) fn sent(&self) -> &str {
        self.sent.get_or_init(|| one_line(&self.source))
    }
}

/// A text in one line, without its comments.
pub(super) fn one_line(source: &str) -> String {
    let lines = source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--"));
    lines.collect::<Vec<_>>().join(" ")
}

/// Splits a text before and after its first `:name`. A cast, `::type`, is not a name, and neither is the `:%M` of a time format.
pub(super) fn split_at_name(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let colon = from + text.get(from..)?.find(':')?;
        let (before, rest) = (text.get(..colon)?, text.get(colon + 1..)?);
        let end = rest.find(|letter: char| !(letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'));
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        if !before.ends_with(':') && name.starts_with(|letter: char| letter.is_ascii_lowercase()) {
            return Some((before, name, after));
        }
        from = colon + 1;
    }
}
