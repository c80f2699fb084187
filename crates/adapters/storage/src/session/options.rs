//! The settings of a session as a row keeps them: a JSON object with the names of the domain. Defaults are left out.

use std::fmt::{Display, Write};

use derslik_domain::session::{OptionFlag, OptionsPatch, PreparationTime, ReturnUrl, SessionOptions};
use serde_json::{Map, Value};

const PREPARATION_TIME: &str = "preparation_time";
const RETURN_URL: &str = "return_url";

/// The JSON object to store.
pub(super) fn to_json(options: &SessionOptions) -> String {
    let changes = options.changes_from_default();
    if changes == OptionsPatch::default() {
        return "{}".to_owned();
    }
    let mut json = String::from("{");
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
    let comma = if json.len() > 1 { "," } else { "" };
    // Writing to a `String` can't fail.
    let _ = write!(json, r#"{comma}"{name}":{value}"#);
}

/// The settings that were stored. `None` means JSON that [`to_json`] never writes.
pub(super) fn from_json(json: &str) -> Option<SessionOptions> {
    if json == "{}" {
        return Some(SessionOptions::default());
    }
    let mut patch = OptionsPatch::default();
    for (name, value) in serde_json::from_str::<Map<String, Value>>(json).ok()? {
        match (name.as_str(), value) {
            (PREPARATION_TIME, Value::Number(minutes)) => {
                patch.preparation_time = Some(PreparationTime::from_minutes(minutes.as_i64()?)?);
            }
            (RETURN_URL, Value::String(url)) => patch.return_url = Some(ReturnUrl::new(url).ok()?),
            (name, Value::Bool(on)) => patch.flags = patch.flags.with(OptionFlag::by_name(name)?, on),
            _ => return None,
        }
    }
    Some(SessionOptions::default().merged(patch))
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
        for json in ["", "[]", r#"{"unknown":true}"#, r#"{"allow_rating":1}"#, r#"{"preparation_time":-1}"#] {
            assert_eq!(from_json(json), None, "{json}");
        }
    }
}
