//! The HTTP client of the exporter: one request a connection, within short time limits. It blocks its thread, which the exporter has
//! for itself. What the collector answers beside its status is not read.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// How long each of the steps may take: to connect, to send a piece, to wait for the answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The longest status line that is read, in bytes.
const MAX_LINE: u64 = 1024;

/// A client of a collector.
#[derive(Debug, Default)]
pub(super) struct Collector {
    /// Made at the first request over TLS.
    tls: OnceLock<Arc<ClientConfig>>,
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        Ok(self.send(&request)?)
    }
}

impl Collector {
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
        let socket = connect(name, port)?;
        let head = head_of(request, host, port);
        let status = if is_encrypted {
            let name = ServerName::try_from(name.to_owned())?;
            exchange(StreamOwned::new(ClientConnection::new(self.tls()?, name)?, socket), &head, request.body())?
        } else {
            exchange(socket, &head, request.body())?
        };
        Ok(Response::builder().status(status).body(Bytes::new())?)
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

/// A socket to the first address of the host that answers.
fn connect(host: &str, port: u16) -> anyhow::Result<TcpStream> {
    let mut failure = None;
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(socket) => {
                socket.set_read_timeout(Some(TIMEOUT))?;
                socket.set_write_timeout(Some(TIMEOUT))?;
                return Ok(socket);
            }
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        Some(error) => Err(error.into()),
        None => bail!("{host} has no address"),
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
        let answer = Collector::default().send(&request(&format!("http://{address}/v1/traces?a=b"))).unwrap();
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
        assert!(Collector::default().send(&request(&format!("http://{address}/v1/traces"))).is_err());
        assert!(Collector::default().send(&request("ftp://127.0.0.1/v1/traces")).is_err());
    }
}
