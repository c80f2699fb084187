//! JSON as it was sent: a value is kept as its original text, so that an answer can repeat it unchanged.

use std::borrow::Cow;
use std::fmt;

use derslik_domain::form::{Field, RawText};
use serde::de::{DeserializeSeed, Deserializer as _, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A text, unless it is empty or only white space. A blank text counts as not sent.
pub(super) fn unless_blank(text: Field<RawText>) -> Field<RawText> {
    let is_blank = matches!(&text, Field::Given(text) if text.trim_ascii().is_empty());
    if is_blank { Field::Missing } else { text }
}

/// The value that an object has under one name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slot<'a> {
    raw: Option<&'a RawValue>,
    repeated: bool,
}

impl<'a> Slot<'a> {
    /// Puts in a value. The last one is kept, and a repetition is remembered.
    pub(super) fn put(&mut self, raw: &'a RawValue) {
        self.repeated |= self.raw.is_some();
        self.raw = Some(raw);
    }

    /// The value, unless it is missing or null.
    pub(super) fn sent(self) -> Option<&'a RawValue> {
        self.raw.filter(|raw| raw.get() != "null")
    }

    fn field<T>(self, read: impl FnOnce(&'a str) -> Option<T>) -> Field<T> {
        match self.raw.map(RawValue::get) {
            _ if self.repeated => Field::Repeated,
            None => Field::Missing,
            Some("null") => Field::Null,
            Some(raw) => read(raw).map_or(Field::Mistyped, Field::Given),
        }
    }

    /// The value as text. Any other type is mistyped.
    pub(super) fn text(self) -> Field<RawText> {
        self.field(string_bytes)
    }

    /// The value as a whole number. Any other type is mistyped.
    pub(super) fn integer(self) -> Field<i64> {
        self.field(|raw| raw.parse().ok())
    }

    /// The value as a whole number, given as a number or as a string of digits. Any other value is mistyped.
    pub(super) fn integer_or_digits(self) -> Field<i64> {
        self.field(|raw| raw.parse().ok().or_else(|| std::str::from_utf8(&string_bytes(raw)?).ok()?.trim().parse().ok()))
    }

    /// The value as a boolean. Any other type is mistyped.
    pub(super) fn boolean(self) -> Field<bool> {
        self.field(|raw| raw.parse().ok())
    }

    /// The result of `read` for an object. Any other type is mistyped.
    pub(super) fn object<T>(self, read: impl FnOnce(&'a str) -> T) -> Field<T> {
        self.field(|raw| raw.starts_with('{').then(|| read(raw)))
    }
}

/// The bytes of a JSON string: UTF-8, except for escapes of half a surrogate pair.
fn string_bytes(raw: &str) -> Option<Vec<u8>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(inner.as_bytes().to_vec());
    }
    serde_json::Deserializer::from_str(raw).deserialize_bytes(BytesVisitor).ok()
}

struct BytesVisitor;

impl Visitor<'_> for BytesVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_str<E>(self, text: &str) -> Result<Vec<u8>, E> {
        Ok(text.as_bytes().to_vec())
    }
}

/// Calls `visit` for each member of an object, in order.
///
/// # Errors
/// If the text is not exactly one JSON object.
pub(super) fn for_each_member<'a>(object: &'a str, visit: impl FnMut(&str, &'a RawValue)) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(object);
    deserializer.deserialize_map(MembersVisitor(visit))?;
    deserializer.end()
}

/// Visits the members of an object.
pub(super) struct MembersVisitor<F>(pub(super) F);

impl<'a, F: FnMut(&str, &'a RawValue)> Visitor<'a> for MembersVisitor<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key_seed(NameSeed)? {
            (self.0)(&name, members.next_value()?);
        }
        Ok(())
    }
}

/// Reads a name. It is copied only if it has escapes.
struct NameSeed;

impl<'a> DeserializeSeed<'a> for NameSeed {
    type Value = Cow<'a, str>;

    fn deserialize<D: serde::Deserializer<'a>>(self, deserializer: D) -> Result<Cow<'a, str>, D::Error> {
        // Reads bytes, since a name may not be valid UTF-8. Such a name equals no known one.
        deserializer.deserialize_bytes(self)
    }
}

impl<'a> Visitor<'a> for NameSeed {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_bytes<E>(self, name: &'a [u8]) -> Result<Cow<'a, str>, E> {
        Ok(std::str::from_utf8(name).unwrap_or_default().into())
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Cow<'a, str>, E> {
        Ok(std::str::from_utf8(name).unwrap_or_default().to_owned().into())
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Cow<'a, str>, E> {
        self.visit_bytes(name.as_bytes())
    }
}

/// A value as it was sent, number for number and letter for letter; null where none was sent. Some JSON can't be read back by
/// every client. Half a surrogate pair therefore becomes the replacement character, and a value that is nested too deeply
/// becomes null.
#[derive(Debug, Clone, Copy)]
pub(super) struct AsSent<'a>(pub(super) Option<&'a RawValue>);

impl Serialize for AsSent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(raw) = self.0 else { return serializer.serialize_none() };
        let text = raw.get();
        if is_readable(text) {
            return raw.serialize(serializer);
        }
        match string_bytes(text) {
            Some(bytes) => serializer.serialize_str(&String::from_utf8_lossy(&bytes)),
            None => serializer.serialize_none(),
        }
    }
}

/// Whether any JSON reader accepts a JSON text. Its nesting must be within the depth that readers accept, and no escape may
/// stand for half of a surrogate pair.
fn is_readable(text: &str) -> bool {
    const DEEPEST: usize = 100;
    /// A longer text with such escapes is not examined.
    const LONGEST_WITH_ESCAPES: usize = 64 * 1024;
    let has_escapes = text.contains("\\u");
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return false;
        }
    }
    !has_escapes || text.len() <= LONGEST_WITH_ESCAPES && serde_json::from_str::<serde_json::Value>(text).is_ok()
}

/// The text without `//` and `/* */` comments, which the vendor's own example contains. Blanks replace them, so that the line
/// and the column of an error stay correct.
pub(super) fn without_comments(text: &str) -> Cow<'_, str> {
    if !text.contains("//") && !text.contains("/*") {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    // Searched once. A new search for each opening would read a text full of openings once for each of them.
    let last_close = text.rfind("*/");
    while let Some(position) = rest.find(['"', '/']) {
        let (before, from) = rest.split_at(position);
        kept.push_str(before);
        let length = match from.as_bytes() {
            [b'"', ..] => {
                let length = string_length(from);
                kept.push_str(from.get(..length).unwrap_or_default());
                length
            }
            [b'/', b'/', ..] => blank(&mut kept, from, from.find('\n')),
            [b'/', b'*', ..] if last_close.is_some_and(|close| close >= text.len() - from.len() + 2) => {
                blank(&mut kept, from, from.get(2..).and_then(|inside| inside.find("*/")).map(|end| end + 4))
            }
            _ => {
                kept.push('/');
                1
            }
        };
        rest = from.get(length..).unwrap_or_default();
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// Writes blanks in place of a comment that ends at `end`, or with the text. Returns the length of the comment.
fn blank(kept: &mut String, comment: &str, end: Option<usize>) -> usize {
    let length = end.unwrap_or(comment.len());
    kept.extend(comment.bytes().take(length).map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
    length
}

/// The length in bytes of the string at the start of a text, its quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn slot(raw: &str) -> Slot<'_> {
        let mut slot = Slot::default();
        slot.put(serde_json::from_str(raw).unwrap());
        slot
    }

    fn as_sent(raw: &str) -> String {
        serde_json::to_string(&AsSent(slot(raw).raw)).unwrap()
    }

    #[test]
    fn a_value_is_read_as_its_own_type_only() {
        assert_eq!(slot("\"80\"").integer(), Field::Mistyped);
        assert_eq!(slot("\"80\"").integer_or_digits(), Field::Given(80));
        assert_eq!(slot("80.5").integer_or_digits(), Field::Mistyped);
        assert_eq!(slot("\"80.5\"").integer_or_digits(), Field::Mistyped);
        assert_eq!(slot("1e400").integer(), Field::Mistyped);
        assert_eq!(slot("\"true\"").boolean(), Field::Mistyped);
        assert_eq!(slot("null").boolean(), Field::Null);
        assert_eq!(Slot::default().boolean(), Field::Missing);
        assert_eq!(slot("[]").object(|_| ()), Field::Mistyped);
    }

    #[test]
    fn a_repeated_name_has_no_value() {
        let mut slot = slot("1");
        slot.put(serde_json::from_str("2").unwrap());
        assert_eq!(slot.integer(), Field::Repeated);
        assert_eq!(serde_json::to_string(&AsSent(slot.sent())).unwrap(), "2");
    }

    #[test]
    fn a_string_keeps_its_bytes_even_where_they_are_not_unicode() {
        assert_eq!(slot(r#""a\"\\\n\u00e7\u0000""#).text(), Field::Given("a\"\\\nç\0".as_bytes().to_vec()));
        assert_eq!(slot(r#""\ud83c\udf93""#).text(), Field::Given("🎓".as_bytes().to_vec()));
        assert_eq!(slot(r#""\ud800""#).text(), Field::Given(vec![0xed, 0xa0, 0x80]));
    }

    #[rstest]
    #[case("9007199254740993", "9007199254740993")]
    #[case("1.50e+2", "1.50e+2")]
    #[case(r#""\u00e7\/""#, r#""\u00e7\/""#)]
    #[case(r#"{"a" : [1]}"#, r#"{"a" : [1]}"#)]
    #[case(r#""x\ud800y""#, "\"x\u{fffd}\u{fffd}\u{fffd}y\"")]
    #[case(r#"["\ud800"]"#, "null")]
    fn a_value_is_repeated_as_sent_unless_json_readers_would_refuse_it(#[case] sent: &str, #[case] shown: &str) {
        assert_eq!(as_sent(sent), shown);
    }

    #[test]
    fn a_name_that_is_not_unicode_matches_no_known_name() {
        let mut names = Vec::new();
        for_each_member(r#"{"\ud800":1,"a":2,"\u0062":3}"#, |name, _| names.push(name.to_owned())).unwrap();
        assert_eq!(names, ["", "a", "b"]);
    }

    #[test]
    fn values_that_are_nested_too_deeply_are_not_repeated() {
        assert_eq!(as_sent(&("[".repeat(100_000) + &"]".repeat(100_000))), "null");
    }

    #[rstest]
    #[case("[1, 2]", "[1, 2]")]
    #[case("[ // one\n1]", "[       \n1]")]
    #[case("[1 /* a\nb */, 2]", "[1     \n    , 2]")]
    #[case(r#"["http://a", "\"//b"] // c"#, r#"["http://a", "\"//b"]     "#)]
    #[case("[1] /* never closed", "[1] /* never closed")]
    #[case("[1] /*/", "[1] /*/")]
    #[case("[/* a */ 1] /* never closed", "[        1] /* never closed")]
    #[case("[1 / 2]", "[1 / 2]")]
    fn comments_become_blanks(#[case] sent: &str, #[case] read: &str) {
        assert_eq!(without_comments(sent), read);
    }

    #[test]
    fn comments_that_are_never_closed_are_looked_at_once() {
        // Searching the rest of the text for each of them would take hours.
        let text = "/* ".repeat(2_000_000);
        assert_eq!(without_comments(&text), text);
        let text = "\"/*".repeat(2_000_001);
        assert_eq!(without_comments(&text), text);
    }

    proptest! {
        #[test]
        fn json_without_comments_stays_as_it_is(text in any::<Vec<String>>()) {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(without_comments(&json), json.as_str());
        }

        #[test]
        fn taking_comments_out_never_panics(text in "[\"/*\\\\\n a/]{0,40}") {
            let read = without_comments(&text);
            prop_assert_eq!(read.len(), text.len());
        }
    }
}
