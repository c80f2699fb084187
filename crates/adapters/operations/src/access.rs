//! Which parts of the listener answer, and to whom. It follows from the address of the listener.

use std::fmt;
use std::net::IpAddr;

use derslik_side_listener::host_of;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Who may ask for what.
#[derive(Debug, Clone)]
pub struct Access {
    /// The names by which the listener may be called besides those of loopback, in lower case and without a port. `None` lets it be
    /// called by any name.
    pub(crate) hosts: Option<Vec<String>>,
    /// Who gets the metrics.
    pub(crate) metrics: MetricsAccess,
    /// Whether pages that show data or change state may be served.
    pub(crate) is_control_open: bool,
    /// Whether the console may be served.
    pub(crate) is_console_open: bool,
    /// The origin of the pages of the console behind a proxy, as `https://ops.okul.example`.
    pub(crate) console_origin: Option<String>,
}

/// Who gets the metrics.
#[derive(Debug, Clone)]
pub(crate) enum MetricsAccess {
    /// Every client.
    Open,
    /// Clients that send this token.
    WithToken(MetricsToken),
    /// No client: the page is absent.
    Absent,
}

/// The token that a scraper sends, as a digest.
#[derive(Clone)]
pub struct MetricsToken([u8; 32]);

impl MetricsToken {
    /// The token that is this text.
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Whether the presented text is this token. It takes the same time for each text of the same length.
    pub fn is(&self, presented: &str) -> bool {
        self.0.ct_eq(&Self::new(presented).0).into()
    }
}

impl fmt::Debug for MetricsToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetricsToken(..)")
    }
}

impl Access {
    /// The access to a listener at that address.
    ///
    /// On a loopback address all parts are open, and the listener must be called by a name of loopback or one of `hosts`: a web page
    /// can make a browser call it by another. On any other address `/healthz`, `/readyz` and `/version` are open under each name, since
    /// orchestrators call them by addresses that change, and metrics need a token. `allow_remote` opens there what shows data or changes
    /// state, which otherwise stays absent.
    pub fn new(address: IpAddr, hosts: &[String], token: Option<MetricsToken>, allow_remote: bool) -> Self {
        let is_local = address.to_canonical().is_loopback();
        let metrics = match token {
            Some(token) => MetricsAccess::WithToken(token),
            None if is_local => MetricsAccess::Open,
            None => MetricsAccess::Absent,
        };
        let hosts = is_local.then(|| hosts.iter().map(|host| host.to_ascii_lowercase()).collect());
        Self { hosts, metrics, is_control_open: is_local || allow_remote, is_console_open: false, console_origin: None }
    }

    /// The same access, with the console or without it. `origin` is that of its pages behind a proxy, in lower case: the listener may be called
    /// by its host, and a page of it counts as its own.
    #[must_use]
    pub fn with_console(self, is_open: bool, origin: Option<String>) -> Self {
        let host = origin.as_ref().and_then(|origin| host_of(origin.split_once("://")?.1)).map(str::to_owned);
        let hosts = self.hosts.map(|hosts| hosts.into_iter().chain(host).collect());
        Self { hosts, is_console_open: is_open, console_origin: origin, ..self }
    }

    /// Whether the console may be served.
    pub const fn is_console_open(&self) -> bool {
        self.is_console_open
    }

    /// Whether pages that show data or change state may be served.
    pub const fn is_control_open(&self) -> bool {
        self.is_control_open
    }

    /// Whether clients can get metrics, with a token or without one.
    pub const fn shows_metrics(&self) -> bool {
        !matches!(self.metrics, MetricsAccess::Absent)
    }

    /// Whether the listener may be called by that name, which may have a port.
    pub(crate) fn may_be_called(&self, authority: &str) -> bool {
        let Some(hosts) = &self.hosts else { return true };
        let Some(name) = host_of(authority).map(str::to_ascii_lowercase) else { return false };
        name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback()) || hosts.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(hosts: &[&str]) -> Access {
        let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        Access::new(IpAddr::from([127, 0, 0, 1]), &hosts, None, false)
    }

    #[test]
    fn a_local_listener_is_called_by_names_of_loopback_and_by_named_hosts() {
        let access = local(&["Ops.Okul.example"]);
        for name in ["localhost", "LOCALHOST:8081", "127.0.0.1:8081", "127.9.9.9", "[::1]:8081", "[::1]", "ops.okul.example:80"] {
            assert!(access.may_be_called(name), "{name}");
        }
        for name in ["", "okul.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1:8081", "[fd00::1]:8081", "ops:8081"]
        {
            assert!(!access.may_be_called(name), "{name}");
        }
        for malformed in ["localhost:", "localhost:99999", "localhost:80:evil", "[127.0.0.1]", "[::1]evil.example"] {
            assert!(!access.may_be_called(malformed), "{malformed}");
        }
    }

    #[test]
    fn other_machines_get_metrics_with_a_token_alone_and_no_control() {
        let network = IpAddr::from([0, 0, 0, 0]);
        let access = |address, token: Option<&str>, allow_remote| Access::new(address, &[], token.map(MetricsToken::new), allow_remote);
        assert!(matches!(access(network, None, false).metrics, MetricsAccess::Absent));
        assert!(!access(network, None, false).shows_metrics() && access(network, Some("t"), false).shows_metrics());
        assert!(matches!(access(network, Some("t"), false).metrics, MetricsAccess::WithToken(token) if token.is("t")));
        assert!(!access(network, Some("t"), false).is_control_open() && access(network, None, true).is_control_open());
        assert!(access(network, None, false).may_be_called("10.0.0.1:8081"));
        let here = IpAddr::from([127, 0, 0, 1]);
        assert!(matches!(access(here, None, false).metrics, MetricsAccess::Open));
        // A token that is set is asked for on every address.
        assert!(matches!(access(here, Some("t"), false).metrics, MetricsAccess::WithToken(token) if token.is("t")));
        assert!(access(here, None, false).is_control_open());
    }

    #[test]
    fn a_proxy_calls_the_listener_by_the_host_of_the_console() {
        let access = local(&[]).with_console(true, Some("https://ops.okul.example:8443".to_owned()));
        assert!(access.is_console_open() && access.may_be_called("ops.okul.example") && access.may_be_called("localhost"));
        assert!(!access.may_be_called("okul.example") && !local(&[]).is_console_open());
    }

    #[test]
    fn a_token_is_compared_as_a_whole_and_never_printed() {
        let token = MetricsToken::new("hunter2");
        assert!(token.is("hunter2"));
        assert!(!["", "hunter", "hunter22", "HUNTER2"].iter().any(|other| token.is(other)));
        assert!(!format!("{token:?}").contains("hunter"));
    }
}
