//! The document of a seed: the content of an account, as people write it and read it in a review. `docs/seed.schema.json` describes it for
//! editors. Test control writes it into an account, and the builders of tests make values of the domain from it. Both read it here.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod nesting;
mod refusal;
mod values;

use serde::{Deserialize, Serialize};

pub use values::{MemberError, address_of, instant};

/// The content of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seed {
    /// The people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<SeedPerson>,
    /// The courses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub courses: Vec<SeedCourse>,
    /// The sessions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<SeedSession>,
    /// The jobs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<SeedJob>,
}

/// A person. The rest of the document names the person by the e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedPerson {
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: String,
    /// The surname.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub surname: String,
    /// The user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The role in the account.
    #[serde(default, skip_serializing_if = "SeedRole::is_member")]
    pub role: SeedRole,
}

/// The role of a person in the account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeedRole {
    /// An administrator.
    Admin,
    /// Any other person.
    #[default]
    Member,
}

impl SeedRole {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_member(&self) -> bool {
        *self == Self::Member
    }
}

/// A course with its aliases and its roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedCourse {
    /// The name.
    pub name: String,
    /// Who owns it.
    pub owner: String,
    /// `ACTIVE` if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// The heading of the description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description_heading: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The aliases, with `d:` or `p:` in front.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Who teaches it, beside the owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teachers: Vec<String>,
    /// Who attends it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub students: Vec<String>,
}

/// A session with its attendees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedSession {
    /// The name.
    pub name: String,
    /// When it starts: an instant, or a time that is relative to now, as `tomorrow 09:00`.
    pub start: String,
    /// In minutes.
    pub duration: i64,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<String>,
    /// Who attends it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attendees: Vec<SeedAttendee>,
}

/// An attendee: the address of a person of the account, or a guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SeedAttendee {
    /// The address of a person.
    Person(String),
    /// A guest.
    Guest(SeedGuest),
}

/// A guest of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedGuest {
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: String,
    /// The surname.
    pub surname: String,
}

/// The erasure of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedJob {
    /// The user, by any name.
    pub erase: String,
    /// When it starts; the next midnight in UTC if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
}

/// The longest document, in bytes.
pub const MAX_DOCUMENT: usize = 16 * 1024 * 1024;

/// The most objects of a document: people, courses, sessions and jobs, with the people, aliases and attendees in these.
pub const MAX_OBJECTS: usize = 150_000;

/// A document that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct SeedError {
    /// The member at fault, as `courses.0.owner`, if one is.
    pub field: Option<String>,
    /// The line at fault, counted from 1, if it is known.
    pub line: Option<usize>,
    /// What is wrong, in English.
    pub problem: String,
}

impl SeedError {
    fn of_document(line: Option<usize>, problem: impl Into<String>) -> Self {
        Self { field: None, line, problem: problem.into() }
    }
}

impl Seed {
    /// Reads a document in YAML, or in JSON, which is YAML as well. An empty one has no content. It takes a time that grows with the length
    /// of the document, which may begin with a byte order mark.
    ///
    /// # Errors
    /// [`SeedError`].
    pub fn parse(document: &str) -> Result<Self, SeedError> {
        let document = document.strip_prefix('\u{feff}').unwrap_or(document);
        if document.trim().is_empty() {
            return Ok(Self::default());
        }
        if document.len() > MAX_DOCUMENT {
            return Err(SeedError::of_document(None, format!("a document has at most {MAX_DOCUMENT} bytes, and not {}", document.len())));
        }
        if let Some(line) = nesting::too_deep(document) {
            let problem = format!("brackets are nested in more than {} others", nesting::MAX_DEPTH);
            return Err(SeedError::of_document(Some(line), problem));
        }
        let seed: Self = serde_yaml_ng::from_str(document).map_err(|error| refusal::of(&error))?;
        let objects = seed.objects();
        if objects > MAX_OBJECTS {
            return Err(SeedError::of_document(None, format!("a document has at most {MAX_OBJECTS} objects, and not {objects}")));
        }
        Ok(seed)
    }

    /// How many objects it has, counted as [`MAX_OBJECTS`] says.
    fn objects(&self) -> usize {
        let of_course = |course: &SeedCourse| 1 + course.aliases.len() + course.teachers.len() + course.students.len();
        let courses: usize = self.courses.iter().map(of_course).sum();
        let sessions: usize = self.sessions.iter().map(|session| 1 + session.attendees.len()).sum();
        self.people.len() + courses + sessions + self.jobs.len()
    }

    /// The document in YAML.
    ///
    /// # Errors
    /// [`SeedError`] if a text has no form in YAML.
    pub fn to_yaml(&self) -> Result<String, SeedError> {
        serde_yaml_ng::to_string(self).map_err(|error| SeedError::of_document(None, error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    /// A document with each member.
    const WHOLE: &str = r#"{
        "people": [{"email": "a@b.example", "name": "Ali", "surname": "Kaya", "username": "ali", "role": "admin"}],
        "courses": [{
            "name": "Kimya", "owner": "teacher", "state": "ARCHIVED", "section": "7A", "description_heading": "Konu",
            "description": "Uzun", "room": "7", "aliases": ["d:k"], "teachers": ["coteacher"], "students": ["student"]
        }],
        "sessions": [{
            "name": "Deney", "start": "now", "duration": 40, "description": "Uzun", "tags": "a,b",
            "attendees": ["a@b.example", {"email": "k@b.example", "name": "Konuk", "surname": "Kaya"}]
        }],
        "jobs": [{"erase": "ali", "start": "+1d"}]
    }"#;

    /// Fails unless each object has the members of its schema, and no others.
    fn compare(schema: &Value, value: &Value, place: &str) {
        match value {
            Value::Object(members) => {
                let known: BTreeSet<&String> = schema["properties"].as_object().unwrap().keys().collect();
                assert_eq!(members.keys().collect::<BTreeSet<_>>(), known, "{place}");
                members.iter().for_each(|(name, value)| compare(&schema["properties"][name], value, &format!("{place}.{name}")));
            }
            Value::Array(items) => {
                for item in items {
                    let kinds = schema["items"]["anyOf"].as_array();
                    let kind = kinds.and_then(|kinds| kinds.iter().find(|kind| (kind["type"] == "object") == item.is_object()));
                    compare(kind.unwrap_or(&schema["items"]), item, place);
                }
            }
            _ => assert!(schema.is_object(), "{place}"),
        }
    }

    #[test]
    fn the_schema_has_the_members_of_the_document() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/seed.schema.json");
        let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        compare(&schema, &serde_json::to_value(Seed::parse(WHOLE).unwrap()).unwrap(), "");
    }

    #[test]
    fn an_error_names_its_line() {
        for (document, line) in [
            ("people:\n  - email: a@b.example\n    name: Ali\n    age: 7\n", 4),
            ("courses:\n  - name: Kimya\n    owner: a@b.example\n  - name: Fizik\n", 4),
            ("sessions: [\n", 2),
        ] {
            let error = Seed::parse(document).unwrap_err();
            assert!(error.line.is_some_and(|found| found.abs_diff(line) <= 1), "{document}: {error:?}");
        }
    }

    #[test]
    fn an_error_names_the_member_what_was_written_and_what_may_stand_there() {
        for (document, field, problem) in [
            (
                "people:\n- email: a@b.example\n  name: Ali\n  surnme: Kaya\n",
                Some("people.0.surnme"),
                "there is no `surnme` here, but `email`, `name`, `surname`, `username`, `role`: did you mean `surname`?",
            ),
            (
                "poeple: []\n",
                Some("poeple"),
                "there is no `poeple` here, but `people`, `courses`, `sessions`, `jobs`: did you mean `people`?",
            ),
            ("courses:\n- name: Kimya\n", Some("courses.0.owner"), "it is missing"),
            (
                "people:\n- email: a@b.example\n  name: Ali\n  role: admn\n",
                Some("people.0.role"),
                "`admn` is none of `admin`, `member`: did you mean `admin`?",
            ),
            (
                "sessions:\n- name: Deney\n  start: now\n  duration: long\n",
                Some("sessions.0.duration"),
                "a whole number is needed, not \"long\"",
            ),
            ("people: 7\n", Some("people"), "a list is needed, not 7"),
            (
                "seeds/school.yaml",
                None,
                "the document is the text \"seeds/school.yaml\", and must have people, courses, sessions or jobs: send the content of the file",
            ),
        ] {
            let error = Seed::parse(document).unwrap_err();
            assert_eq!((error.field.as_deref(), error.problem.as_str()), (field, problem), "{document}");
        }
    }

    #[test]
    fn a_byte_order_mark_and_line_breaks_of_windows_are_read() {
        let seed = Seed::parse("\u{feff}people:\r\n- email: a@b.example\r\n  name: Ali\r\n").unwrap();
        assert_eq!(seed.people.first().map(|person| person.name.as_str()), Some("Ali"));
        assert_eq!(Seed::parse("\u{feff}\r\n").unwrap(), Seed::default());
    }

    #[test]
    fn deep_and_long_documents_are_refused_at_once() {
        let begin = std::time::Instant::now();
        for document in ["[".repeat(2_000_000), format!("people:\n- {}", "{a: ".repeat(500_000)), " ".repeat(MAX_DOCUMENT) + "a: 1"] {
            assert!(Seed::parse(&document).is_err());
        }
        // Without the bound it takes minutes.
        assert!(begin.elapsed() < std::time::Duration::from_secs(5), "{:?}", begin.elapsed());
    }

    #[test]
    fn a_document_with_too_many_objects_is_refused() {
        let document = |times: usize| format!("people:\n- &p {{email: a@b.example, name: Ali}}\n{}", "- *p\n".repeat(times));
        assert_eq!(Seed::parse(&document(99)).map(|seed| seed.people.len()), Ok(100));
        let error = Seed::parse(&document(MAX_OBJECTS)).unwrap_err();
        assert!(error.line.is_none() && !error.problem.is_empty(), "{error:?}");
    }

    #[test]
    fn json_is_read_as_well() {
        let seed = Seed::parse(r#"{"people": [{"email": "a@b.example", "name": "Ali", "role": "admin"}]}"#).unwrap();
        assert_eq!(seed.people.len(), 1);
        assert_eq!(seed.people.first().map(|person| person.role), Some(SeedRole::Admin));
    }

    #[test]
    fn a_document_is_written_as_it_is_read() {
        let document = "people:\n- email: ali@okul.example\n  name: Ali\nsessions:\n- name: Kimya\n  start: tomorrow 09:00\n  duration: 40\n  \
                        attendees:\n  - ali@okul.example\n";
        assert_eq!(Seed::parse(document).unwrap().to_yaml().unwrap(), document);
    }
}
