//! JSON whose objects name each member once. Of a member that is set twice, one value would be lost silently. The number of
//! values is bounded: a body of a few megabytes can hold millions, which take seconds to build and to drop.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The most values in one body, far above the needs of any message.
const MAX_VALUES: usize = 50_000;

/// A value in which no name is set twice.
pub(super) struct Unrepeated(pub(super) Value);

impl<'de> Deserialize<'de> for Unrepeated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader { left: &Cell::new(MAX_VALUES) }.deserialize(deserializer).map(Self)
    }
}

/// Reads one value, and counts down the number of values that may still follow.
#[derive(Clone, Copy)]
struct Reader<'r> {
    left: &'r Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| D::Error::custom(format_args!("More than {MAX_VALUES} values")))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(self)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("The name {name:?} is set twice")));
            }
            object.insert(name, members.next_value_seed(self)?);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn any_json_is_read_as_it_stands() {
        let text = r#"{"a":[null,true,-1,1.5,18446744073709551615,"ş\n",{}],"b":{"a":1}}"#;
        let Unrepeated(value) = serde_json::from_str(text).unwrap();
        assert_eq!(value, json!({ "a": [null, true, -1, 1.5, u64::MAX, "ş\n", {}], "b": { "a": 1 } }));
    }

    #[test]
    fn a_body_of_more_values_than_any_message_has_is_refused() {
        let fits = format!("[{}]", vec!["1"; MAX_VALUES - 1].join(","));
        assert!(serde_json::from_str::<Unrepeated>(&fits).is_ok());
        let members: Vec<_> = (0..MAX_VALUES).map(|number| format!("\"a{number}\":1")).collect();
        for text in [format!("[{}]", vec!["{}"; MAX_VALUES].join(",")), format!("{{{}}}", members.join(","))] {
            let error = serde_json::from_str::<Unrepeated>(&text).err().unwrap().to_string();
            assert!(error.starts_with("More than 50000 values"), "{error}");
        }
    }

    #[test]
    fn a_name_that_is_set_twice_in_one_object_is_refused() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":null,"\u0061":1}}]"#] {
            let error = serde_json::from_str::<Unrepeated>(text).err().unwrap().to_string();
            assert!(error.starts_with("The name \"a\" is set twice"), "{error}");
        }
    }
}
