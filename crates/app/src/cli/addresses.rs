//! The addresses of listeners, as a client on this machine calls them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where the console is, and the token that it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConsoleAddress {
    pub(super) url: String,
    pub(super) token: Option<String>,
}

/// An address to call: a loopback one in place of all addresses of the machine, which only a listener can name.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
