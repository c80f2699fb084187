//! The document of a seed. `docs/seed.schema.json` describes it for editors.

use derslik_ports::inbound::control::ControlError;
use serde::{Deserialize, Serialize};

/// The content of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::control) struct Seed {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) people: Vec<SeedPerson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) courses: Vec<SeedCourse>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sessions: Vec<SeedSession>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) jobs: Vec<SeedJob>,
}

/// A person. The rest of the document names the person by the e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedPerson {
    pub(super) email: String,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) surname: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) username: Option<String>,
    #[serde(default, skip_serializing_if = "SeedRole::is_member")]
    pub(super) role: SeedRole,
}

/// The role of a person in the account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SeedRole {
    Admin,
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
pub(super) struct SeedCourse {
    pub(super) name: String,
    /// Who owns it.
    pub(super) owner: String,
    /// `ACTIVE` if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) section: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description_heading: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) room: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) aliases: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) teachers: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) students: Vec<String>,
}

/// A session with its attendees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedSession {
    pub(super) name: String,
    /// A [`RelativeTime`](derslik_domain::relative::RelativeTime).
    pub(super) start: String,
    /// In minutes.
    pub(super) duration: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tags: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) attendees: Vec<SeedAttendee>,
}

/// An attendee: the address of a person of the account, or a guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum SeedAttendee {
    Person(String),
    Guest(SeedGuest),
}

/// A guest of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedGuest {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) surname: String,
}

/// The erasure of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedJob {
    /// The user, by any name.
    pub(super) erase: String,
    /// When it starts; the next midnight in UTC if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<String>,
}

/// Reads a document in YAML, or in JSON, which is YAML as well.
pub(in crate::control) fn parse(document: &str) -> Result<Seed, ControlError> {
    if document.trim().is_empty() {
        return Ok(Seed::default());
    }
    serde_yaml_ng::from_str(document).map_err(|error| ControlError::Invalid {
        field: None,
        line: error.location().map(|location| location.line()),
        problem: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_line() {
        for (document, line) in [
            ("people:\n  - email: a@b.example\n    name: Ali\n    age: 7\n", 4),
            ("courses:\n  - name: Kimya\n    owner: a@b.example\n  - name: Fizik\n", 4),
            ("sessions: [\n", 2),
        ] {
            let error = parse(document).unwrap_err();
            assert!(matches!(error, ControlError::Invalid { line: Some(found), .. } if found.abs_diff(line) <= 1), "{document}: {error:?}");
        }
    }

    #[test]
    fn json_is_read_as_well() {
        let seed = parse(r#"{"people": [{"email": "a@b.example", "name": "Ali", "role": "admin"}]}"#).unwrap();
        assert_eq!(seed.people.len(), 1);
        assert_eq!(seed.people.first().map(|person| person.role), Some(SeedRole::Admin));
    }

    #[test]
    fn a_document_is_written_as_it_is_read() {
        let document = "people:\n- email: ali@okul.example\n  name: Ali\nsessions:\n- name: Kimya\n  start: tomorrow 09:00\n  duration: 40\n  \
                        attendees:\n  - ali@okul.example\n";
        assert_eq!(serde_yaml_ng::to_string(&parse(document).unwrap()).unwrap(), document);
    }
}
