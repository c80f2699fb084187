//! Refuses requests that were not meant for this listener: those that a proxy forwards, and those that a web page causes in a browser on
//! this machine.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use derslik_side_listener::host_of;

/// The header that clients of a metadata server send, and that its answers carry.
pub(super) const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");

/// The value of [`FLAVOR`].
pub(super) const FLAVOR_VALUE: &str = "Google";

/// The headers by which a proxy tells of itself.
const OF_PROXIES: [&str; 3] = ["x-forwarded-for", "forwarded", "via"];

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The names by which clients know the original. They lead to another machine, unless its user says otherwise.
const NAMES: [&str; 3] = ["localhost", "metadata", "metadata.google.internal"];

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its method changes something.
    Method,
    /// It lacks the header by which a client shows that it means a metadata server.
    Flavor,
    /// A proxy forwards it.
    Forwarded,
    /// It names another host, or none.
    Host,
    /// A web page causes it.
    Page,
}

impl Refusal {
    /// What is told to the client.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Method => "the metadata server can only be read",
            Self::Flavor => "send the header Metadata-Flavor: Google",
            Self::Forwarded => "requests that a proxy forwards are refused",
            Self::Host => "this host name is not known here: use an address or localhost",
            Self::Page => "requests of web pages are refused",
        }
    }
}

/// Why a request is refused, if it is. `any_host` lets it name any host.
pub(super) fn find_refusal(request: &HttpRequest, any_host: bool) -> Option<Refusal> {
    let headers = request.headers();
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        Some(Refusal::Method)
    } else if OF_PROXIES.iter().any(|name| headers.contains_key(*name)) {
        Some(Refusal::Forwarded)
    } else if headers.contains_key(ORIGIN) || headers.contains_key(SEC_FETCH_SITE) {
        Some(Refusal::Page)
    } else if headers.get(FLAVOR).is_none_or(|flavor| flavor != FLAVOR_VALUE) {
        Some(Refusal::Flavor)
    } else if !any_host && !names_this_host(request, headers) {
        Some(Refusal::Host)
    } else {
        None
    }
}

/// Whether every host that a request names is an address, or a name of this machine. The owner of another name could let it lead here, and
/// the page of that name would get tokens.
fn names_this_host(request: &HttpRequest, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).map(|host| host.to_str().unwrap_or_default());
    let is_known = |host: &str| {
        let is_named = |host: &str| NAMES.iter().any(|name| name.eq_ignore_ascii_case(host)) || host.parse::<IpAddr>().is_ok();
        host_of(host).is_some_and(is_named)
    };
    let is_one = hosts.next().is_some_and(is_known) && hosts.next().is_none();
    is_one && request.uri().authority().is_none_or(|target| is_known(target.as_str()))
}
