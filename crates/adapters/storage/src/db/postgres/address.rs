//! The addresses of a server, as its URL names them.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use tokio_postgres::config::{Config, Host};

const DEFAULT_PORT: u16 = 5432;
/// The folder in which packages of PostgreSQL put the socket of a local server.
const LOCAL_FOLDER: &str = "/var/run/postgresql";

/// One address of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    Tcp {
        /// The host to connect to.
        host: String,
        port: u16,
        /// The host that the certificate of the server must be for. It differs from `host` if the URL has both `host` and `hostaddr`.
        name: String,
    },
    Unix(PathBuf),
}

impl Address {
    /// The addresses in the order of the URL. A URL without any means the socket of a local server.
    pub(super) fn all_of(config: &Config) -> Vec<Self> {
        let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
        let port = |index: usize| ports.get(index).or_else(|| ports.first()).copied().unwrap_or(DEFAULT_PORT);
        let socket = |folder: &Path, port: u16| Self::Unix(folder.join(format!(".s.PGSQL.{port}")));
        let all: Vec<_> = (0..hosts.len().max(addresses.len()))
            .filter_map(|index| match (addresses.get(index).map(ToString::to_string), hosts.get(index)) {
                (Some(host), Some(Host::Tcp(name))) => Some(Self::Tcp { host, port: port(index), name: name.clone() }),
                (Some(host), _) => Some(Self::Tcp { name: host.clone(), host, port: port(index) }),
                (None, Some(Host::Tcp(host))) => Some(Self::Tcp { host: host.clone(), port: port(index), name: host.clone() }),
                (None, Some(Host::Unix(folder))) => Some(socket(folder, port(index))),
                (None, None) => None,
            })
            .collect();
        if all.is_empty() { vec![socket(LOCAL_FOLDER.as_ref(), port(0))] } else { all }
    }

    /// Whether what is sent to it stays on this machine. A loopback address under the name of another host is a tunnel to that host.
    pub(super) fn is_local(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Tcp { host, name, .. } => is_loopback(host) && is_loopback(name),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(url: &str) -> Vec<Address> {
        Address::all_of(&url.parse().unwrap())
    }

    fn tcp(host: &str, port: u16, name: &str) -> Address {
        Address::Tcp { host: host.to_owned(), port, name: name.to_owned() }
    }

    #[test]
    fn a_server_is_found_by_host_socket_or_address() {
        assert_eq!(all("postgres://db/derslik"), [tcp("db", 5432, "db")]);
        assert_eq!(all("postgres://a:1,[::1]:2/derslik"), [tcp("a", 1, "a"), tcp("::1", 2, "::1")]);
        assert_eq!(all("postgres:///derslik?host=/run/pg&port=6432"), [Address::Unix("/run/pg/.s.PGSQL.6432".into())]);
        assert_eq!(all("postgres://u@%2Frun%2Fpg/derslik"), [Address::Unix("/run/pg/.s.PGSQL.5432".into())]);
        assert_eq!(all("postgres:///derslik"), [Address::Unix("/var/run/postgresql/.s.PGSQL.5432".into())]);
    }

    #[test]
    fn an_address_beside_a_host_is_connected_to_under_the_name_of_the_host() {
        assert_eq!(all("postgres://name/d?hostaddr=10.0.0.7"), [tcp("10.0.0.7", 5432, "name")]);
        assert_eq!(all("postgres:///d?hostaddr=10.0.0.7"), [tcp("10.0.0.7", 5432, "10.0.0.7")]);
    }

    #[test]
    fn only_sockets_and_loopback_addresses_are_local() {
        for (url, is_local) in [
            ("postgres:///d", true),
            ("postgres://localhost/d", true),
            ("postgres://LocalHost/d", true),
            ("postgres://127.0.0.2/d", true),
            ("postgres://[::1]/d", true),
            ("postgres://[::ffff:127.0.0.1]/d", true),
            ("postgres://db/d?hostaddr=127.0.0.1", false),
            ("postgres://localhost/d?hostaddr=127.0.0.1", true),
            ("postgres:///d?hostaddr=127.0.0.1", true),
            ("postgres://localhost/d?hostaddr=10.0.0.7", false),
            ("postgres://localhost.example/d", false),
            ("postgres://127.0.0.1.example/d", false),
            ("postgres://10.0.0.7/d", false),
            ("postgres://0.0.0.0/d", false),
        ] {
            assert!(all(url).iter().all(|address| address.is_local() == is_local), "{url}");
        }
    }
}
