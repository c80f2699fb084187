//! Says in the words of people what the library that reads YAML has found wrong.

use derslik_domain::text::nearest;

use crate::SeedError;

/// The names of the groups of a document, with which the place of a fault begins.
const GROUPS: [&str; 4] = ["people", "courses", "sessions", "jobs"];

/// What the library calls values, and what people call them.
const WORDS: [(&str, &str); 11] = [
    ("a sequence", "a list"),
    ("a map", "a mapping"),
    ("a string", "a text"),
    ("i64", "a whole number"),
    ("struct SeedPerson", "a person with email and name"),
    ("struct SeedCourse", "a course with name and owner"),
    ("struct SeedSession", "a session with name, start and duration"),
    ("struct SeedGuest", "a guest with email, name and surname"),
    ("struct SeedJob", "a job with erase"),
    ("string or map", "a text"),
    ("unit variant", "a text"),
];

/// The error about a document.
pub(crate) fn of(error: &serde_yaml_ng::Error) -> SeedError {
    let text = error.to_string();
    let location = error.location();
    let line = location.as_ref().map(serde_yaml_ng::Location::line);
    let position = location.map(|location| format!(" at line {} column {}", location.line(), location.column()));
    let text = position.as_deref().and_then(|position| text.strip_suffix(position)).unwrap_or(&text);
    let (place, text) = match text.split_once(": ") {
        Some((place, rest)) if is_place(place) => (Some(place.replace('[', ".").replace(']', "")), rest),
        _ => (None, text),
    };
    let told = told(text);
    let field = match (place, told.member) {
        (Some(place), Some(member)) if !place.ends_with(&format!(".{member}")) => Some(format!("{place}.{member}")),
        (None, Some(member)) => Some(member.to_owned()),
        (place, _) => place,
    };
    SeedError { field, line, problem: told.problem }
}

fn is_place(text: &str) -> bool {
    let is_known = GROUPS.iter().any(|group| text.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.'])));
    is_known && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_[].".contains(&byte))
}

/// A problem, and the member that it is about where the place has only the object.
struct Told<'t> {
    member: Option<&'t str>,
    problem: String,
}

fn told(text: &str) -> Told<'_> {
    let without_member = |problem| Told { member: None, problem };
    if let Some((name, allowed)) = quoted_after(text, "unknown field `") {
        return Told { member: Some(name), problem: format!("there is no `{name}` here, but {}", suggested(name, allowed)) };
    }
    if let Some((name, _)) = quoted_after(text, "missing field `") {
        return Told { member: Some(name), problem: "it is missing".to_owned() };
    }
    if let Some((name, allowed)) = quoted_after(text, "unknown variant `") {
        return without_member(format!("`{name}` is none of {}", suggested(name, allowed)));
    }
    if text.contains("untagged enum SeedAttendee") {
        return without_member("an attendee is an e-mail address, or a guest with email, name and surname".to_owned());
    }
    let kinds = text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "));
    let Some((found, expected)) = kinds.and_then(|kinds| kinds.rsplit_once(", expected ")) else {
        return without_member(text.to_owned());
    };
    let found = shown(found);
    if expected == "struct Seed" {
        let is_path = [".yaml", ".yml", ".json"].iter().any(|end| found.trim_end_matches('"').ends_with(end));
        let found = if found.starts_with('"') { format!("the text {found}") } else { found };
        let hint = if is_path { ": send the content of the file" } else { "" };
        return without_member(format!("the document is {found}, and must have people, courses, sessions or jobs{hint}"));
    }
    let expected = WORDS.iter().find(|(word, _)| *word == expected).map_or(expected, |(_, shown)| *shown);
    without_member(format!("{expected} is needed, not {found}"))
}

/// The name behind a beginning, and what follows its closing mark.
fn quoted_after<'t>(text: &'t str, begin: &str) -> Option<(&'t str, &'t str)> {
    text.strip_prefix(begin)?.split_once('`')
}

/// The allowed names behind a wrong one, with the one that was probably meant.
fn suggested(name: &str, text: &str) -> String {
    let allowed: Vec<_> = text.split('`').skip(1).step_by(2).collect();
    let list = allowed.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match nearest(name, allowed) {
        Some(meant) => format!("{list}: did you mean `{meant}`?"),
        None => list,
    }
}

/// A value that was found: `string "x"` as `"x"`, and ``integer `7` `` as `7`.
fn shown(found: &str) -> String {
    let value = found.split_once(' ').filter(|(kind, _)| ["string", "integer", "boolean", "float"].contains(kind));
    let value = value.or_else(|| found.strip_prefix("floating point ").map(|value| ("float", value)));
    match (value, found) {
        (Some((_, value)), _) => value.trim_matches('`').to_owned(),
        (None, "sequence") => "a list".to_owned(),
        (None, "map") => "a mapping".to_owned(),
        (None, "unit value") => "nothing".to_owned(),
        (None, found) => found.to_owned(),
    }
}
