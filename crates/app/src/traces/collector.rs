//! The HTTP client of the exporter: one request a connection, within short time limits for each step and one for the whole export. It
//! blocks its thread, which the exporter has for itself. What the collector answers beside its status is not read.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// How long each of the steps may take: to connect, to send a piece, to wait for a piece of the answer.
const STEP_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest status line that is read, in bytes.
const MAX_LINE: u64 = 1024;

/// A client of a collector.
#[derive(Debug)]
pub(super) struct Collector {
    /// Made at the first request over TLS.
    tls: OnceLock<Arc<ClientConfig>>,
    deadline: Arc<Deadline>,
}

/// When the export that is under way has to end, whatever the collector does. It may take several requests, since the exporter repeats
/// one that failed.
#[derive(Debug)]
pub(super) struct Deadline {
    limit: Duration,
    end: Mutex<Instant>,
}

impl Deadline {
    /// The deadline of exports that may take so long. The first export begins now.
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, end: Mutex::new(Instant::now() + limit) }
    }

    /// Begins another export.
    pub(super) fn restart(&self) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + self.limit;
    }

    /// How long the next step may take.
    ///
    /// # Errors
    /// If the export has to end now.
    fn of_step(&self) -> io::Result<Duration> {
        let left = self.end.lock().unwrap_or_else(PoisonError::into_inner).saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left.min(STEP_TIMEOUT)) }
    }
}

/// A socket that waits no longer than the export may take.
struct TimedSocket<'d> {
    socket: TcpStream,
    deadline: &'d Deadline,
}

impl Read for TimedSocket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.deadline.of_step()?))?;
        self.socket.read(buffer)
    }
}

impl Write for TimedSocket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.deadline.of_step()?))?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        Ok(self.send(&request)?)
    }
}

impl Collector {
    /// A client whose requests end with the export that they belong to.
    pub(super) fn new(deadline: Arc<Deadline>) -> Self {
        Self { tls: OnceLock::new(), deadline }
    }

    fn send(&self, request: &Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        let uri = request.uri();
        let host = uri.host().context("the URL of the collector has no host")?;
        let is_encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => bail!("the URL of the collector must begin with http:// or https://"),
        };
        let port = uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let socket = self.connect(name, port)?;
        let head = head_of(request, host, port);
        let status = if is_encrypted {
            let name = ServerName::try_from(name.to_owned())?;
            exchange(StreamOwned::new(ClientConnection::new(self.tls()?, name)?, socket), &head, request.body())?
        } else {
            exchange(socket, &head, request.body())?
        };
        Ok(Response::builder().status(status).body(Bytes::new())?)
    }

    /// A socket to the first address of the host that answers. How long the look-up of a name takes is up to the system.
    fn connect(&self, host: &str, port: u16) -> anyhow::Result<TimedSocket<'_>> {
        let mut failure = None;
        for address in (host, port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, self.deadline.of_step()?) {
                Ok(socket) => return Ok(TimedSocket { socket, deadline: &self.deadline }),
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) => Err(error.into()),
            None => bail!("{host} has no address"),
        }
    }

    /// TLS with the authorities that the system trusts.
    fn tls(&self) -> anyhow::Result<Arc<ClientConfig>> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let mut authorities = RootCertStore::empty();
        authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        ensure!(!authorities.is_empty(), "the system trusts no authority");
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions()?;
        let config = Arc::new(builder.with_root_certificates(authorities).with_no_client_auth());
        Ok(Arc::clone(self.tls.get_or_init(|| config)))
    }
}

fn head_of(request: &Request<Bytes>, host: &str, port: u16) -> Vec<u8> {
    let target = match request.uri().path_and_query() {
        Some(target) => target.as_str(),
        None => "/",
    };
    let length = request.body().len();
    let head = format!("POST {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nContent-Length: {length}\r\n");
    let mut head = head.into_bytes();
    for (name, value) in request.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Sends a request, and returns the status of the answer.
fn exchange(mut stream: impl Read + Write, head: &[u8], body: &[u8]) -> anyhow::Result<u16> {
    stream.write_all(head)?;
    stream.write_all(body)?;
    stream.flush()?;
    let mut line = Vec::new();
    BufReader::new(stream.take(MAX_LINE)).read_until(b'\n', &mut line)?;
    let status: Option<u16> = String::from_utf8_lossy(&line).split_ascii_whitespace().nth(1).and_then(|status| status.parse().ok());
    status.context("the collector answered without an HTTP status")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A client whose exports may take `millis` milliseconds.
    fn collector(millis: u64) -> Collector {
        Collector::new(Arc::new(Deadline::new(Duration::from_millis(millis))))
    }

    fn request(url: &str) -> Request<Bytes> {
        Request::post(url).header("Content-Type", "application/x-protobuf").body(Bytes::from_static(b"spans")).unwrap()
    }

    #[test]
    fn a_request_is_sent_whole_and_its_status_read() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let serving = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut received = Vec::new();
            while !received.ends_with(b"\r\n\r\nspans") {
                let mut piece = [0; 256];
                let read = socket.read(&mut piece).unwrap();
                received.extend_from_slice(&piece[..read]);
            }
            socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").unwrap();
            String::from_utf8(received).unwrap()
        });
        let answer = collector(60_000).send(&request(&format!("http://{address}/v1/traces?a=b"))).unwrap();
        let received = serving.join().unwrap();
        assert_eq!(answer.status().as_u16(), 202);
        assert!(received.starts_with("POST /v1/traces?a=b HTTP/1.1\r\n"), "{received}");
        for header in [format!("Host: {address}").as_str(), "content-type: application/x-protobuf", "Content-Length: 5"] {
            assert!(received.contains(header), "{header}: {received}");
        }
    }

    #[test]
    fn a_collector_that_is_not_there_is_an_error() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(collector(60_000).send(&request(&format!("http://{address}/v1/traces"))).is_err());
        assert!(collector(60_000).send(&request("ftp://127.0.0.1/v1/traces")).is_err());
    }

    #[test]
    fn an_answer_that_drips_is_read_no_longer_than_the_export_may_take() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let dripping = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            // It ends once the client has left.
            while socket.write_all(b"H").is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
        });
        let error = collector(200).send(&request(&format!("http://{address}/v1/traces"))).unwrap_err();
        dripping.join().unwrap();
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        assert!(matches!(kind, Some(ErrorKind::TimedOut | ErrorKind::WouldBlock)), "{error:?}");
    }

    #[test]
    fn a_repeated_request_has_only_the_time_that_its_export_has_left() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let error = collector(0).send(&request(&url)).unwrap_err();
        assert_eq!(error.downcast_ref::<io::Error>().map(io::Error::kind), Some(ErrorKind::TimedOut), "{error:?}");
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        let over = Deadline { limit: Duration::from_secs(60), end: Mutex::new(Instant::now()) };
        assert_eq!(over.of_step().unwrap_err().kind(), ErrorKind::TimedOut);
        over.restart();
        assert_eq!(over.of_step().unwrap(), STEP_TIMEOUT);
    }
}
