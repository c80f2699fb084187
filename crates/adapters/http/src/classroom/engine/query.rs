//! The query of a request: escapes, the parameters of every method, and those of one method. This module does not know the
//! meaning of the values.

use super::error::ClassroomError;
use super::fields::FieldsMask;
use super::schema::{Choice, Message, PREVIEW_VERSION, snake};
use crate::percent;

/// A text with its percent escapes decoded. `None` where the result is not UTF-8, or holds a NUL.
pub(super) fn decode(raw: &str) -> Option<String> {
    String::from_utf8(percent::decode(raw)).ok().filter(|text| !text.contains('\0'))
}

/// The pairs of a query or of a form.
///
/// # Errors
/// An escape that is not valid text.
pub(super) fn pairs(raw: &str) -> Result<Vec<(String, String)>, ClassroomError> {
    let read = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        decode(&name.replace('+', " ")).zip(decode(&value.replace('+', " ")))
    };
    let pairs: Option<Vec<_>> = raw.split('&').filter(|pair| !pair.is_empty()).map(read).collect();
    pairs.ok_or_else(|| ClassroomError::invalid("Request contains an invalid argument."))
}

/// The parameters of every method.
#[derive(Debug, Default)]
pub(super) struct System {
    pub(super) compact: bool,
    /// Whether the client wants errors without the older list of errors.
    pub(super) newer_errors: bool,
    pub(super) fields: Option<String>,
    pub(super) access_token: Option<String>,
}

/// Parameters of every method that have no effect here.
const IGNORED: [&str; 8] = ["key", "quotaUser", "userIp", "uploadType", "upload_protocol", "callback", "uploadProtocol", "trace"];

impl System {
    /// Takes the parameters of every method out of a query. A fault is reported only after the format of errors is known.
    pub(super) fn take(pairs: &mut Vec<(String, String)>) -> (Self, Result<(), ClassroomError>) {
        let (mut system, mut checked) = (Self::default(), Ok(()));
        pairs.retain(|(name, value)| {
            match name.as_str() {
                "prettyPrint" | "pp" => match value.as_str() {
                    "true" | "1" | "" => system.compact = false,
                    "false" | "0" => system.compact = true,
                    _ => checked = Err(ClassroomError::bad_parameter(name, "TYPE_BOOL", value)),
                },
                "$.xgafv" => match value.as_str() {
                    "1" | "" => system.newer_errors = false,
                    "2" => system.newer_errors = true,
                    _ => checked = Err(ClassroomError::bad_parameter(name, "TYPE_ENUM", value)),
                },
                "alt" => {
                    if !matches!(value.as_str(), "json" | "") {
                        checked = Err(ClassroomError::bad_parameter(name, "TYPE_ENUM", value));
                    }
                }
                "fields" => system.fields = Some(value.clone()).filter(|fields| !fields.is_empty()),
                "access_token" | "oauth_token" => system.access_token = Some(value.clone()),
                ignored if IGNORED.contains(&ignored) => {}
                _ => return true,
            }
            false
        });
        (system, checked)
    }

    /// The mask of the requested fields of a message, if the client asks for some only.
    ///
    /// # Errors
    /// The message does not have the fields.
    pub(super) fn mask(&self, message: &'static Message) -> Result<Option<FieldsMask>, ClassroomError> {
        self.fields.as_deref().map(|fields| FieldsMask::parse(fields, message)).transpose()
    }
}

/// A parameter of the query of a method.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(super) kind: ParameterKind,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ParameterKind {
    Text,
    Int32,
    FieldMask,
    /// A value of an enumeration.
    Choice(&'static Choice),
    /// Values of an enumeration: the parameter may be sent several times.
    Choices(&'static Choice),
    /// The preview version, which the answer repeats.
    Preview,
}

impl Parameter {
    pub(crate) const fn new(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, kind }
    }
}

pub(crate) const PREVIEW: Parameter = Parameter::new("previewVersion", ParameterKind::Preview);
pub(crate) const PAGE_SIZE: Parameter = Parameter::new("pageSize", ParameterKind::Int32);
pub(crate) const PAGE_TOKEN: Parameter = Parameter::new("pageToken", ParameterKind::Text);

/// The parameters of a method without any of its own.
pub(crate) static ONLY_PREVIEW: [Parameter; 1] = [PREVIEW];
/// The parameters of a change of some fields.
pub(crate) static MASKED: [Parameter; 2] = [Parameter::new("updateMask", ParameterKind::FieldMask), PREVIEW];
/// The parameters of a list.
pub(crate) static PAGED: [Parameter; 3] = [PAGE_SIZE, PAGE_TOKEN, PREVIEW];

/// The parameters of one method, as they were sent.
#[derive(Debug)]
pub(crate) struct Query {
    pairs: Vec<(&'static str, String)>,
    /// The requested preview version, which the answer repeats.
    pub(crate) preview: Option<&'static str>,
}

impl Query {
    /// Checks the names of the parameters, and their values against their types.
    ///
    /// # Errors
    /// The first fault.
    pub(super) fn read(parameters: &[Parameter], pairs: Vec<(String, String)>) -> Result<Self, ClassroomError> {
        let mut known: Vec<(&'static str, String)> = Vec::with_capacity(pairs.len());
        let mut preview = None;
        for (name, value) in pairs {
            let parameter = parameters.iter().find(|parameter| parameter.name == name || snake(parameter.name) == name);
            let parameter = parameter.ok_or_else(|| ClassroomError::unknown_parameter(&name))?;
            let repeats = known.iter().any(|(known, _)| *known == parameter.name);
            if repeats && !matches!(parameter.kind, ParameterKind::Choices(_)) {
                return Err(ClassroomError::repeated_parameter(&name));
            }
            match parameter.kind {
                ParameterKind::Preview if value.is_empty() => {}
                ParameterKind::Preview => {
                    let version = PREVIEW_VERSION.values.iter().find(|version| **version == value);
                    preview = Some(*version.ok_or_else(|| ClassroomError::bad_enum_parameter(&name, PREVIEW_VERSION.name, &value))?);
                }
                ParameterKind::Choice(choice) | ParameterKind::Choices(choice)
                    if !value.is_empty() && !choice.values.contains(&value.as_str()) =>
                {
                    return Err(ClassroomError::bad_enum_parameter(&name, choice.name, &value));
                }
                ParameterKind::Int32 if !value.is_empty() && value.parse::<i32>().is_err() => {
                    return Err(ClassroomError::bad_parameter(&name, "TYPE_INT32", &value));
                }
                ParameterKind::Text
                | ParameterKind::Int32
                | ParameterKind::FieldMask
                | ParameterKind::Choice(_)
                | ParameterKind::Choices(_) => {}
            }
            known.push((parameter.name, value));
        }
        Ok(Self { pairs: known, preview })
    }

    /// The value of a parameter. `None` if it is missing or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.sent(name).filter(|value| !value.is_empty())
    }

    /// The non-empty values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(known, value)| *known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter, even if it is empty.
    pub(crate) fn sent(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter as a number. `None` if it is not a number.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(|value| value.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(decode("d%3A%C4%9F%2f+").as_deref(), Some("d:ğ/+"));
        assert_eq!(decode("100%").as_deref(), Some("100%"));
        assert_eq!(decode("%zz%4").as_deref(), Some("%zz%4"));
        assert_eq!(decode("%ff"), None);
        assert_eq!(decode("%00"), None);
    }

    #[test]
    fn a_plus_in_a_query_is_a_blank() {
        assert_eq!(pairs("a+b=c%2Bd&e&&f=").unwrap(), [("a b", "c+d"), ("e", ""), ("f", "")].map(|(n, v)| (n.to_owned(), v.to_owned())));
    }
}
