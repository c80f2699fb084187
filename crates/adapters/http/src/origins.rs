//! The origins of web pages: those that may use the APIs, and those of this machine. This module knows no request.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use derslik_side_listener::host_of;

/// The word that stands for every origin.
pub(crate) const ANY: &str = "*";

/// The origins whose pages may use the APIs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedOrigins {
    listed: Listed,
    /// Whether only pages of this machine may use the APIs, and the requests of others are not carried out.
    loopback_alone: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Listed {
    Any,
    These(Arc<[String]>),
}

/// Why a list of origins is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// It is not an origin.
    #[error("{0:?} is neither an origin such as https://app.okul.example nor *")]
    Malformed(String),
    /// `*` beside other origins.
    #[error("* stands for every origin, so nothing else may stand beside it")]
    AnyAmongOthers,
    /// An origin of another machine, where only those of this one are allowed.
    #[error("{0:?} is not an origin of this machine, and publicly known keys are for its pages alone")]
    Foreign(String),
}

impl Default for AllowedOrigins {
    /// Every origin.
    fn default() -> Self {
        Self { listed: Listed::Any, loopback_alone: false }
    }
}

impl AllowedOrigins {
    /// The origins of that list: `*` for every origin, or origins such as `https://app.okul.example`. An empty list allows none.
    ///
    /// # Errors
    /// The first fault of the list.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, OriginError> {
        let texts: Vec<&str> = texts.into_iter().map(str::trim).collect();
        if texts == [ANY] {
            return Ok(Self::default());
        }
        if texts.contains(&ANY) {
            return Err(OriginError::AnyAmongOthers);
        }
        let origins: Vec<String> =
            texts.into_iter().map(|text| normal(text).ok_or_else(|| OriginError::Malformed(text.to_owned()))).collect::<Result<_, _>>()?;
        Ok(Self { listed: Listed::These(origins.into()), loopback_alone: false })
    }

    /// Of these, the origins of this machine. Requests of pages elsewhere are refused.
    ///
    /// # Errors
    /// If the list names an origin of another machine.
    pub fn of_loopback(self) -> Result<Self, OriginError> {
        if let Listed::These(origins) = &self.listed
            && let Some(foreign) = origins.iter().find(|origin| !is_loopback(origin))
        {
            return Err(OriginError::Foreign(foreign.clone()));
        }
        Ok(Self { loopback_alone: true, ..self })
    }

    /// Whether only pages of this machine may use the APIs.
    pub(crate) const fn are_of_loopback_alone(&self) -> bool {
        self.loopback_alone
    }

    /// What the page of an origin may do. `is_own` tells whether an origin is that of the service itself.
    pub(crate) fn access(&self, origin: &HeaderValue, is_own: impl FnOnce(&str) -> bool) -> Access {
        let text = origin.to_str().unwrap_or_default();
        let is_listed = match &self.listed {
            Listed::Any => true,
            Listed::These(origins) => origins.iter().any(|listed| listed == text),
        };
        match (self.loopback_alone, is_listed) {
            (false, true) if self.listed == Listed::Any => Access::Shared(HeaderValue::from_static(ANY)),
            (false, true) => Access::Shared(origin.clone()),
            (true, true) if is_loopback(text) => Access::Shared(origin.clone()),
            (true, _) if !is_loopback(text) && !is_own(text) => Access::Refused,
            (_, false) | (true, true) => Access::Unshared,
        }
    }
}

/// What a page may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// Send every request, and read the answers. It is the value of the header that says so.
    Shared(HeaderValue),
    /// What a page may do with every other service: send requests without headers of its own, and read no answer.
    Unshared,
    /// Nothing.
    Refused,
}

/// An origin as browsers write it: in small letters, and without the default port of its scheme. `None` for any other text.
fn normal(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let (scheme, authority) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !is_scheme || host_of(authority).is_none() {
        return None;
    }
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return Some(text),
    };
    Some(format!("{scheme}://{}", authority.strip_suffix(default_port).unwrap_or(authority)))
}

/// Whether an origin is one of this machine.
fn is_loopback(origin: &str) -> bool {
    origin.split_once("://").is_some_and(|(_, authority)| leads_to_loopback(authority))
}

/// Whether a host, with or without a port, is this machine.
pub(crate) fn leads_to_loopback(authority: &str) -> bool {
    host_of(authority).is_some_and(|host| {
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PAGE: &str = "https://app.okul.example";

    #[rstest]
    #[case("https://App.Okul.example:443", Some("https://app.okul.example"))]
    #[case("http://localhost:80", Some("http://localhost"))]
    #[case("http://localhost:8080", Some("http://localhost:8080"))]
    #[case("https://[2001:db8::1]:443", Some("https://[2001:db8::1]"))]
    #[case("chrome-extension://abcdef", Some("chrome-extension://abcdef"))]
    #[case("app.okul.example", None)]
    #[case("https://", None)]
    #[case("https://app.okul.example/", None)]
    #[case("https://app.okul.example/page", None)]
    #[case("https://*.okul.example", None)]
    #[case("https://user@app.okul.example", None)]
    #[case("https://app.okul.example:", None)]
    #[case("https://app.okul.example:abc", None)]
    #[case("https://app.okul.example:99999", None)]
    #[case("https://app.okul.example:0443", None)]
    #[case("https://app..example", None)]
    #[case("https://[2001:db8::1", None)]
    #[case("https://[2001:db8::1]evil.example", None)]
    #[case("app://-", Some("app://-"))]
    #[case("null", None)]
    #[case("", None)]
    fn origins_are_read_as_browsers_write_them(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(normal(text).as_deref(), expected);
        let parsed = AllowedOrigins::parse([text]);
        assert_eq!(parsed.err(), expected.is_none().then(|| OriginError::Malformed(text.to_owned())));
    }

    #[test]
    fn every_origin_stands_alone() {
        assert_eq!(AllowedOrigins::parse(["*"]), Ok(AllowedOrigins::default()));
        assert_eq!(AllowedOrigins::parse([PAGE, "*"]), Err(OriginError::AnyAmongOthers));
    }
}
