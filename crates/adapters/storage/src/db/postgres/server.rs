//! The address of a server, and the settings of its sockets.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_postgres::config::{Config, Host, TargetSessionAttrs};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Connection, NoTls, SimpleQueryMessage};

use super::socket::{ObservedSocket, Socket};
use super::socket_state::SocketState;
use crate::db::connect_error::ConnectError;

/// How long to wait before the next attempt to connect.
pub(crate) const RECONNECT_INTERVAL: Duration = Duration::from_millis(250);

const DEFAULT_PORT: u16 = 5432;
/// The folder in which packages of PostgreSQL put the socket of a local server.
const LOCAL_FOLDER: &str = "/var/run/postgresql";

/// A server, parsed from its URL.
#[derive(Clone)]
pub(crate) struct Server {
    config: Config,
    tcp: Tcp,
}

/// How the kernel detects that the other end is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tcp {
    keepalives: bool,
    idle: Duration,
    interval: Duration,
    count: u32,
    /// How long sent data may stay unacknowledged.
    user_timeout: Duration,
}

/// By default, a silent connection is given up after ten seconds, and one with unacknowledged data after five.
impl Default for Tcp {
    fn default() -> Self {
        Self {
            keepalives: true,
            idle: Duration::from_secs(4),
            interval: Duration::from_secs(2),
            count: 3,
            user_timeout: Duration::from_secs(5),
        }
    }
}

/// One address of the server.
#[derive(Debug, Clone)]
enum Address {
    Tcp(String, u16),
    Unix(PathBuf),
}

/// A client, and the connection that must be polled for its statements to progress.
pub(super) type RawConnection = (Client, Connection<ObservedSocket, NoTlsStream>);

impl Server {
    /// Parses a `postgres://` URL. Keep-alive and timeouts have the names and units of libpq's parameters.
    pub(crate) fn parse(url: &str) -> Result<Self, ConnectError> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let mut tcp = Tcp::default();
        let mut rest = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if !tcp.takes(name, value)? {
                rest.extend(passed_on(name, value, parameter)?);
            }
        }
        let url = if rest.is_empty() { address.to_owned() } else { format!("{address}?{}", rest.join("&")) };
        let config = url.parse().map_err(ConnectError::Protocol)?;
        Ok(Self { config, tcp })
    }

    /// The connect timeout of the URL.
    pub(super) fn connect_timeout(&self) -> Option<Duration> {
        self.config.get_connect_timeout().copied()
    }

    fn addresses(&self) -> Vec<Address> {
        let (hosts, addresses, ports) = (self.config.get_hosts(), self.config.get_hostaddrs(), self.config.get_ports());
        let port = |index: usize| ports.get(index).or_else(|| ports.first()).copied().unwrap_or(DEFAULT_PORT);
        let socket = |folder: &std::path::Path, port: u16| Address::Unix(folder.join(format!(".s.PGSQL.{port}")));
        let all: Vec<_> = (0..hosts.len().max(addresses.len()))
            .filter_map(|index| match (addresses.get(index), hosts.get(index)) {
                (Some(address), _) => Some(Address::Tcp(address.to_string(), port(index))),
                (None, Some(Host::Tcp(host))) => Some(Address::Tcp(host.clone(), port(index))),
                (None, Some(Host::Unix(folder))) => Some(socket(folder, port(index))),
                (None, None) => None,
            })
            .collect();
        if all.is_empty() { vec![socket(LOCAL_FOLDER.as_ref(), port(0))] } else { all }
    }

    /// Connects to the first address that answers, one after another.
    pub(super) async fn connect(&self, state: &Arc<SocketState>) -> Result<RawConnection, ConnectError> {
        let mut failure = None;
        for address in self.addresses() {
            match self.connect_to(&address, state).await {
                Ok(raw) => return Ok(raw),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or(ConnectError::TimedOut))
    }

    async fn connect_to(&self, address: &Address, state: &Arc<SocketState>) -> Result<RawConnection, ConnectError> {
        let socket = self.dial(address).await.map_err(ConnectError::Dial)?;
        let raw = self.config.connect_raw(ObservedSocket::new(socket, Arc::clone(state)), NoTls).await.map_err(ConnectError::Protocol)?;
        self.is_wanted(raw).await
    }

    async fn is_wanted(&self, (client, mut connection): RawConnection) -> Result<RawConnection, ConnectError> {
        let wants_writes = match self.config.get_target_session_attrs() {
            TargetSessionAttrs::ReadWrite => true,
            TargetSessionAttrs::ReadOnly => false,
            _ => return Ok((client, connection)),
        };
        let query = client.simple_query("SHOW transaction_read_only");
        let answers = tokio::select! {
            biased;
            answers = query => answers.map_err(ConnectError::Protocol)?,
            ended = &mut connection => return Err(ended.err().map_or(ConnectError::TimedOut, ConnectError::Protocol)),
        };
        let is_read_only = answers.iter().any(|answer| matches!(answer, SimpleQueryMessage::Row(row) if row.get(0) == Some("on")));
        if is_read_only == wants_writes { Err(ConnectError::Unwanted) } else { Ok((client, connection)) }
    }

    async fn dial(&self, address: &Address) -> io::Result<Box<dyn Socket>> {
        match address {
            Address::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
            Address::Tcp(host, port) => {
                let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
                for address in lookup_host((host.as_str(), *port)).await? {
                    match TcpStream::connect(address).await {
                        Ok(stream) => {
                            self.tcp.set(&stream)?;
                            return Ok(Box::new(stream));
                        }
                        Err(error) => failure = error,
                    }
                }
                Err(failure)
            }
        }
    }

    /// A socket for the request to cancel a statement.
    pub(super) async fn dial_first(&self) -> io::Result<Box<dyn Socket>> {
        let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in self.addresses() {
            match self.dial(&address).await {
                Ok(socket) => return Ok(socket),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

impl Tcp {
    /// Applies a parameter of the URL that is about sockets. Returns whether it was one.
    fn takes(&mut self, name: &str, value: &str) -> Result<bool, ConnectError> {
        let number = || value.parse::<u32>().map_err(|_| ConnectError::Parameter(name.to_owned()));
        let seconds = |number: u32| Duration::from_secs(number.into());
        // A zero stands for the system's default, as in libpq.
        match name {
            "keepalives" => self.keepalives = number()? != 0,
            "keepalives_idle" => self.idle = seconds(number()?),
            "keepalives_interval" => self.interval = seconds(number()?),
            "keepalives_count" => self.count = number()?,
            "tcp_user_timeout" => self.user_timeout = Duration::from_millis(number()?.into()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let socket = SockRef::from(stream);
        if self.keepalives {
            socket.set_tcp_keepalive(&self.keepalive())?;
        }
        #[cfg(target_os = "linux")]
        if !self.user_timeout.is_zero() {
            socket.set_tcp_user_timeout(Some(self.user_timeout))?;
        }
        Ok(())
    }

    fn keepalive(&self) -> TcpKeepalive {
        let mut keepalive = TcpKeepalive::new();
        if !self.idle.is_zero() {
            keepalive = keepalive.with_time(self.idle);
        }
        if !self.interval.is_zero() {
            keepalive = keepalive.with_interval(self.interval);
        }
        if self.count > 0 { keepalive.with_retries(self.count) } else { keepalive }
    }
}

/// The parameter as the library gets it. Parameters of libpq that change nothing here are dropped. Any other one that the library
/// does not know is refused: to ignore a setting of the operator might be unsafe.
fn passed_on(name: &str, value: &str, parameter: &str) -> Result<Option<String>, ConnectError> {
    match (name, value) {
        ("fallback_application_name" | "gssencmode" | "sslcompression" | "sslsni", _) | ("sslmode", "allow") => Ok(None),
        ("client_encoding", encoding) if ["utf8", "utf-8"].contains(&encoding.to_ascii_lowercase().as_str()) => Ok(None),
        ("sslmode", "verify-ca" | "verify-full") => Err(ConnectError::Parameter(name.to_owned())),
        _ => Ok(Some(parameter.to_owned())),
    }
}

impl std::fmt::Debug for Server {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("addresses", &self.addresses()).field("tcp", &self.tcp).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(url: &str) -> Tcp {
        Server::parse(url).unwrap().tcp
    }

    #[test]
    fn keep_alive_is_on_unless_the_url_turns_it_off() {
        assert_eq!(tcp("postgres://db/derslik"), Tcp::default());
        assert_eq!(tcp("postgres://u:p%40@db/derslik?sslmode=disable&application_name=x"), Tcp::default());
        assert!(!tcp("postgres://db/derslik?keepalives=0").keepalives);
        let url =
            "postgres://db/derslik?keepalives_idle=30&keepalives_interval=5&keepalives_count=9&tcp_user_timeout=12500&connect_timeout=7";
        let expected = Tcp {
            keepalives: true,
            idle: Duration::from_secs(30),
            interval: Duration::from_secs(5),
            count: 9,
            user_timeout: Duration::from_millis(12_500),
        };
        assert_eq!(tcp(url), expected);
        assert_eq!(Server::parse(url).unwrap().connect_timeout(), Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_server_is_found_by_host_socket_or_address() {
        let addresses = |url: &str| format!("{:?}", Server::parse(url).unwrap().addresses());
        assert_eq!(addresses("postgres://db/derslik"), r#"[Tcp("db", 5432)]"#);
        assert_eq!(addresses("postgres://a:1,[::1]:2/derslik"), r#"[Tcp("a", 1), Tcp("::1", 2)]"#);
        assert_eq!(addresses("postgres:///derslik?host=/run/pg&port=6432"), r#"[Unix("/run/pg/.s.PGSQL.6432")]"#);
        assert_eq!(addresses("postgres://u@%2Frun%2Fpg/derslik"), r#"[Unix("/run/pg/.s.PGSQL.5432")]"#);
        assert_eq!(addresses("postgres:///derslik"), r#"[Unix("/var/run/postgresql/.s.PGSQL.5432")]"#);
        assert_eq!(addresses("postgres://name/d?hostaddr=10.0.0.7"), r#"[Tcp("10.0.0.7", 5432)]"#);
    }

    #[test]
    fn a_setting_that_cannot_be_honoured_is_refused_by_name_and_without_the_password() {
        for (url, name) in [
            ("postgres://u:secret@db/d?sslrootcert=/ca.pem", "sslrootcert"),
            ("postgres://u:secret@db/d?sslmode=verify-full", "sslmode"),
            ("postgres://u:secret@db/d?keepalives_idle=soon", "keepalives_idle"),
            ("postgres://u:secret@db/d?service=x", "service"),
        ] {
            let error = Server::parse(url).unwrap_err();
            let mut text = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                text.push_str(&cause.to_string());
                source = cause.source();
            }
            assert!(text.contains(name) && !text.contains("secret"), "{text}");
        }
        for url in ["postgres://db/d?client_encoding=UTF8&fallback_application_name=x&gssencmode=disable&sslmode=allow", "postgres://db/d?"]
        {
            Server::parse(url).unwrap();
        }
        let shown = format!("{:?}", Server::parse("postgres://u:secret@db/d?password=again").unwrap());
        assert!(!shown.contains("secret") && !shown.contains("again"), "{shown}");
    }
}
