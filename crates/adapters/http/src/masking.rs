//! The secrets that a journal does not show: credentials in headers and queries, and passwords and tokens in bodies. Headers are shown by
//! a list of those that hold no secrets. Everything else is hidden where its name looks like that of a secret.

use actix_web::http::header::HeaderMap;
use serde_json::Value;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// The headers whose values are shown.
const SHOWN: [&str; 19] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "origin",
    "traceparent",
    "transfer-encoding",
    "user-agent",
    "x-goog-api-client",
    "x-http-method-override",
    "x-request-id",
];

/// Parts of names that secrets have.
const SECRETS: [&str; 8] = ["token", "secret", "password", "key", "assertion", "credential", "signature", "proof"];

/// Names of values that are shown although they have such a part.
const HARMLESS: [&str; 4] = ["pagetoken", "page_token", "next_page_token", "nextpagetoken"];

/// The names and values of headers.
pub(crate) fn shown_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = headers.iter().map(|(name, value)| {
        let is_shown = SHOWN.contains(&name.as_str());
        let value = if is_shown { String::from_utf8_lossy(value.as_bytes()).into_owned() } else { MASK.to_owned() };
        (name.as_str().to_owned(), value)
    });
    shown.collect()
}

/// A query, or a body of a form.
pub(crate) fn shown_pairs(pairs: &str) -> String {
    let shown = pairs.split('&').map(|pair| match pair.split_once('=') {
        // An escape in a name could hide what it is.
        Some((name, _)) if is_secret(name) || name.contains('%') => format!("{name}={MASK}"),
        _ => pair.to_owned(),
    });
    shown.collect::<Vec<_>>().join("&")
}

/// A body, if it is of a kind that can be searched for secrets.
pub(crate) fn shown_body(content_type: Option<&str>, body: &[u8]) -> Option<String> {
    let kind = content_type.unwrap_or("application/json").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/x-www-form-urlencoded" {
        return std::str::from_utf8(body).ok().map(shown_pairs);
    }
    if kind != "application/json" && !kind.ends_with("+json") {
        return None;
    }
    let mut value: Value = serde_json::from_slice(body).ok()?;
    hide_in(&mut value);
    Some(value.to_string())
}

fn hide_in(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if is_secret(name) {
                    *member = Value::from(MASK);
                } else {
                    hide_in(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide_in),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !HARMLESS.contains(&name.as_str()) && SECRETS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};

    use super::*;

    #[test]
    fn credentials_in_headers_are_hidden_and_known_headers_are_shown() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut shown = shown_headers(&headers);
        shown.sort();
        let expected = [("authorization", MASK), ("content-type", "application/json")];
        assert_eq!(shown, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn secrets_in_queries_and_forms_are_hidden() {
        assert_eq!(shown_pairs("alt=json&access_token=abc&key=k&pageToken=p"), "alt=json&access_token=***&key=***&pageToken=p");
        assert_eq!(shown_pairs("access%5Ftoken=abc&pageSize=2"), "access%5Ftoken=***&pageSize=2");
        assert_eq!(shown_pairs(""), "");
        let form = shown_body(Some("application/x-www-form-urlencoded"), b"grant_type=x&assertion=abc");
        assert_eq!(form.as_deref(), Some("grant_type=x&assertion=***"));
    }

    #[test]
    fn secrets_in_json_are_hidden_at_every_depth() {
        let body = br#"{"name":"Ada","password":"p","people":[{"refresh_token":{"a":1}}]}"#;
        let shown = shown_body(Some("application/json; charset=utf-8"), body).unwrap();
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown, serde_json::json!({ "name": "Ada", "password": MASK, "people": [{ "refresh_token": MASK }] }));
    }

    #[test]
    fn a_body_that_can_not_be_searched_is_not_shown() {
        assert_eq!(shown_body(Some("multipart/mixed; boundary=b"), b"Authorization: Bearer abc"), None);
        assert_eq!(shown_body(None, b"{\"password\":\"p"), None);
    }
}
