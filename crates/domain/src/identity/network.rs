//! The network of an address, by which limiters count.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The part of the Internet that one client controls: a whole IPv4 address, or the /64 of an IPv6 address, any of whose
/// 2^64 addresses a client may take. An IPv4 address that is written as an IPv6 address is the IPv4 address.
///
/// ```
/// use derslik_domain::identity::ClientNetwork;
///
/// let one = ClientNetwork::of("2001:db8::1".parse()?);
/// assert_eq!(one, ClientNetwork::of("2001:db8::ffff:1".parse()?));
/// assert_eq!(one.to_string(), "2001:db8::/64");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ClientNetwork {
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// The first address of an IPv6 /64.
    V6(Ipv6Addr),
}

impl ClientNetwork {
    /// The network that an address belongs to.
    pub const fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        }
    }
}

impl fmt::Display for ClientNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => address.fmt(f),
            Self::V6(first) => write!(f, "{first}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> ClientNetwork {
        ClientNetwork::of(address.parse().unwrap())
    }

    #[test]
    fn an_ipv4_address_is_a_network_of_its_own_however_it_is_written() {
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_eq!(of("::ffff:192.0.2.1").to_string(), "192.0.2.1");
    }

    #[test]
    fn addresses_of_one_64_are_one_network() {
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_eq!(of("2001:db8:0:1::1").to_string(), "2001:db8:0:1::/64");
    }
}
