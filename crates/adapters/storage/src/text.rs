//! Texts as searches compare them.

/// The pattern of LIKE for whatever contains `text`, whose own wildcards are taken literally; the escape is a backslash.
pub(crate) fn contains(text: &str) -> String {
    format!("%{}%", escaped(text))
}

/// A text with the wildcards of LIKE taken literally.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
