//! Partial answers: the fields of a message that a client asks for, as `courses(id,name),nextPageToken`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::ClassroomError;
use super::schema::{Kind, Message};

/// The requested fields. An empty mask stands for every field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldsMask(BTreeMap<&'static str, FieldsMask>);

/// The deepest nesting of parentheses. No message is nested as deeply.
const MAX_DEPTH: usize = 16;

impl FieldsMask {
    /// Reads a mask of the fields of a message.
    ///
    /// # Errors
    /// The text is not a mask, or names a field that the message does not have.
    pub(super) fn parse(text: &str, message: &'static Message) -> Result<Self, ClassroomError> {
        let mut reader = Reader { rest: text };
        let mask = reader.list(message, 0).filter(|_| reader.rest.is_empty());
        mask.ok_or_else(|| ClassroomError::bad_fields(text))
    }

    /// Keeps only the requested fields of a value.
    pub(super) fn apply(&self, value: Value) -> Value {
        if self.0.is_empty() {
            return value;
        }
        match value {
            Value::Object(object) => Value::Object(
                object
                    .into_iter()
                    .filter_map(|(name, value)| {
                        let value = self.0.get(name.as_str())?.apply(value);
                        Some((name, value))
                    })
                    .collect(),
            ),
            Value::Array(values) => Value::Array(values.into_iter().map(|value| self.apply(value)).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
        }
    }

    /// Adds one requested field. A field that was requested as a whole stays so.
    fn add(&mut self, name: &'static str, below: Self) {
        match self.0.get_mut(name) {
            None => _ = self.0.insert(name, below),
            Some(known) if known.0.is_empty() => {}
            Some(known) if below.0.is_empty() => *known = below,
            Some(known) => {
                for (name, below) in below.0 {
                    known.add(name, below);
                }
            }
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, mark: char) -> bool {
        let rest = self.rest.trim_start();
        let taken = rest.strip_prefix(mark);
        self.rest = taken.unwrap_or(rest);
        taken.is_some()
    }

    /// `a,b/c,d(e,f)`
    fn list(&mut self, message: &'static Message, depth: usize) -> Option<FieldsMask> {
        let mut mask = FieldsMask::default();
        let mut takes_all = false;
        loop {
            match self.path(message, depth)? {
                Some((name, below)) => mask.add(name, below),
                None => takes_all = true,
            }
            if !self.take(',') {
                return Some(if takes_all { FieldsMask::default() } else { mask });
            }
        }
    }

    /// One path; `None` in it stands for `*`.
    #[expect(clippy::option_option, reason = "failed, every field, one field")]
    fn path(&mut self, message: &'static Message, depth: usize) -> Option<Option<(&'static str, FieldsMask)>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let rest = self.rest.trim_start();
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && letter != '*').unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        self.rest = rest;
        if name == "*" {
            return Some(None);
        }
        let field = message.field(name)?;
        let below = match field.kind {
            Kind::One(below) | Kind::Many(below) => Some(below),
            Kind::Text | Kind::Flag | Kind::Int32 | Kind::Double | Kind::Time | Kind::Choice(_) | Kind::Texts | Kind::Map(_) => None,
        };
        if self.take('/') || self.take('.') {
            let path = self.path(below?, depth + 1)?;
            let mut mask = FieldsMask::default();
            if let Some((name, below)) = path {
                mask.add(name, below);
            }
            return Some(Some((field.name, mask)));
        }
        if self.take('(') {
            let mask = self.list(below?, depth + 1)?;
            return self.take(')').then_some(Some((field.name, mask)));
        }
        Some(Some((field.name, FieldsMask::default())))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::schema::{field, text};
    use super::*;

    static FOLDER: Message = Message { name: "Folder", union: None, fields: &[text("id", ""), text("title", "")] };

    static LESSON: Message = Message {
        name: "Lesson",
        union: None,
        fields: &[text("id", ""), text("name", ""), field("teacherFolder", Kind::One(&FOLDER), "")],
    };

    static LESSONS: Message = Message {
        name: "ListLessonsResponse",
        union: None,
        fields: &[field("lessons", Kind::Many(&LESSON), ""), text("nextPageToken", "")],
    };

    fn partial(fields: &str) -> Value {
        let whole = json!({
            "lessons": [{ "id": "1", "name": "a", "teacherFolder": { "id": "f", "title": "t" } }, { "id": "2" }],
            "nextPageToken": "t",
        });
        FieldsMask::parse(fields, &LESSONS).unwrap().apply(whole)
    }

    #[test]
    fn a_mask_keeps_the_fields_that_it_names() {
        assert_eq!(partial("nextPageToken"), json!({ "nextPageToken": "t" }));
        assert_eq!(partial("lessons(id,name)"), json!({ "lessons": [{ "id": "1", "name": "a" }, { "id": "2" }] }));
        assert_eq!(partial("lessons/teacher_folder/id"), json!({ "lessons": [{ "teacherFolder": { "id": "f" } }, {}] }));
        assert_eq!(partial("lessons/id, lessons/name"), partial("lessons(id, name)"));
        assert_eq!(partial("*"), partial("lessons,nextPageToken"));
        assert_eq!(partial("lessons,lessons/id"), partial("lessons"));
        assert_eq!(partial("lessons(*)"), partial("lessons"));
    }

    #[rstest]
    fn other_fields_and_other_syntax_are_refused(
        #[values(
            "lesson",
            "lessons(",
            "lessons(id",
            "lessons(id))",
            "lessons()",
            "nextPageToken/id",
            ",",
            "lessons id",
            "lessons(id,,name)"
        )]
        fields: &str,
    ) {
        assert!(FieldsMask::parse(fields, &LESSONS).is_err(), "{fields}");
    }

    #[test]
    fn a_mask_is_never_too_deep_to_read() {
        assert!(FieldsMask::parse(&"lessons(".repeat(100_000), &LESSONS).is_err());
    }
}
