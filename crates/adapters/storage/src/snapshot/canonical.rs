//! One text for one JSON value: members in the order of their names, no white space, and one way to escape. Numbers stay as they are
//! written, so that no digit is lost. The same row of either database has the same text.

use std::collections::BTreeMap;

use serde_json::Error;
use serde_json::value::RawValue;

/// The canonical text of a JSON text.
pub(super) fn canonical(text: &str) -> Result<String, Error> {
    let mut out = String::with_capacity(text.len());
    write(text, &mut out)?;
    Ok(out)
}

fn write(text: &str, out: &mut String) -> Result<(), Error> {
    let text = text.trim();
    match text.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
            out.push('{');
            for (place, (name, value)) in members.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                out.push_str(&serde_json::to_string(name)?);
                out.push(':');
                write(value.get(), out)?;
            }
            out.push('}');
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(item.get(), out)?;
            }
            out.push(']');
        }
        Some(b'"') => out.push_str(&serde_json::to_string(&serde_json::from_str::<String>(text)?)?),
        // A number, `true`, `false` or `null`. What is none of them is an error.
        _ => out.push_str(serde_json::from_str::<&RawValue>(text)?.get()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_text() {
        for text in
            [r#"{"b": [1, {"d":null,"c":true}], "a" : "\u00e7\n\u0001/"}"#, r#"{ "a":"ç\u000a\u0001\/","b":[1,{"c":true,"d":null}]}"#]
        {
            assert_eq!(canonical(text).unwrap(), r#"{"a":"ç\n\u0001/","b":[1,{"c":true,"d":null}]}"#);
        }
        assert_eq!(canonical(" {} ").unwrap() + &canonical("[ ]").unwrap(), "{}[]");
    }

    #[test]
    fn numbers_keep_their_digits() {
        for number in ["9007199254740993", "0.10000000000000000555", "-1.50", "12345678901234567890123"] {
            assert_eq!(canonical(number).unwrap(), number);
        }
    }

    #[test]
    fn a_text_that_is_not_json_is_refused() {
        for text in ["", "{", "[1,]", "nul", "{\"a\":}", "1 2", "'a'"] {
            assert!(canonical(text).is_err(), "{text}");
        }
    }
}
