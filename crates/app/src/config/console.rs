//! The settings of the console.

use std::net::IpAddr;

use anyhow::{Context, ensure};
use derslik_side_listener::host_of;
use serde::{Deserialize, Serialize};

/// The console: pages for operators on the operations listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleConfig {
    /// Whether the operations listener shows the console, at `/console`. See [The console](OPERATIONS.md#the-console).
    pub enabled: bool,
    /// Whether it does so on an address that other machines reach, too. In profile `production` admins sign in with their password there, so
    /// `url` must begin with `https`.
    pub allow_remote: bool,
    /// The URL by which browsers reach the console through a proxy that ends TLS, without a path: `https://ops.okul.example`. The cookie of
    /// a sign-in is then sent by TLS alone. Profile `production` takes a URL without TLS of this machine alone.
    pub url: Option<String>,
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        Self { enabled: true, allow_remote: false, url: None }
    }
}

impl ConsoleConfig {
    /// Each setting with the result of its check.
    pub(super) fn check(&self) -> [(&'static str, anyhow::Result<()>); 1] {
        [("console.url", self.origin().map(drop))]
    }

    /// The origin of the pages as browsers name it, if it differs from the address of the listener.
    ///
    /// # Errors
    /// If the setting is not the URL of a host.
    pub fn origin(&self) -> anyhow::Result<Option<String>> {
        let Some(url) = &self.url else { return Ok(None) };
        let origin = url.trim_end_matches('/').to_ascii_lowercase();
        let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let host = authority.and_then(host_of);
        let host =
            host.with_context(|| format!("console.url is {url:?}, and must be a URL without a path, as https://ops.okul.example"))?;
        ensure!(!host.is_empty(), "console.url names no host");
        Ok(Some(origin))
    }

    /// Whether browsers reach the console by TLS.
    pub fn is_https(&self) -> bool {
        self.origin().ok().flatten().is_some_and(|origin| origin.starts_with("https://"))
    }

    /// Whether `url` names this machine, so that no network is between the console and a browser that follows it.
    pub fn is_of_this_machine(&self) -> bool {
        let origin = self.origin().ok().flatten();
        let host = origin.as_ref().and_then(|origin| origin.split_once("://")).and_then(|(_, authority)| host_of(authority));
        host.is_some_and(|host| host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_scheme_and_a_host() {
        let with = |url: &str| ConsoleConfig { url: Some(url.to_owned()), ..ConsoleConfig::default() };
        assert_eq!(with("https://Ops.okul.example/").origin().unwrap().as_deref(), Some("https://ops.okul.example"));
        assert!(with("https://ops.okul.example:8443").is_https() && !with("http://ops.okul.example").is_https());
        for url in ["", "ops.okul.example", "https://", "https://ops.okul.example/console", "ftp://ops.okul.example", "https://a b"] {
            assert!(with(url).origin().is_err(), "{url}");
        }
        assert_eq!(ConsoleConfig::default().origin().unwrap(), None);
    }

    #[test]
    fn a_url_of_this_machine_is_told_from_others() {
        let is_here = |url: &str| ConsoleConfig { url: Some(url.to_owned()), ..ConsoleConfig::default() }.is_of_this_machine();
        assert!(["http://localhost:8081", "http://127.0.0.1", "http://[::1]:8081", "http://LOCALHOST"].into_iter().all(is_here));
        assert!(!["http://ops.okul.example", "http://10.0.0.7", "http://127.0.0.1.okul.example"].into_iter().any(is_here));
        assert!(!ConsoleConfig::default().is_of_this_machine());
    }
}
