//! The fields of a request for a token. Each may stand once, and an empty one is as if it was not sent (RFC 6749, section 3.2).

use std::collections::HashSet;

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use derslik_ports::inbound::Client;

use super::answer::Refusal;

/// The fields of a request.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Takes the fields of a form.
    ///
    /// # Errors
    /// A refusal if a field stands twice.
    pub(super) fn new(fields: Vec<(String, String)>) -> Result<Self, Refusal> {
        let is_unique = {
            let mut names = HashSet::with_capacity(fields.len().min(64));
            fields.iter().all(|(name, _)| names.insert(name.as_str()))
        };
        if is_unique { Ok(Self(fields)) } else { Err(Refusal::request("a parameter stands twice")) }
    }

    /// The value of a field, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    /// The value of a field that a request needs.
    ///
    /// # Errors
    /// A refusal that names the field.
    pub(super) fn need(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::missing(name))
    }
}

/// The client that a request comes from: in the fields, or in a header for Basic.
///
/// # Errors
/// A refusal if it is in neither, or in both.
pub(super) fn client(headers: &HeaderMap, fields: &Fields) -> Result<Client, Refusal> {
    let basic = match headers.get(AUTHORIZATION) {
        None => None,
        Some(value) => Some(value.to_str().ok().and_then(read_basic).ok_or_else(|| Refusal::client(true))?),
    };
    match (basic, fields.get("client_id"), fields.get("client_secret")) {
        (Some(client), None, None) => Ok(client),
        (Some(client), Some(id), None) if client.id == id => Ok(client),
        (Some(_), _, _) => Err(Refusal::request("the client is named twice")),
        (None, Some(id), Some(secret)) => Ok(Client { id: id.to_owned(), secret: secret.to_owned() }),
        (None, Some(_), None) => Err(Refusal::no_client("client_secret is missing")),
        (None, None, Some(_)) => Err(Refusal::no_client("client_id is missing")),
        (None, None, None) => Err(Refusal::no_client("client_id and client_secret are missing, in the form or by Basic")),
    }
}

/// The name and the secret in `Basic …`. The ids and secrets of clients have no character that would be escaped.
fn read_basic(header: &str) -> Option<Client> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some(Client { id: id.to_owned(), secret: secret.to_owned() })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn fields(of: &[(&str, &str)]) -> Fields {
        Fields::new(of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()).ok().unwrap()
    }

    fn found(authorization: Option<&str>, of: &[(&str, &str)]) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        client(&headers, &fields(of)).ok().map(|client| (client.id, client.secret))
    }

    #[test]
    fn a_client_is_named_in_the_form_or_by_basic() {
        let client = Some(("one".to_owned(), "se:cret".to_owned()));
        let basic = format!("Basic {}", STANDARD.encode("one:se:cret"));
        assert_eq!(found(None, &[("client_id", "one"), ("client_secret", "se:cret")]), client);
        assert_eq!(found(Some(&basic), &[]), client);
        assert_eq!(found(Some(&basic.replace("Basic", "bASIC ")), &[("client_id", "one")]), client);
        assert_eq!(found(Some(&basic), &[("client_id", "two")]), None);
        assert_eq!(found(Some(&basic), &[("client_id", "one"), ("client_secret", "se:cret")]), None);
        for wrong in ["", "Basic", "Basic !", "Bearer b25lOnNlOmNyZXQ=", "Basic b25l", "Basic //8="] {
            assert_eq!(found(Some(wrong), &[]), None, "{wrong}");
        }
        for half in [&[("client_id", "one")][..], &[("client_secret", "secret")], &[("client_id", "one"), ("client_secret", "")], &[]] {
            assert_eq!(found(None, half), None, "{half:?}");
        }
    }

    #[test]
    fn an_empty_field_is_missing_and_a_field_stands_once() {
        let some = fields(&[("scope", ""), ("a", "b")]);
        assert_eq!((some.get("scope"), some.get("a"), some.get("c")), (None, Some("b"), None));
        assert!(some.need("a").is_ok() && some.need("scope").is_err());
        let twice = vec![("a".to_owned(), "b".to_owned()), ("a".to_owned(), "b".to_owned())];
        assert!(Fields::new(twice).is_err());
    }
}
