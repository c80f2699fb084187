//! Reads the parts of a request to test control.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, PayloadConfig, Query};
use derslik_domain::text::nearest;
use derslik_ports::inbound::control::{ControlError, PublicAccountId};
use derslik_side_listener::{Lifetime, MAX_BODY};
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use super::{Control, Problem};

/// How long a request that moves many rows may take.
const LONG: Duration = Duration::from_secs(120);

/// The longest body in JSON, in bytes, apart from those with content for an account.
const MAX_JSON: usize = 1024 * 1024;

/// The body of a request, or why it did not come.
pub(super) type Body = Result<Bytes, actix_web::Error>;

/// The limit of bodies.
pub(super) fn limits() -> PayloadConfig {
    PayloadConfig::new(MAX_BODY)
}

/// The account that a path names.
pub(super) fn account(text: &str) -> Result<PublicAccountId, Problem> {
    text.parse().map_err(|_| ControlError::not_found("account", &text).into())
}

/// The same, if there is one.
pub(super) async fn existing(control: &Control, text: &str) -> Result<PublicAccountId, Problem> {
    let account = account(text)?;
    control.accounts.zone_of(account).await?;
    Ok(account)
}

/// The body as a value in JSON. An empty body is the default value.
pub(super) fn json<T: DeserializeOwned + Default>(body: Body) -> Result<T, Problem> {
    let body = bytes(body)?;
    if body.len() > MAX_JSON {
        return Err(Problem::too_large(&format_args!("a body in JSON has at most {MAX_JSON} bytes here")));
    }
    parsed(&body)
}

/// A body of any length as a value in JSON.
pub(super) fn parsed<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Problem> {
    if body.is_empty() {
        return Ok(T::default());
    }
    let value = serde_json::from_slice(body).map_err(|error| Problem::malformed(&format_args!("the body is not JSON: {error}")))?;
    match value {
        Value::Object(members) => members_as(members),
        _ => Err(Problem::malformed(&"the body must be an object in JSON, with names and values")),
    }
}

/// The parameters of a query. Those of these names are numbers.
pub(super) fn query<T: DeserializeOwned + Default>(request: &HttpRequest, numbers: &[&str]) -> Result<T, Problem> {
    let pairs = Query::<Vec<(String, String)>>::from_query(request.query_string());
    let pairs = pairs.map_err(|error| Problem::malformed(&error))?.into_inner();
    let value = |name: &str, text: String| {
        let whole = || text.parse::<u64>().ok().map(Number::from);
        let number = || text.parse::<f64>().ok().and_then(Number::from_f64);
        let number = if numbers.contains(&name) { whole().or_else(number) } else { None };
        number.map_or(Value::String(text), Value::Number)
    };
    members_as(pairs.into_iter().map(|(name, text)| (name.clone(), value(&name, text))).collect())
}

/// An object as a value, whose members may all be left out.
pub(super) fn members_as<T: DeserializeOwned + Default>(members: Map<String, Value>) -> Result<T, Problem> {
    let object = Value::Object(members);
    T::deserialize(&object).map_err(|error| {
        let Value::Object(members) = object else { return Problem::malformed(&error) };
        // The member that can't be read alone either is at fault.
        let alone = |name: &String, value: &Value| T::deserialize(Value::Object(Map::from_iter([(name.clone(), value.clone())]))).err();
        let at_fault = members.iter().find_map(|(name, value)| Some((name, alone(name, value)?)));
        match at_fault {
            Some((name, error)) => Problem::of_member(name, in_words(&error.to_string())),
            None => Problem::malformed(&error),
        }
    })
}

/// What is wrong with a member, without the words of the library that reads it.
fn in_words(error: &str) -> String {
    if let Some((name, rest)) = error.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
        let known: Vec<_> = rest.split('`').skip(1).step_by(2).collect();
        let meant = nearest(name, known.iter().copied()).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        return format!("there is no member {name:?}, but {}{meant}", known.join(", "));
    }
    let kinds = error.strip_prefix("invalid type: ").or_else(|| error.strip_prefix("invalid value: "));
    let Some((found, expected)) = kinds.and_then(|kinds| kinds.rsplit_once(", expected ")) else { return error.to_owned() };
    let expected = match expected {
        "u16" => "a whole number from 0 to 65535",
        "u64" | "usize" => "a whole number from 0",
        "f64" => "a number",
        "a string" => "a text",
        "a boolean" => "true or false",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    let found = match found.split_once(' ') {
        Some(("string" | "integer" | "boolean", value)) => value.trim_matches('`'),
        Some(("floating", value)) => value.trim_start_matches("point ").trim_matches('`'),
        _ if found == "map" => "an object",
        _ if found == "sequence" => "a list",
        _ => found,
    };
    format!("{expected} is needed, not {found}")
}

/// The body as a text.
pub(super) fn text(body: Body) -> Result<String, Problem> {
    String::from_utf8(bytes(body)?.into()).map_err(|_| Problem::malformed(&"the body must be UTF-8"))
}

/// The body as it came.
pub(super) fn bytes(body: Body) -> Result<Bytes, Problem> {
    body.map_err(|error| match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => Problem::too_large(&format_args!("a body has at most {MAX_BODY} bytes")),
        _ => Problem::malformed(&"the body did not come as its Content-Length says; it can't come in chunks"),
    })
}

/// Lets the answer to a request that moves many rows take long.
pub(super) fn allow_long(request: &HttpRequest) {
    if let Some(lifetime) = request.conn_data::<Lifetime>() {
        lifetime.extend(LONG);
    }
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;
    use actix_web::test::TestRequest;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Sample {
        name: Option<String>,
        count: Option<u64>,
        share: Option<f64>,
    }

    fn problem(body: &str) -> (String, u16) {
        let problem = parsed::<Sample>(body.as_bytes()).unwrap_err();
        (problem.to_string(), problem.status_code().as_u16())
    }

    #[test]
    fn a_problem_names_the_value_and_what_is_allowed_and_no_position_of_it() {
        for (body, detail) in [
            (r#"{"nmae": "x"}"#, r#"there is no member "nmae", but name, count, share; did you mean name?"#),
            (r#"{"name": "x", "count": "7"}"#, r#"a whole number from 0 is needed, not "7""#),
            (r#"{"count": -1}"#, "a whole number from 0 is needed, not -1"),
            (r#"{"name": 7}"#, "a text is needed, not 7"),
            (r#"{"name": {}}"#, "a text is needed, not an object"),
            ("[]", "the body must be an object in JSON, with names and values"),
        ] {
            assert_eq!(problem(body), (detail.to_owned(), 400), "{body}");
        }
        assert!(problem("{").0.starts_with("the body is not JSON: "));
    }

    #[test]
    fn a_query_has_texts_and_numbers() {
        let of = |query: &str| {
            let request = TestRequest::get().uri(&format!("/?{query}")).to_http_request();
            query_of(&request)
        };
        let sample = Sample { name: Some("7 a".to_owned()), count: Some(7), share: Some(0.5) };
        assert_eq!(of("name=7%20a&count=7&share=0.5").unwrap(), sample);
        assert_eq!(of("name=7").unwrap().name.as_deref(), Some("7"));
        assert_eq!(of("count=x").unwrap_err().to_string(), r#"a whole number from 0 is needed, not "x""#);
    }

    fn query_of(request: &HttpRequest) -> Result<Sample, Problem> {
        query(request, &["count", "share"])
    }
}
