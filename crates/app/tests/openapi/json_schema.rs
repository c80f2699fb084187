//! The part of JSON Schema that the document uses. A keyword that is not known here is an error, so that none is passed over.

use derslik_domain::id::SessionGuid;
use derslik_domain::time::Timestamp;
use libtest_mimic::Failed;
use serde_json::Value;

/// Keywords that tell a reader something and bind no value. A pattern is left to the service, which has the same rule.
const ANNOTATIONS: [&str; 2] = ["description", "pattern"];

/// Holds a value against a schema of a document.
pub(crate) fn check(document: &Value, schema: &Value, value: &Value) -> Result<(), Failed> {
    let mut faults = Vec::new();
    find(document, schema, value, "", &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

/// Adds what is wrong with the value at a place.
fn find(document: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let Some(keywords) = schema.as_object() else {
        faults.push(format!("{at}: there is no schema"));
        return;
    };
    for (keyword, rule) in keywords {
        let holds = match keyword.as_str() {
            "$ref" => {
                let named = rule.as_str().and_then(|reference| document.pointer(reference.strip_prefix('#')?));
                find(document, named.unwrap_or(&Value::Null), value, at, faults);
                true
            }
            "oneOf" => rule.as_array().is_some_and(|shapes| shapes.iter().filter(|shape| fits(document, shape, value)).count() == 1),
            "type" => rule.as_str().map_or_else(
                || rule.as_array().is_some_and(|types| types.iter().filter_map(Value::as_str).any(|of| is_of(of, value))),
                |of| is_of(of, value),
            ),
            "enum" => rule.as_array().is_some_and(|values| values.contains(value)),
            "format" => value.as_str().is_none_or(|text| has_format(rule.as_str().unwrap_or_default(), text)),
            "minLength" => length(value).is_none_or(|length| Some(length) >= rule.as_u64()),
            "maxLength" => length(value).is_none_or(|length| Some(length) <= rule.as_u64()),
            "minimum" => value.as_i64().is_none_or(|number| Some(number) >= rule.as_i64()),
            "maximum" => value.as_i64().is_none_or(|number| Some(number) <= rule.as_i64()),
            "required" => value.as_object().is_none_or(|members| {
                rule.as_array().into_iter().flatten().filter_map(Value::as_str).all(|name| members.contains_key(name))
            }),
            "properties" => {
                for (name, below) in rule.as_object().into_iter().flatten() {
                    if let Some(member) = value.get(name) {
                        find(document, below, member, &format!("{at}/{name}"), faults);
                    }
                }
                true
            }
            "additionalProperties" => {
                rule != &Value::Bool(false)
                    || value.as_object().is_none_or(|members| members.keys().all(|name| !schema["properties"][name.as_str()].is_null()))
            }
            "items" => {
                for (position, item) in value.as_array().into_iter().flatten().enumerate() {
                    find(document, rule, item, &format!("{at}/{position}"), faults);
                }
                true
            }
            other => ANNOTATIONS.contains(&other),
        };
        if !holds {
            faults.push(format!("{at}: {value} breaks {keyword}: {rule}"));
        }
    }
}

fn fits(document: &Value, schema: &Value, value: &Value) -> bool {
    let mut faults = Vec::new();
    find(document, schema, value, "", &mut faults);
    faults.is_empty()
}

fn is_of(of: &str, value: &Value) -> bool {
    match of {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => false,
    }
}

fn has_format(format: &str, text: &str) -> bool {
    match format {
        "uuid" => text.parse::<SessionGuid>().is_ok(),
        "date-time" => text.parse::<Timestamp>().is_ok(),
        _ => false,
    }
}

/// The characters of a text.
fn length(value: &Value) -> Option<u64> {
    value.as_str().and_then(|text| text.chars().count().try_into().ok())
}
