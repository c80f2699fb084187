//! The settings of a session as a row keeps them: a JSON object with the names of the domain. Defaults are left out.

use std::fmt::{self, Display, Write};

use derslik_domain::session::{OptionFlag, OptionsPatch, PreparationTime, ReturnUrl, SessionOptions};
use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::Value;

const PREPARATION_TIME: &str = "preparation_time";
const RETURN_URL: &str = "return_url";

/// The length of most objects.
const TYPICAL_BYTES: usize = 64;

/// The JSON object to store.
pub(super) fn to_json(options: &SessionOptions) -> String {
    let changes = options.changes_from_default();
    if changes == OptionsPatch::default() {
        return "{}".to_owned();
    }
    let mut json = String::with_capacity(TYPICAL_BYTES);
    json.push('{');
    for (flag, on) in changes.flags.iter() {
        push_member(&mut json, flag.name(), on);
    }
    if let Some(time) = changes.preparation_time {
        push_member(&mut json, PREPARATION_TIME, time.minutes());
    }
    if let Some(url) = changes.return_url {
        push_member(&mut json, RETURN_URL, Value::from(url.as_str()));
    }
    json.push('}');
    json
}

/// Adds a member whose name needs no escapes and whose value prints as JSON. Each written session has such an object, and
/// building a JSON tree first would take several times as long.
fn push_member(json: &mut String, name: &str, value: impl Display) {
    json.push_str(if json.len() > 1 { ",\"" } else { "\"" });
    json.push_str(name);
    json.push_str("\":");
    // Writing to a `String` can't fail.
    let _ = write!(json, "{value}");
}

/// The settings that were stored. `None` means JSON that [`to_json`] never writes.
pub(super) fn from_json(json: &str) -> Option<SessionOptions> {
    if json == "{}" {
        return Some(SessionOptions::default());
    }
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let changes = deserializer.deserialize_map(Changes).ok()?;
    deserializer.end().ok()?;
    Some(SessionOptions::default().merged(changes))
}

/// Reads the members of an object one by one. Each session that is read has such an object, and a JSON tree of it would take several
/// times as long.
struct Changes;

impl<'a> Visitor<'a> for Changes {
    type Value = OptionsPatch;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings of a session")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<OptionsPatch, A::Error> {
        let invalid = |name: &str| A::Error::custom(format_args!("no such setting or value: {name}"));
        let mut changes = OptionsPatch::default();
        while let Some(name) = members.next_key::<&str>()? {
            match name {
                PREPARATION_TIME => {
                    let time = PreparationTime::from_minutes(members.next_value()?);
                    changes.preparation_time = Some(time.ok_or_else(|| invalid(name))?);
                }
                RETURN_URL => {
                    let url = ReturnUrl::new(members.next_value::<String>()?);
                    changes.return_url = Some(url.map_err(A::Error::custom)?);
                }
                _ => {
                    let flag = OptionFlag::by_name(name).ok_or_else(|| invalid(name))?;
                    changes.flags = changes.flags.with(flag, members.next_value()?);
                }
            }
        }
        Ok(changes)
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::session::FlagPatch;

    use super::*;

    #[test]
    fn default_options_are_left_out() {
        assert_eq!(to_json(&SessionOptions::default()), "{}");
    }

    #[test]
    fn options_come_back_as_they_were_stored() {
        let options = SessionOptions::default().merged(OptionsPatch {
            flags: FlagPatch::default().with(OptionFlag::AllowRating, false).with(OptionFlag::SkipApprovalOnJoin, false),
            preparation_time: PreparationTime::from_minutes(0),
            return_url: ReturnUrl::new("https://örnek.example/\"'").ok(),
        });
        assert_eq!(from_json(&to_json(&options)), Some(options));
    }

    #[test]
    fn json_that_is_never_stored_is_refused() {
        for json in
            ["", "[]", r#"{"unknown":true}"#, r#"{"allow_rating":1}"#, r#"{"preparation_time":-1}"#, r#"{"return_url":null}"#, "{}x"]
        {
            assert_eq!(from_json(json), None, "{json}");
        }
    }
}
