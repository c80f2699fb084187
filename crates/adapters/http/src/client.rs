//! The sender of a request and the address by which it reached the service. Both come from the connection, or from the headers
//! of a trusted proxy.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use actix_web::web::Data;

use crate::forwarding::{Client, Forwarded, TrustedProxies};
use crate::state::HttpState;

/// The scheme of a connection. The server notes it among the data of the connection, or of the request with HTTP/2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// The address of the client that sent a request. `None` where the connection has no address, as in tests.
pub(crate) fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let client = match request.app_data::<Data<HttpState>>() {
        Some(state) => Client::of(request.head(), state.trusted_proxies()),
        None => Client::of(request.head(), &TrustedProxies::default()),
    };
    client.map(|client| client.address)
}

/// The scheme and the host by which the client reached the service. The host is empty where the client named none.
pub(crate) fn reached_by(request: &HttpRequest) -> (&'static str, String) {
    let state = request.app_data::<Data<HttpState>>();
    let forwarded = state.map(|state| Forwarded::of(request.head(), state.trusted_proxies())).unwrap_or_default();
    let scheme = match forwarded.scheme {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => Scheme::Https,
        Some(_) => Scheme::Http,
        None => scheme_of_connection(request),
    };
    let header = || request.headers().get(HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    let own = || header().or_else(|| request.uri().authority().map(ToString::to_string));
    let host = forwarded.host.map(str::to_owned).or_else(own).unwrap_or_default();
    (scheme.name(), host)
}

fn scheme_of_connection(request: &HttpRequest) -> Scheme {
    let of_request = || actix_web::HttpMessage::extensions(request).get::<Scheme>().copied();
    request.conn_data().copied().or_else(of_request).unwrap_or(Scheme::Http)
}
