//! Request bodies: JSON is checked against a message and turned into forms of the domain. A null counts as unset. Names may be
//! in `snake_case`, and enumerations may be numbers.

use derslik_domain::course::{CourseForm, CourseState, DateForm, GradingPeriodForm, GradingPeriodSettingsForm};
use derslik_domain::form::{Field, RawText};
use derslik_domain::time::Timestamp;
use serde_json::{Map, Value};

use super::error::{ClassroomError, enum_type, shortened};
use super::json::Unrepeated;
use super::schema::{Kind, Message, snake};

/// An object whose members are known fields of the right types, by their names in lowerCamelCase.
pub(super) type Checked = Map<String, Value>;

/// Reads a body as a message; an empty body is an empty message.
pub(super) fn read(body: &[u8], message: &'static Message) -> Result<Checked, ClassroomError> {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Checked::new());
    }
    let Unrepeated(value) = serde_json::from_slice(body).map_err(|error| {
        let text = format!("Invalid JSON payload received. {error}.");
        ClassroomError::bad_shape(&[(String::new(), text)])
    })?;
    let mut checker = Checker::default();
    let place = snake(message.name).trim_start_matches('_').to_owned();
    let read = checker.one(message, value, &place);
    match read {
        Some(Value::Object(object)) if checker.violations.is_empty() => Ok(object),
        _ => Err(ClassroomError::bad_shape(&checker.violations)),
    }
}

/// Collects all faults of a body, so that a client learns of them at once.
#[derive(Default)]
struct Checker {
    violations: Vec<(String, String)>,
}

impl Checker {
    /// `text` is called only while there is room for another fault: a body may have any number of wrong members.
    fn object(&mut self, place: &str, text: impl FnOnce() -> String) {
        if !self.is_full() {
            self.violations.push((place.to_owned(), text()));
        }
    }

    /// Whether the list of faults is full, so that further ones are not reported.
    fn is_full(&self) -> bool {
        const MAX: usize = 50;
        self.violations.len() >= MAX
    }

    fn mistyped(&mut self, place: &str, kind: &str, value: &Value) {
        if self.is_full() {
            return;
        }
        let shown = match value {
            Value::String(text) => format!("\"{}\"", shortened(text)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => shortened(&value.to_string()),
        };
        self.object(place, || format!("Invalid value at '{place}' ({kind}), {shown}"));
    }

    fn one(&mut self, message: &'static Message, value: Value, place: &str) -> Option<Value> {
        let Value::Object(members) = value else {
            self.mistyped(place, &enum_type(message.name), &value);
            return None;
        };
        let mut checked = Checked::new();
        let mut set: Option<&str> = None;
        for (name, value) in members {
            if self.is_full() {
                return None;
            }
            let Some(field) = message.field(&name) else {
                self.object(place, || {
                    format!("Invalid JSON payload received. Unknown name \"{}\" at '{place}': Cannot find field.", shortened(&name))
                });
                continue;
            };
            if value.is_null() {
                continue;
            }
            let place = format!("{place}.{}", snake(field.name));
            if let (Some(union), Some(set)) = (message.union, set.replace(field.name))
                && set != field.name
            {
                self.object(&place, || {
                    format!("Invalid value at '{place}' (oneof), oneof field '{union}' is already set. Cannot set '{}'", field.name)
                });
            }
            let Some(value) = self.value(field.kind, value, &place) else { continue };
            if checked.insert(field.name.to_owned(), value).is_some() {
                self.object(&place, || format!("Invalid JSON payload received. Field '{place}' is set twice."));
            }
        }
        Some(Value::Object(checked))
    }

    fn value(&mut self, kind: Kind, value: Value, place: &str) -> Option<Value> {
        match kind {
            Kind::Text if value.is_string() => Some(value),
            Kind::Time if value.as_str().is_some_and(is_instant) => Some(value),
            Kind::Text => self.refuse(place, "TYPE_STRING", &value),
            Kind::Time => self.refuse(place, "type.googleapis.com/google.protobuf.Timestamp", &value),
            Kind::Flag if value.is_boolean() => Some(value),
            Kind::Flag => self.refuse(place, "TYPE_BOOL", &value),
            Kind::Int32 => match int32(&value) {
                Some(number) => Some(number.into()),
                None => self.refuse(place, "TYPE_INT32", &value),
            },
            Kind::Choice(choice) => {
                let by_number = value.as_u64().and_then(|number| choice.values.get(usize::try_from(number).ok()?));
                let known = by_number.or_else(|| choice.values.iter().find(|known| value.as_str() == Some(known)));
                match known {
                    Some(name) => Some((*name).into()),
                    None => self.refuse(place, &enum_type(choice.name), &value),
                }
            }
            Kind::One(message) => self.one(message, value, place),
            Kind::Many(message) => {
                let Value::Array(values) = value else { return self.refuse(place, &enum_type(message.name), &value) };
                let mut read = Vec::new();
                for (position, value) in values.into_iter().enumerate() {
                    if self.is_full() {
                        return None;
                    }
                    read.extend(self.one(message, value, &format!("{place}[{position}]")));
                }
                Some(read.into())
            }
        }
    }

    fn refuse(&mut self, place: &str, kind: &str, value: &Value) -> Option<Value> {
        self.mistyped(place, kind, value);
        None
    }
}

/// Whether a text is an instant in RFC 3339 format, of the years 1 to 9999.
fn is_instant(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok()
}

/// A whole number, given as a number or as a string of digits.
fn int32(value: &Value) -> Option<i32> {
    match value {
        Value::Number(number) => number.as_i64().and_then(|number| i32::try_from(number).ok()),
        Value::String(digits) => digits.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn text(object: &mut Checked, name: &str) -> Field<RawText> {
    match object.remove(name) {
        Some(Value::String(text)) => Field::Given(text.into_bytes()),
        _ => Field::Missing,
    }
}

/// The form of a course. Read-only fields are ignored.
pub(super) fn course(mut object: Checked) -> CourseForm {
    let state = match object.remove("courseState") {
        Some(Value::String(name)) => CourseState::by_name(&name).map_or(Field::Null, Field::Given),
        _ => Field::Missing,
    };
    CourseForm {
        alias: text(&mut object, "id"),
        name: text(&mut object, "name"),
        section: text(&mut object, "section"),
        description_heading: text(&mut object, "descriptionHeading"),
        description: text(&mut object, "description"),
        room: text(&mut object, "room"),
        owner: text(&mut object, "ownerId"),
        state,
        subject: text(&mut object, "subject"),
        levels: text(&mut object, "levels"),
    }
}

/// The form of grading-period settings.
pub(super) fn grading_periods(mut object: Checked) -> GradingPeriodSettingsForm {
    let periods = match object.remove("gradingPeriods") {
        Some(Value::Array(periods)) => Field::Given(periods.into_iter().filter_map(period).collect()),
        _ => Field::Missing,
    };
    let apply = match object.remove("applyToExistingCoursework") {
        Some(Value::Bool(apply)) => Field::Given(apply),
        _ => Field::Missing,
    };
    GradingPeriodSettingsForm { periods, apply_to_existing_coursework: apply }
}

fn period(value: Value) -> Option<GradingPeriodForm> {
    let Value::Object(mut object) = value else { return None };
    Some(GradingPeriodForm {
        id: text(&mut object, "id"),
        title: text(&mut object, "title"),
        start: date(object.remove("startDate")),
        end: date(object.remove("endDate")),
    })
}

fn date(value: Option<Value>) -> Field<DateForm> {
    let Some(value) = value else { return Field::Missing };
    let number = |name: &str| value.get(name).and_then(Value::as_i64).unwrap_or(0);
    Field::Given(DateForm { year: number("year"), month: number("month"), day: number("day") })
}

/// A member of an object that is a non-empty text.
pub(super) fn string(object: &Checked, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}
