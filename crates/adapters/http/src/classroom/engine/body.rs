//! Request bodies: JSON is checked against a message. A null counts as unset. Names may be in `snake_case`, and enumerations may be
//! numbers.

use derslik_domain::form::{Field, RawText};
use derslik_domain::time::Timestamp;
use serde_json::{Map, Value};

use super::error::{ClassroomError, enum_type, shortened};
use super::json::Unrepeated;
use super::schema::{Kind, Message, snake};

/// An object whose members are known fields of the right types, by their names in lowerCamelCase.
pub(crate) type Checked = Map<String, Value>;

/// Reads a body as a message; an empty body is an empty message.
///
/// # Errors
/// Every fault of the body.
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
    fn report(&mut self, place: &str, text: impl FnOnce() -> String) {
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
        self.report(place, || format!("Invalid value at '{place}' ({kind}), {shown}"));
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
                self.report(place, || {
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
                self.report(&place, || {
                    format!("Invalid value at '{place}' (oneof), oneof field '{union}' is already set. Cannot set '{}'", field.name)
                });
            }
            let Some(value) = self.value(field.kind, value, &place) else { continue };
            if checked.insert(field.name.to_owned(), value).is_some() {
                self.report(&place, || format!("Invalid JSON payload received. Field '{place}' is set twice."));
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
            Kind::Double => match double(&value) {
                Some(number) => Some(number.into()),
                None => self.refuse(place, "TYPE_DOUBLE", &value),
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
            Kind::Texts => {
                let Value::Array(values) = value else { return self.refuse(place, "TYPE_STRING", &value) };
                let mut read = Vec::new();
                for (position, value) in values.into_iter().enumerate() {
                    if self.is_full() {
                        return None;
                    }
                    read.extend(self.value(Kind::Text, value, &format!("{place}[{position}]")));
                }
                Some(read.into())
            }
            Kind::Map(message) => {
                let Value::Object(members) = value else { return self.refuse(place, &enum_type(message.name), &value) };
                let mut read = Map::new();
                for (name, value) in members {
                    if self.is_full() {
                        return None;
                    }
                    let below = self.one(message, value, &format!("{place}[\"{}\"]", shortened(&name)));
                    read.extend(below.map(|below| (name, below)));
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

/// A number, given as a number or as a text that holds one. It is never infinite.
fn double(value: &Value) -> Option<f64> {
    let number: f64 = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(digits) => digits.parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    number.is_finite().then_some(number)
}

/// Takes a text out of an object.
pub(crate) fn take_text(object: &mut Checked, name: &str) -> Field<RawText> {
    match object.remove(name) {
        Some(Value::String(text)) => Field::Given(text.into_bytes()),
        _ => Field::Missing,
    }
}

/// Takes a text out of an object, if it is not empty.
pub(crate) fn take_string(object: &mut Checked, name: &str) -> Option<String> {
    match object.remove(name) {
        Some(Value::String(text)) => Some(text).filter(|text| !text.is_empty()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::schema::{Choice, field, text};
    use super::*;

    static COLOUR: Choice = Choice { name: "Colour", values: &["COLOUR_UNSPECIFIED", "RED"], meanings: &["", ""] };

    static PAGE: Message = Message { name: "Page", union: None, fields: &[field("number", Kind::Int32, "")] };

    static BOOK: Message = Message {
        name: "Book",
        union: None,
        fields: &[
            text("shortTitle", ""),
            field("isLent", Kind::Flag, ""),
            field("printedAt", Kind::Time, ""),
            field("colour", Kind::Choice(&COLOUR), ""),
            field("cover", Kind::One(&PAGE), ""),
            field("pages", Kind::Many(&PAGE), ""),
            field("price", Kind::Double, ""),
            field("authors", Kind::Texts, ""),
            field("notes", Kind::Map(&PAGE), ""),
        ],
    };

    #[test]
    fn names_may_be_in_both_spellings_and_values_in_both_forms() {
        let body = json!({ "short_title": "a", "isLent": null, "colour": 1, "cover": { "number": "7" }, "pages": [{ "number": 8 }] });
        let checked = Value::Object(read(body.to_string().as_bytes(), &BOOK).unwrap());
        assert_eq!(checked, json!({ "shortTitle": "a", "colour": "RED", "cover": { "number": 7 }, "pages": [{ "number": 8 }] }));
        assert!(read(b" \n", &BOOK).unwrap().is_empty());
    }

    #[test]
    fn fractions_lists_of_texts_and_messages_by_name_are_read() {
        let body = json!({ "price": "12.5", "authors": ["a", "b"], "notes": { "any name": { "number": 7 } } });
        let checked = Value::Object(read(body.to_string().as_bytes(), &BOOK).unwrap());
        assert_eq!(checked, json!({ "price": 12.5, "authors": ["a", "b"], "notes": { "any name": { "number": 7 } } }));
        assert_eq!(Value::Object(read(br#"{"price":3}"#, &BOOK).unwrap()), json!({ "price": 3.0 }));
    }

    #[rstest]
    #[case(json!([]), "Invalid value at 'book'")]
    #[case(json!({ "title": "a" }), "Unknown name \"title\" at 'book': Cannot find field.")]
    #[case(json!({ "shortTitle": 1 }), "Invalid value at 'book.short_title' (TYPE_STRING), 1")]
    #[case(json!({ "printedAt": "soon" }), "Invalid value at 'book.printed_at' (type.googleapis.com/google.protobuf.Timestamp)")]
    #[case(json!({ "colour": "BLUE" }), "Invalid value at 'book.colour' (type.googleapis.com/google.classroom.v1.Colour)")]
    #[case(json!({ "pages": [{ "number": 1 }, { "number": 1.5 }] }), "Invalid value at 'book.pages[1].number' (TYPE_INT32), 1.5")]
    #[case(json!({ "price": "dear" }), "Invalid value at 'book.price' (TYPE_DOUBLE), \"dear\"")]
    #[case(json!({ "price": "inf" }), "Invalid value at 'book.price' (TYPE_DOUBLE), \"inf\"")]
    #[case(json!({ "authors": "a" }), "Invalid value at 'book.authors' (TYPE_STRING), \"a\"")]
    #[case(json!({ "authors": ["a", 1] }), "Invalid value at 'book.authors[1]' (TYPE_STRING), 1")]
    #[case(json!({ "notes": [] }), "Invalid value at 'book.notes' (type.googleapis.com/google.classroom.v1.Page), []")]
    #[case(json!({ "notes": { "x": { "colour": 1 } } }), "Unknown name \"colour\" at 'book.notes[\"x\"]': Cannot find field.")]
    #[case(json!({ "shortTitle": "a", "short_title": "b" }), "Field 'book.short_title' is set twice.")]
    fn faults_are_named_with_their_place(#[case] body: Value, #[case] text: &str) {
        let error = read(body.to_string().as_bytes(), &BOOK).err().unwrap();
        assert!(error.body(true).to_string().contains(Value::from(text).to_string().trim_matches('"')), "{error:?}");
    }

    #[test]
    fn a_text_is_taken_once() {
        let mut object = read(br#"{"shortTitle":"a"}"#, &BOOK).unwrap();
        assert_eq!(take_text(&mut object, "shortTitle"), Field::Given(b"a".to_vec()));
        assert_eq!(take_text(&mut object, "shortTitle"), Field::Missing);
        let mut empty = read(br#"{"shortTitle":""}"#, &BOOK).unwrap();
        assert_eq!(take_string(&mut empty, "shortTitle"), None);
    }
}
