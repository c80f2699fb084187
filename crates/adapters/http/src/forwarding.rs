//! The trusted proxies, and what their headers say about a request: its sender, and the address by which it reached the service.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use actix_web::dev::RequestHead;
use actix_web::http::header::{FORWARDED, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The networks of the proxies whose `Forwarded` and `X-Forwarded-*` headers are trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Arc<[IpNet]>);

/// A text that is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a network such as 10.0.0.0/8 nor an address")]
pub struct NetworkError(String);

impl TrustedProxies {
    /// The proxies in networks such as `10.0.0.0/8` and `fd00::/8`, or at single addresses.
    ///
    /// # Errors
    /// If a text is neither.
    pub fn parse<'a>(networks: impl IntoIterator<Item = &'a str>) -> Result<Self, NetworkError> {
        let network = |text: &'a str| {
            let text = text.trim();
            text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| NetworkError(text.to_owned()))
        };
        Ok(Self(networks.into_iter().map(network).collect::<Result<_, _>>()?))
    }

    /// Whether an address belongs to a trusted proxy.
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        !self.0.is_empty() && self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

/// The sender of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) address: IpAddr,
    /// Whether it is a trusted proxy: one that sends its own request, or that does not name its client.
    pub(crate) is_proxy: bool,
}

impl Client {
    /// Finds the sender of a request: the peer, or the nearest client before the trusted proxies. `None` where the connection
    /// has no address.
    pub(crate) fn of(head: &RequestHead, proxies: &TrustedProxies) -> Option<Self> {
        let peer = head.peer_addr?.ip().to_canonical();
        let mut client = Self { address: peer, is_proxy: proxies.trust(peer) };
        if !client.is_proxy {
            return Some(client);
        }
        // Each proxy appends the address of its peer, so only the entries to the right of a trusted proxy's entry are reliable.
        for hop in hops(head).into_iter().rev() {
            let Some(address) = hop.and_then(address_of_hop) else { break };
            client = Self { address, is_proxy: proxies.trust(address) };
            if !client.is_proxy {
                break;
            }
        }
        Some(client)
    }
}

/// The scheme and the host by which a client reached a trusted proxy. Both are `None` for a request from any other peer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Forwarded<'a> {
    pub(crate) scheme: Option<&'a str>,
    pub(crate) host: Option<&'a str>,
}

impl<'a> Forwarded<'a> {
    /// What the headers of a trusted proxy say.
    pub(crate) fn of(head: &'a RequestHead, proxies: &TrustedProxies) -> Self {
        if !head.peer_addr.is_some_and(|peer| proxies.trust(peer.ip())) {
            return Self::default();
        }
        // A proxy that has nothing to say may write an empty header.
        let last = |name: &HeaderName, parameter| {
            let of_header = last_of(head, name).filter(|value| !value.is_empty());
            of_header.or_else(|| last_parameter(head, parameter).filter(|value| !value.is_empty()))
        };
        Self { scheme: last(&X_FORWARDED_PROTO, "proto"), host: last(&X_FORWARDED_HOST, "host") }
    }
}

/// The peer that each proxy reports, the farthest first. `None` for an entry without an address. A proxy that writes one of the
/// two headers passes the other one on as the client sent it. Most proxies write `X-Forwarded-For`, so `Forwarded` is trusted
/// only in its absence.
fn hops(head: &RequestHead) -> Vec<Option<&str>> {
    if head.headers().contains_key(&X_FORWARDED_FOR) {
        return list(head, &X_FORWARDED_FOR).into_iter().map(Some).collect();
    }
    list(head, &FORWARDED).into_iter().map(|element| parameter(element, "for")).collect()
}

/// The last entry of a header that proxies append to.
fn last_of<'a>(head: &'a RequestHead, name: &HeaderName) -> Option<&'a str> {
    list(head, name).pop()
}

fn last_parameter<'a>(head: &'a RequestHead, name: &str) -> Option<&'a str> {
    parameter(list(head, &FORWARDED).pop()?, name)
}

/// The members of a list in one header or several. A header that is not text counts as an empty member.
fn list<'a>(head: &'a RequestHead, name: &HeaderName) -> Vec<&'a str> {
    head.headers().get_all(name).flat_map(|value| split(value.to_str().unwrap_or_default(), ',')).collect()
}

/// The value of a parameter of an element such as `for="[2001:db8::1]:4711";proto=https`.
fn parameter<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    split(element, ';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

/// The parts of a text between separators that do not stand between quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |letter| {
        quoted ^= letter == '"';
        letter == separator && !quoted
    })
    .map(str::trim)
}

/// The address in an entry, which may have a port.
fn address_of_hop(hop: &str) -> Option<IpAddr> {
    let address = match hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop).parse::<IpAddr>() {
        Ok(address) => address,
        Err(_) => hop.parse::<SocketAddr>().ok()?.ip(),
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use rstest::rstest;

    use super::*;

    fn client(peer: &str, headers: &[(&str, &str)], proxies: &[&str]) -> Client {
        let mut request = TestRequest::default().peer_addr(SocketAddr::new(peer.parse().unwrap(), 4000));
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        Client::of(request.to_http_request().head(), &TrustedProxies::parse(proxies.iter().copied()).unwrap()).unwrap()
    }

    #[test]
    fn headers_of_an_untrusted_peer_do_not_change_the_client() {
        let forged = [("X-Forwarded-For", "198.51.100.7"), ("Forwarded", "for=198.51.100.7")];
        for proxies in [&[][..], &["10.0.0.0/8"]] {
            let expected = Client { address: "192.0.2.1".parse().unwrap(), is_proxy: false };
            assert_eq!(client("192.0.2.1", &forged, proxies), expected);
            assert_eq!(client("::ffff:192.0.2.1", &forged, proxies), expected);
        }
        assert_eq!(Client::of(TestRequest::default().to_http_request().head(), &TrustedProxies::default()), None);
    }

    #[rstest]
    #[case(&[("X-Forwarded-For", "198.51.100.7")], "198.51.100.7")]
    #[case(&[("X-Forwarded-For", "203.0.113.9, 198.51.100.7, 10.0.0.2")], "198.51.100.7")]
    #[case(&[("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-For", "198.51.100.7:4711")], "198.51.100.7")]
    #[case(&[("X-Forwarded-For", "[2001:db8::1]:4711")], "2001:db8::1")]
    #[case(&[("X-Forwarded-For", "2001:db8::1")], "2001:db8::1")]
    #[case(&[("Forwarded", "for=203.0.113.9, For=\"[2001:db8::1]:4711\";proto=https;by=10.0.0.2")], "2001:db8::1")]
    #[case(&[("Forwarded", "for=198.51.100.7;host=\"a,b;for=203.0.113.9\"")], "198.51.100.7")]
    #[case(&[("Forwarded", "for=203.0.113.9"), ("X-Forwarded-For", "198.51.100.7")], "198.51.100.7")]
    fn the_client_is_the_nearest_before_the_trusted_proxies(#[case] headers: &[(&str, &str)], #[case] expected: &str) {
        assert_eq!(client("10.0.0.1", headers, &["10.0.0.0/8"]), Client { address: expected.parse().unwrap(), is_proxy: false });
    }

    #[rstest]
    #[case(&[], "10.0.0.1")]
    #[case(&[("X-Forwarded-For", "unknown")], "10.0.0.1")]
    #[case(&[("X-Forwarded-For", "198.51.100.7, _hidden, 10.0.0.2")], "10.0.0.2")]
    #[case(&[("X-Forwarded-For", "10.0.0.3, 10.0.0.2")], "10.0.0.3")]
    #[case(&[("Forwarded", "proto=https")], "10.0.0.1")]
    fn a_proxy_that_names_no_address_is_the_client(#[case] headers: &[(&str, &str)], #[case] expected: &str) {
        assert_eq!(client("10.0.0.1", headers, &["10.0.0.0/8"]), Client { address: expected.parse().unwrap(), is_proxy: true });
    }

    #[rstest]
    #[case(&[("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "okul.example")], (Some("https"), Some("okul.example")))]
    #[case(&[("X-Forwarded-Host", "evil.example, okul.example")], (None, Some("okul.example")))]
    #[case(&[("Forwarded", "proto=https;host=\"okul.example:8443\"")], (Some("https"), Some("okul.example:8443")))]
    #[case(&[("X-Forwarded-Proto", ""), ("X-Forwarded-Host", "")], (None, None))]
    #[case(&[("X-Forwarded-Host", "okul.example, ")], (None, None))]
    #[case(&[("Forwarded", "proto=;host=\"\"")], (None, None))]
    fn an_empty_header_of_a_proxy_is_as_none(#[case] headers: &[(&str, &str)], #[case] expected: (Option<&str>, Option<&str>)) {
        let mut request = TestRequest::default().peer_addr(SocketAddr::new("10.0.0.1".parse().unwrap(), 4000));
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        let request = request.to_http_request();
        let forwarded = Forwarded::of(request.head(), &TrustedProxies::parse(["10.0.0.0/8"]).unwrap());
        assert_eq!((forwarded.scheme, forwarded.host), expected);
    }

    #[test]
    fn networks_are_read_with_and_without_a_length() {
        let proxies = TrustedProxies::parse(["10.0.0.0/8", " fd00::/8 ", "192.0.2.1"]).unwrap();
        for address in ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "192.0.2.1"] {
            assert!(proxies.trust(address.parse().unwrap()), "{address}");
        }
        for address in ["11.0.0.1", "fe80::1", "192.0.2.2"] {
            assert!(!proxies.trust(address.parse().unwrap()), "{address}");
        }
        for text in ["", "10.0.0.0/33", "proxy", "10.0.0"] {
            assert_eq!(TrustedProxies::parse([text]), Err(NetworkError(text.to_owned())));
        }
    }
}
