//! The secrets that a journal does not show: credentials in headers and queries, and passwords and tokens in bodies. Headers are shown by
//! a list of those that hold no secrets. Everything else is hidden where its name looks like that of a secret, and so is each part of a
//! text that looks like a secret, wherever it stands.

use derslik_ports::inbound::control::MaskBody;
use serde_json::Value;

/// What stands in the place of a secret.
pub(crate) const MASK: &str = "***";

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
const SECRETS: [&str; 13] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "key",
    "assertion",
    "credential",
    "signature",
    "proof",
    "authorization",
    "cookie",
    "jwt",
];

/// Whole names of secrets.
const SECRET_NAMES: [&str; 9] = ["pass", "pwd", "auth", "code", "auth_code", "authcode", "otp", "pin", "sid"];

/// Names of values that are shown although they have such a part.
const HARMLESS: [&str; 6] = ["pagetoken", "page_token", "next_page_token", "nextpagetoken", "keyword", "keywords"];

/// How texts of secrets begin, and how many letters they have at least after that: those of this service, and those of others that people
/// paste by mistake.
const BEGINNINGS: [(&str, usize); 20] = [
    ("derslik_sk_", 16),
    ("derslik_ok_", 16),
    ("derslik_at_", 16),
    ("derslik_rt_", 16),
    ("derslik_cs_", 16),
    ("derslik_si_", 16),
    ("ya29.", 4),
    ("1//", 20),
    ("GOCSPX-", 8),
    ("AIza", 30),
    ("eyJ", 20),
    ("ghp_", 16),
    ("gho_", 16),
    ("ghs_", 16),
    ("github_pat_", 16),
    ("glpat-", 16),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("sk-", 20),
    ("AKIA", 16),
];

/// The schemes before credentials.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// What stands between a scheme and its credential, also where the text is escaped.
const GAPS: [&str; 3] = [" ", "+", "%20"];

/// How many hexadecimal digits follow an access key, as the proof that the secret key is known.
const PROOF_DIGITS: usize = 64;

/// A text without the secrets in it.
pub(crate) fn shown_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let (mut rest, mut before) = (text, None);
    while let Some(letter) = rest.chars().next() {
        if let Some((kept, hidden)) = secret_at(rest, before) {
            shown.push_str(rest.get(..kept).unwrap_or_default());
            shown.push_str(MASK);
            rest = rest.get(kept + hidden..).unwrap_or_default();
            before = Some('*');
        } else {
            shown.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            before = Some(letter);
        }
    }
    shown
}

/// How many bytes of a text are shown and then hidden, if a secret begins it.
fn secret_at(text: &str, before: Option<char>) -> Option<(usize, usize)> {
    if before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let first = text.bytes().next()?;
    if before == Some('|') && first.is_ascii_hexdigit() {
        let digits = text.bytes().take_while(u8::is_ascii_hexdigit).count();
        return (digits == PROOF_DIGITS).then_some((0, digits));
    }
    match first {
        b'-' => private_key(text).map(|length| (0, length)),
        b'b' | b'B' => after_scheme(text),
        _ => BEGINNINGS.iter().find_map(|(beginning, least)| {
            let length = token_length(text.strip_prefix(beginning)?);
            (length >= *least).then_some((0, beginning.len() + length))
        }),
    }
}

/// How many bytes of a text can be those of a token.
fn token_length(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=|".contains(byte)).count()
}

/// The credential behind its scheme. A word that follows by chance has letters alone.
fn after_scheme(text: &str) -> Option<(usize, usize)> {
    SCHEMES.iter().find_map(|scheme| {
        let word = text.get(..scheme.len()).filter(|word| word.eq_ignore_ascii_case(scheme))?;
        let rest = text.get(word.len()..)?;
        let gap = GAPS.iter().find(|gap| rest.starts_with(**gap))?;
        let credential = rest.get(gap.len()..)?;
        let length = token_length(credential);
        let is_word = length < 20 && credential.bytes().take(length).all(|byte| byte.is_ascii_alphabetic() || byte == b'.');
        (length >= 3 && !is_word).then_some((word.len() + gap.len(), length))
    })
}

/// The length of a private key in PEM.
fn private_key(text: &str) -> Option<usize> {
    const END: &str = "PRIVATE KEY-----";
    let rest = text.strip_prefix("-----BEGIN ")?;
    rest.find(END).filter(|place| *place < 20)?;
    let end = text.find("-----END ").and_then(|at| text.get(at..)?.find(END).map(|place| at + place + END.len()));
    Some(end.unwrap_or(text.len()))
}

/// Whether the value of a header is shown.
pub(crate) fn is_shown(name: &str) -> bool {
    SHOWN.contains(&name)
}

/// A query, or a body of a form.
pub(crate) fn shown_pairs(pairs: &str) -> String {
    let shown = pairs.split('&').map(|pair| match pair.split_once('=') {
        // An escape in a name could hide what it is.
        Some((name, _)) if is_secret(name) || name.contains('%') => format!("{name}={MASK}"),
        _ => shown_text(pair),
    });
    shown.collect::<Vec<_>>().join("&")
}

/// The kinds of bodies that can be searched for secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    Form,
    Json,
}

/// The kind of a body with that `Content-Type`, if it can be searched for secrets.
pub(crate) fn body_kind(content_type: Option<&str>) -> Option<BodyKind> {
    let kind = content_type.unwrap_or("application/json").split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Some(BodyKind::Form);
    }
    let has_suffix = || kind.rsplit_once('+').is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case("json"));
    (kind.eq_ignore_ascii_case("application/json") || has_suffix()).then_some(BodyKind::Json)
}

impl BodyKind {
    /// Shows a body, if it is of this kind.
    pub(crate) const fn mask(self) -> MaskBody {
        match self {
            Self::Form => shown_form,
            Self::Json => shown_json,
        }
    }
}

fn shown_form(body: &[u8]) -> Option<String> {
    std::str::from_utf8(body).ok().map(shown_pairs)
}

fn shown_json(body: &[u8]) -> Option<String> {
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
        Value::String(text) => *text = shown_text(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_like_secret = SECRET_NAMES.contains(&name.as_str()) || SECRETS.iter().any(|part| name.contains(part));
    is_like_secret && !HARMLESS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a body with that `Content-Type` is shown.
    fn body_of(content_type: Option<&str>, body: &[u8]) -> Option<String> {
        let mask = body_kind(content_type)?.mask();
        mask(body)
    }

    #[test]
    fn headers_are_shown_by_a_list() {
        assert!(is_shown("content-type") && is_shown("user-agent"));
        assert!(!is_shown("authorization") && !is_shown("cookie") && !is_shown("x-own"));
    }

    #[test]
    fn forms_and_json_can_be_searched_for_secrets() {
        for (content_type, kind) in [
            (None, Some(BodyKind::Json)),
            (Some("Application/JSON; charset=utf-8"), Some(BodyKind::Json)),
            (Some("application/merge-patch+JSON"), Some(BodyKind::Json)),
            (Some("application/x-www-form-urlencoded"), Some(BodyKind::Form)),
            (Some("multipart/mixed; boundary=b"), None),
            (Some("application/jsonp"), None),
            (Some(""), None),
        ] {
            assert_eq!(body_kind(content_type), kind, "{content_type:?}");
        }
    }

    #[test]
    fn secrets_in_queries_and_forms_are_hidden() {
        assert_eq!(shown_pairs("alt=json&access_token=abc&key=k&pageToken=p"), "alt=json&access_token=***&key=***&pageToken=p");
        assert_eq!(shown_pairs("access%5Ftoken=abc&pageSize=2"), "access%5Ftoken=***&pageSize=2");
        assert_eq!(shown_pairs(""), "");
        let form = body_of(Some("application/x-www-form-urlencoded"), b"grant_type=x&assertion=abc");
        assert_eq!(form.as_deref(), Some("grant_type=x&assertion=***"));
    }

    #[test]
    fn secrets_in_json_are_hidden_at_every_depth() {
        let body = br#"{"name":"Ada","password":"p","people":[{"refresh_token":{"a":1}}]}"#;
        let shown = body_of(Some("application/json; charset=utf-8"), body).unwrap();
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown, serde_json::json!({ "name": "Ada", "password": MASK, "people": [{ "refresh_token": MASK }] }));
    }

    #[test]
    fn names_of_secrets_are_known_in_all_their_forms() {
        for name in
            ["passwd", "pwd", "pass", "auth", "Authorization", "jwt", "code", "assertion", "client_secret", "refresh_token", "apiKey"]
        {
            assert!(is_secret(name), "{name}");
        }
        for name in ["name", "enrollmentCode", "passed", "author", "pageToken", "keywords", "pinned"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn a_secret_is_hidden_wherever_it_stands_in_a_text() {
        let (hex, jwt) = ("0a".repeat(32), "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhQGIifQ.c2ln");
        for (text, expected) in [
            (format!("key derslik_at_{hex}_0a0a0a0a!"), "key ***!".to_owned()),
            ("agent/1 (ya29.a0Af_x)".to_owned(), "agent/1 (***)".to_owned()),
            (format!("see {jwt}, ok"), "see ***, ok".to_owned()),
            ("Authorization: Bearer demo-admin-token".to_owned(), "Authorization: Bearer ***".to_owned()),
            ("h=bearer+abc1&b=Basic%20eA==".to_owned(), "h=bearer+***&b=Basic%20***".to_owned()),
            (format!("demo-access|{hex}"), "demo-access|***".to_owned()),
            ("a -----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY----- b".to_owned(), "a *** b".to_owned()),
            ("-----BEGIN PRIVATE KEY-----\nx".to_owned(), "***".to_owned()),
        ] {
            assert_eq!(shown_text(&text), expected, "{text}");
        }
        let shown = ["Ada's öğrenci 1/2", "the bearer of news", "Basic chemistry", "derslik_at_7", "haya29.abcd", ""];
        for text in shown.into_iter().chain(["-----BEGIN CERTIFICATE-----"]) {
            assert_eq!(shown_text(text), text);
        }
    }

    #[test]
    fn secrets_in_values_are_hidden_too() {
        let body = body_of(None, br#"{"description":"use ya29.abcdef","names":["Bearer a-b"]}"#);
        assert_eq!(body.as_deref(), Some(r#"{"description":"use ***","names":["Bearer ***"]}"#));
        assert_eq!(shown_pairs("q=ya29.abcdef&x=1"), "q=***&x=1");
    }

    #[test]
    fn a_body_that_can_not_be_searched_is_not_shown() {
        assert_eq!(body_of(Some("multipart/mixed; boundary=b"), b"Authorization: Bearer abc"), None);
        assert_eq!(body_of(None, b"{\"password\":\"p"), None);
    }
}
