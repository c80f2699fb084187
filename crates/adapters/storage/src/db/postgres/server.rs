//! The address of a server, and the settings of its sockets.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::timeout;
use tokio_postgres::config::{Config, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Connection, NoTls, SimpleQueryMessage};

use super::address::Address;
use super::application_name::{application_name, name_of_listener};
use super::socket::{ObservedSocket, Socket};
use super::socket_state::SocketState;
use super::tls::Tls;
use super::tls_mode::TlsMode;
use super::tls_settings::TlsSettings;
use crate::db::connect_error::ConnectError;

/// How long to wait before the next attempt to connect.
pub(crate) const RECONNECT_INTERVAL: Duration = Duration::from_millis(250);

/// A server, parsed from its URL.
#[derive(Clone)]
pub(crate) struct Server {
    config: Config,
    tcp: Tcp,
    tls: Tls,
    /// Whether the URL says under which name the server lists the connections.
    is_named: bool,
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

/// The connection that must be polled for the statements of its client to progress. The library is told of no TLS: the socket has it.
type RawConnection = Connection<ObservedSocket, NoTlsStream>;

/// A connection that was made.
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) connection: RawConnection,
    /// The address that answered. A request to cancel a statement must go there as well.
    pub(super) address: Address,
}

impl Server {
    /// Parses a `postgres://` URL. Keep-alive, timeouts and TLS have the names and units of libpq's parameters. No file is read.
    pub(crate) fn parse(url: &str) -> Result<Self, ConnectError> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut tcp, mut tls) = (Tcp::default(), TlsSettings::default());
        let mut rest = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if !tcp.takes(name, value)? && !tls.takes(name, value)? {
                rest.extend(passed_on(name, value, parameter));
            }
        }
        let url = if rest.is_empty() { address.to_owned() } else { format!("{address}?{}", rest.join("&")) };
        let mut config: Config = url.parse().map_err(ConnectError::Protocol)?;
        config.ssl_mode(SslMode::Disable);
        let is_named = config.get_application_name().is_some();
        if !is_named {
            config.application_name(application_name());
        }
        Ok(Self { config, tcp, tls: Tls::new(tls.checked()?), is_named })
    }

    /// The same server, for a connection that listens for notifications. It has a name of its own unless the URL gives one.
    pub(super) fn for_listener(&self) -> Self {
        let mut server = self.clone();
        if !server.is_named {
            server.config.application_name(name_of_listener());
        }
        server
    }

    /// Whether all addresses of the server are on this machine.
    pub(crate) fn is_local(&self) -> bool {
        Address::all_of(&self.config).iter().all(Address::is_local)
    }

    /// The weakest mode of any connection that leaves this machine; of any connection at all if none does.
    pub(crate) fn tls_mode(&self) -> TlsMode {
        let (local, remote): (Vec<_>, Vec<_>) = Address::all_of(&self.config).into_iter().partition(Address::is_local);
        let addresses = if remote.is_empty() { local } else { remote };
        addresses.iter().map(|address| self.mode_for(address)).min().unwrap_or(TlsMode::Disable)
    }

    /// The user, if the URL names one.
    pub(crate) fn user(&self) -> Option<&str> {
        self.config.get_user()
    }

    /// The file with the key of the client's certificate, if the URL names one.
    pub(crate) fn key_file(&self) -> Option<&Path> {
        self.tls.key_file()
    }

    /// Reads the files of TLS, unless all connections do without.
    pub(crate) fn check_files(&self) -> Result<(), ConnectError> {
        let has_tls = Address::all_of(&self.config).iter().any(|address| self.mode_for(address) != TlsMode::Disable);
        if has_tls { Ok(self.tls.check_files()?) } else { Ok(()) }
    }

    /// The mode of connections to an address. There is no TLS on a Unix socket, as in libpq.
    fn mode_for(&self, address: &Address) -> TlsMode {
        match address {
            Address::Unix(_) => TlsMode::Disable,
            Address::Tcp { .. } => self.tls.mode(address.is_local()),
        }
    }

    /// Connects to the first address that answers, one after another. If none does, the failure of the last one is returned; a
    /// failure of TLS comes before that of an address where nothing listens.
    ///
    /// All of it takes at most `limit`. An address that stays silent leaves the others their shares of that time, and takes no more
    /// than the connect timeout of the URL, which is for one address as in libpq.
    pub(super) async fn connect(&self, state: &Arc<SocketState>, limit: Duration) -> Result<Connected, ConnectError> {
        let (until, mut failure) = (Instant::now() + limit, None);
        let addresses = Address::all_of(&self.config);
        let counts = (1..=u32::try_from(addresses.len()).unwrap_or(u32::MAX)).rev();
        for (address, count) in addresses.into_iter().zip(counts) {
            state.reopen();
            let share = until.saturating_duration_since(Instant::now()) / count;
            let share = self.config.get_connect_timeout().map_or(share, |named| share.min(*named));
            match timeout(share, self.connect_to(address, state)).await.unwrap_or(Err(ConnectError::TimedOut)) {
                Ok(connected) => return Ok(connected),
                Err(ConnectError::Dial(_)) if matches!(failure, Some(ConnectError::Tls(_))) => {}
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or(ConnectError::TimedOut))
    }

    async fn connect_to(&self, address: Address, state: &Arc<SocketState>) -> Result<Connected, ConnectError> {
        let socket = self.dial(&address).await?;
        let raw = self.config.connect_raw(ObservedSocket::new(socket, Arc::clone(state)), NoTls).await.map_err(ConnectError::Protocol)?;
        let (client, connection) = self.is_wanted(raw).await?;
        Ok(Connected { client, connection, address })
    }

    async fn is_wanted(&self, (client, mut connection): (Client, RawConnection)) -> Result<(Client, RawConnection), ConnectError> {
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

    /// A socket to the address, with the TLS that the URL asks for. Requests to cancel a statement use one of their own.
    pub(super) async fn dial(&self, address: &Address) -> Result<Box<dyn Socket>, ConnectError> {
        match address {
            Address::Unix(path) => Ok(Box::new(UnixStream::connect(path).await.map_err(ConnectError::Dial)?)),
            Address::Tcp { host, port, name } => {
                let stream = self.tcp.dial(host, *port).await.map_err(ConnectError::Dial)?;
                Ok(self.tls.on(Box::new(stream), name, self.mode_for(address)).await?)
            }
        }
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

    /// Connects to the first address of the host that answers, one after another.
    async fn dial(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in lookup_host((host, port)).await? {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    self.set(&stream)?;
                    return Ok(stream);
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
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
fn passed_on(name: &str, value: &str, parameter: &str) -> Option<String> {
    match (name, value) {
        ("fallback_application_name" | "gssencmode" | "sslcompression", _) => None,
        ("client_encoding", encoding) if ["utf8", "utf-8"].contains(&encoding.to_ascii_lowercase().as_str()) => None,
        _ => Some(parameter.to_owned()),
    }
}

impl std::fmt::Debug for Server {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("addresses", &Address::all_of(&self.config)).field("tcp", &self.tcp).finish_non_exhaustive()
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
        assert_eq!(Server::parse(url).unwrap().config.get_connect_timeout(), Some(&Duration::from_secs(7)));
    }

    #[test]
    fn connections_have_the_name_of_the_process_unless_the_url_gives_one() {
        let names = |url: &str| {
            let server = Server::parse(url).unwrap();
            [server.config.clone(), server.for_listener().config].map(|config| config.get_application_name().map(str::to_owned))
        };
        assert_eq!(names("postgres://db/d"), ["derslik", "derslik listener"].map(|name| Some(name.to_owned())));
        assert_eq!(names("postgres://db/d?application_name=school%201"), ["school 1", "school 1"].map(|name| Some(name.to_owned())));
    }

    #[test]
    fn a_server_elsewhere_is_verified_unless_the_url_says_otherwise() {
        for (url, mode, is_local) in [
            ("postgres://db/d", TlsMode::VerifyFull, false),
            ("postgres://10.0.0.7/d?sslmode=disable", TlsMode::Disable, false),
            ("postgres://db/d?sslmode=require", TlsMode::Require, false),
            ("postgres://db/d?sslmode=require&sslrootcert=/no/such/file", TlsMode::VerifyCa, false),
            ("postgres://localhost/d", TlsMode::Disable, true),
            ("postgres://localhost/d?sslmode=verify-full", TlsMode::VerifyFull, true),
            ("postgres://[::1]/d?sslrootcert=/no/such/file", TlsMode::VerifyFull, true),
            ("postgres:///d?sslmode=verify-full", TlsMode::Disable, true),
            ("postgres://localhost,db/d", TlsMode::VerifyFull, false),
            ("postgres://a,b/d?sslmode=prefer", TlsMode::Prefer, false),
        ] {
            let server = Server::parse(url).unwrap();
            assert_eq!((server.tls_mode(), server.is_local()), (mode, is_local), "{url}");
        }
    }

    #[test]
    fn the_library_is_told_of_no_tls() {
        for url in ["postgres://db/d", "postgres://db/d?sslmode=verify-full&sslrootcert=/ca.pem&sslcert=/c&sslkey=/k&sslsni=1"] {
            assert_eq!(Server::parse(url).unwrap().config.get_ssl_mode(), SslMode::Disable);
        }
    }

    #[test]
    fn a_setting_that_cannot_be_honoured_is_refused_by_name_and_without_the_password() {
        for (url, name) in [
            ("postgres://u:secret@db/d?sslcrl=/crl.pem", "sslcrl"),
            ("postgres://u:secret@db/d?sslmode=verify", "sslmode"),
            ("postgres://u:secret@db/d?channel_binding=require", "channel_binding"),
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
