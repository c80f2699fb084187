//! A client for HTTPS. It takes every certificate, and shows it.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use h2::client::SendRequest;
use libtest_mimic::Failed;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_rustls::TlsConnector;

/// How long a test waits for an answer. Only a failure takes this long.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// The chunks of a request's body.
type Chunk = std::io::Cursor<Vec<u8>>;

/// A connection whose client offers HTTP/2 alone.
pub(crate) struct Http2 {
    runtime: Runtime,
    sender: SendRequest<Chunk>,
    /// The certificate of the service.
    pub(crate) certificate: CertificateDer<'static>,
}

impl Http2 {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self, Failed> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let connected = async {
            let connector = TlsConnector::from(Arc::new(config(&[b"h2"])?));
            let stream = connector.connect(ServerName::try_from("localhost")?, TcpStream::connect(address).await?).await?;
            let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first().cloned());
            let (sender, connection) = h2::client::Builder::new().handshake(stream).await?;
            tokio::spawn(connection);
            Ok::<_, Failed>((sender, shown.ok_or("no certificate")?))
        };
        let (sender, certificate) = runtime.block_on(async { tokio::time::timeout(ANSWER_TIMEOUT, connected).await })??;
        Ok(Self { runtime, sender, certificate })
    }

    /// Sends a request with a JSON body, or with none if it is empty. Returns the status and the body of the answer.
    pub(crate) fn ask(&self, method: &str, path: &str, authorization: &str, body: &str) -> Result<(u16, String), Failed> {
        let request = http::Request::builder().method(method).uri(format!("https://localhost{path}"));
        let request = request.header("authorization", authorization).header("content-type", "application/json").body(())?;
        let asked = async {
            let mut sender = self.sender.clone().ready().await?;
            let (answer, mut stream) = sender.send_request(request, body.is_empty())?;
            if !body.is_empty() {
                stream.send_data(Chunk::new(body.as_bytes().to_vec()), true)?;
            }
            let (head, mut stream) = answer.await?.into_parts();
            let mut bytes = Vec::new();
            while let Some(chunk) = stream.data().await {
                let chunk = chunk?;
                stream.flow_control().release_capacity(chunk.len())?;
                bytes.extend_from_slice(&chunk);
            }
            Ok::<_, Failed>((head.status.as_u16(), String::from_utf8(bytes)?))
        };
        self.runtime.block_on(async { tokio::time::timeout(ANSWER_TIMEOUT, asked).await })?
    }
}

/// A connection whose client speaks HTTP/1.1.
pub(crate) struct Http1(StreamOwned<ClientConnection, std::net::TcpStream>);

impl Http1 {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self, Failed> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        let session = ClientConnection::new(Arc::new(config(&[b"http/1.1"])?), ServerName::try_from("localhost")?)?;
        Ok(Self(StreamOwned::new(session, stream)))
    }

    /// Sends a request without a body. Returns the status of the answer; the connection stays open.
    pub(crate) fn status_of(&mut self, path: &str) -> Result<u16, Failed> {
        write!(self.0, "HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte)?;
            head.extend(byte);
        }
        let head = String::from_utf8(head)?;
        Ok(head.split(' ').nth(1).ok_or("no status")?.parse()?)
    }

    /// The certificate of the service, once something was read.
    pub(crate) fn certificate(&self) -> Option<CertificateDer<'static>> {
        self.0.conn.peer_certificates()?.first().cloned()
    }
}

fn config(protocols: &[&[u8]]) -> Result<ClientConfig, Failed> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Arc::new(Any(Arc::clone(&provider)));
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(config)
}

/// Takes any certificate whose key the service has.
#[derive(Debug)]
struct Any(Arc<CryptoProvider>);

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
