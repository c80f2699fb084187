//! A batch as JSON: an array of objects with the field names of the wire. Unknown fields are ignored, and comments are left out.

use std::fmt;

use derslik_domain::form::{Field, RawText};
use derslik_domain::session::{BatchItem, OptionName, OptionsForm, Problem, SessionField, SessionForm, SessionStatus, Target, Violation};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::lines::{Line, Unreadable};
use crate::sessions::options::FLAGS;

/// Reads the sessions of an array.
pub(super) fn read(text: &str) -> Result<Vec<Line>, Unreadable> {
    let text = without_comments(text);
    let items: Result<Vec<&RawValue>, _> = serde_json::from_str(&text);
    let items = items.map_err(|error| {
        if error.is_data() { Unreadable::NoArray } else { Unreadable::Json { line: error.line(), column: error.column() } }
    })?;
    Ok(items.into_iter().map(line).collect())
}

fn line(raw: &RawValue) -> Line {
    let Some(members) = object(raw) else { return Line::unreadable(String::new()) };
    let name = match members.text("name") {
        Field::Given(name) => String::from_utf8_lossy(&name).into_owned(),
        _ => String::new(),
    };
    let unreadable = |problem| BatchItem::Unreadable(Violation { field: SessionField::Guid, problem });
    let item = match members.text("session_guid") {
        Field::Missing | Field::Null => session(Target::New, &members),
        Field::Given(guid) => {
            let guid = std::str::from_utf8(&guid).ok().and_then(|guid| guid.parse().ok());
            session(guid.map_or(Target::Impossible, Target::Existing), &members)
        }
        Field::Mistyped => unreadable(Problem::Mistyped),
        Field::Repeated => unreadable(Problem::Repeated),
    };
    Line { name, item }
}

fn session(target: Target, members: &Members<'_>) -> BatchItem {
    let form = SessionForm {
        name: members.text("name"),
        description: members.text("description"),
        tags: members.text("tags"),
        start_date: members.text("start_date"),
        duration: members.field("duration", |raw| integer(raw).or_else(|| text(raw)?.trim().parse().ok())),
        lang: members.text("lang"),
        allow_recording: members.field("allow_recording", boolean),
        inaccessible_replay: members.field("inaccessible_replay", boolean),
        options: members.field("options", object).map(|options| read_options(&options)),
        timezone: members.text("timezone"),
        status: members.field("status", integer).map(SessionStatus::by_code),
    };
    BatchItem::Session(target, Box::new(form))
}

fn read_options(members: &Members<'_>) -> OptionsForm {
    let mut form = OptionsForm {
        preparation_time: members.field("preparation_time", integer),
        return_url: members.text("return_url"),
        ..OptionsForm::default()
    };
    read_flags(&mut form, members, "");
    for (group, name) in [("chat", OptionName::Chat), ("duration", OptionName::Duration)] {
        match members.field(group, object).given() {
            Ok(Some(inner)) => read_flags(&mut form, &inner, group),
            Ok(None) => {}
            Err(fault) => form.faults.push((name, fault)),
        }
    }
    form
}

/// Reads the switches of a group; those of no group have an empty one.
fn read_flags(form: &mut OptionsForm, members: &Members<'_>, group: &str) {
    for (path, flag) in FLAGS {
        let (of, name) = path.split_once('.').unwrap_or(("", path));
        if of != group {
            continue;
        }
        match members.field(name, boolean).given() {
            Ok(Some(on)) => form.flags = form.flags.with(flag, on),
            Ok(None) => {}
            Err(fault) => form.faults.push((OptionName::Flag(flag), fault)),
        }
    }
}

/// The members of an object, in the order in which they stand there.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    fn field<T>(&self, name: &str, read: impl FnOnce(&'a RawValue) -> Option<T>) -> Field<T> {
        let mut found = self.0.iter().filter(|(other, _)| other == name);
        match (found.next(), found.next()) {
            (None, _) => Field::Missing,
            (Some(_), Some(_)) => Field::Repeated,
            (Some((_, raw)), None) if raw.get() == "null" => Field::Null,
            (Some((_, raw)), None) => read(raw).map_or(Field::Mistyped, Field::Given),
        }
    }

    fn text(&self, name: &str) -> Field<RawText> {
        self.field(name, text).map(String::into_bytes)
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<String, &'de RawValue>()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

fn object(raw: &RawValue) -> Option<Members<'_>> {
    serde_json::from_str(raw.get()).ok()
}

fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

fn integer(raw: &RawValue) -> Option<i64> {
    raw.get().parse().ok()
}

fn boolean(raw: &RawValue) -> Option<bool> {
    raw.get().parse().ok()
}

/// The text with blanks in place of its comments, from `//` to the end of the line and from `/*` to `*/`. Lines and columns stay.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut state = Inside::Json;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match state {
            Inside::Json if letter == '/' && letters.next_if_eq(&'/').is_some() => {
                kept.push_str("  ");
                state = Inside::Line;
            }
            Inside::Json if letter == '/' && letters.next_if_eq(&'*').is_some() => {
                kept.push_str("  ");
                state = Inside::Comment;
            }
            Inside::Json => {
                kept.push(letter);
                if letter == '"' {
                    state = Inside::Text;
                }
            }
            Inside::Text => {
                kept.push(letter);
                if letter == '\\' {
                    kept.extend(letters.next());
                } else if letter == '"' {
                    state = Inside::Json;
                }
            }
            Inside::Comment if letter == '*' && letters.next_if_eq(&'/').is_some() => {
                kept.push_str("  ");
                state = Inside::Json;
            }
            Inside::Line if letter == '\n' => {
                kept.push(letter);
                state = Inside::Json;
            }
            Inside::Line | Inside::Comment => kept.push(if letter == '\n' { letter } else { ' ' }),
        }
    }
    kept
}

/// What a character belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Json,
    Text,
    Line,
    Comment,
}

#[cfg(test)]
mod tests {
    use derslik_domain::form::FieldFault;
    use derslik_domain::session::OptionFlag;

    use super::*;

    fn form(text: &str) -> SessionForm {
        match read(text).unwrap().remove(0).item {
            BatchItem::Session(_, form) => *form,
            other @ BatchItem::Unreadable(_) => panic!("not a session: {other:?}"),
        }
    }

    #[test]
    fn the_fields_of_the_wire_become_those_of_the_form() {
        let text = r#"[ // a comment
            {"session_guid": null, "name": "A \"b\"", "start_date": "2026-11-25T10:00:00Z", "duration": "80", "status": 0, "lang": "tr-TR",
             /* another */ "allow_recording": false, "timezone": "Europe/Berlin", "unknown": {"a": []},
             "options": {"preparation_time": 5, "return_url": "https://a/b", "allow_rating": false, "chat": {"offMessageModule": true}}}]"#;
        let lines = read(text).unwrap();
        assert_eq!(lines[0].name, "A \"b\"");
        assert!(matches!(lines[0].item, BatchItem::Session(Target::New, _)));
        let form = form(text);
        assert_eq!(
            (form.duration, form.allow_recording, form.inaccessible_replay),
            (Field::Given(80), Field::Given(false), Field::Missing)
        );
        assert_eq!(form.status, Field::Given(Some(SessionStatus::Passive)));
        let Field::Given(options) = form.options else { panic!("options") };
        assert_eq!(options.flags.iter().count(), 2);
        assert_eq!(options.flags.get(OptionFlag::ChatOffMessageModule), Some(true));
        assert_eq!((options.preparation_time, options.return_url), (Field::Given(5), Field::Given(b"https://a/b".to_vec())));
    }

    #[test]
    fn wrong_types_and_repeated_fields_are_told() {
        let form = form(r#"[{"name": 1, "tags": null, "lang": "tr", "lang": "en", "options": {"chat": [], "start_active": "yes"}}]"#);
        assert_eq!((form.name, form.tags, form.lang), (Field::Mistyped, Field::Null, Field::Repeated));
        let Field::Given(options) = form.options else { panic!("options") };
        let flag = (OptionName::Flag(OptionFlag::StartActive), FieldFault::Mistyped);
        assert_eq!(options.faults, [flag, (OptionName::Chat, FieldFault::Mistyped)]);
    }

    #[test]
    fn changes_name_their_session() {
        let guid = "61E3D504-13EE-447F-9B36-6686C5C39FEB";
        let lines = read(&format!(r#"[{{"session_guid": "{guid}"}}, {{"session_guid": "x"}}, {{"session_guid": 7}}, 7]"#)).unwrap();
        assert!(matches!(&lines[0].item, BatchItem::Session(Target::Existing(found), _) if found.to_string() == guid));
        assert!(matches!(lines[1].item, BatchItem::Session(Target::Impossible, _)));
        assert!(matches!(lines[2].item, BatchItem::Unreadable(Violation { field: SessionField::Guid, .. })));
        assert_eq!(lines[3], Line::unreadable(String::new()));
    }

    #[test]
    fn a_text_that_is_not_an_array_of_json_says_where() {
        assert_eq!(read("{}"), Err(Unreadable::NoArray));
        assert!(matches!(read("// one\n[{]"), Err(Unreadable::Json { line: 2, .. })));
        assert_eq!(without_comments("\"//\\\"/*\" / // x\n/* y\n */1"), "\"//\\\"/*\" /     \n    \n   1");
    }
}
