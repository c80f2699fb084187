//! TLS on a socket to a server. The client asks for it in the way of PostgreSQL, and rustls does the rest. This module must not
//! know what the connection carries.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::socket::Socket;
use super::tls_error::TlsError;
use super::tls_mode::TlsMode;
use super::tls_settings::{Authorities, Check, TlsSettings};

/// The request for TLS: its length, and the code 80877103, in network order.
const REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// The authorities that the system trusts, read once per process.
static SYSTEM_AUTHORITIES: OnceLock<Arc<RootCertStore>> = OnceLock::new();

/// The TLS of the connections to a server.
#[derive(Clone)]
pub(super) struct Tls {
    settings: TlsSettings,
    /// Made when it is first needed, and kept by all copies. It also remembers sessions, which makes the next handshake short.
    config: Arc<OnceLock<Arc<ClientConfig>>>,
}

impl Tls {
    pub(super) fn new(settings: TlsSettings) -> Self {
        Self { settings, config: Arc::default() }
    }

    /// The file with the key of the client's certificate.
    pub(super) fn key_file(&self) -> Option<&Path> {
        self.settings.client_certificate().map(|(_, key)| key)
    }

    /// Reads the files that the settings name.
    pub(super) fn check_files(&self) -> Result<(), TlsError> {
        self.config().map(drop)
    }

    /// The mode of connections to an address.
    pub(super) fn mode(&self, is_local: bool) -> TlsMode {
        self.settings.mode(is_local)
    }

    /// The socket with the TLS of the mode. `host` is the name of the server in the URL.
    pub(super) async fn on(&self, mut socket: Box<dyn Socket>, host: &str, mode: TlsMode) -> Result<Box<dyn Socket>, TlsError> {
        if mode == TlsMode::Disable {
            return Ok(socket);
        }
        // Before the server is asked: a file that can't be read is told at once, whatever the server answers.
        let config = self.config()?;
        if !is_offered(&mut socket, host).await? {
            return if mode == TlsMode::Prefer { Ok(socket) } else { Err(TlsError::NotOffered(host.to_owned())) };
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| TlsError::Name(host.to_owned()))?;
        let handshake = Box::pin(TlsConnector::from(config).connect(name, socket));
        let secured = handshake.await.map_err(|error| TlsError::of_handshake(host, self.file_of_authorities(), error))?;
        Ok(Box::new(secured))
    }

    /// The configuration of rustls. It reads the files of the URL until it succeeds, and then never again.
    fn config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(client_config(&self.settings)?);
        Ok(Arc::clone(self.config.get_or_init(|| config)))
    }

    fn file_of_authorities(&self) -> Option<PathBuf> {
        match self.settings.check() {
            Check::Signature(Authorities::File(file)) | Check::SignatureAndName(Authorities::File(file)) => Some(file),
            Check::Nothing | Check::Signature(Authorities::System) | Check::SignatureAndName(Authorities::System) => None,
        }
    }
}

/// Asks the server for TLS. Exactly one byte of the answer is read. So whatever was slipped in behind it reaches rustls, which refuses
/// it, and is never taken for something that the server said under TLS.
async fn is_offered(socket: &mut Box<dyn Socket>, host: &str) -> Result<bool, TlsError> {
    let unanswered = |cause: io::Error| TlsError::Unanswered { host: host.to_owned(), cause };
    socket.write_all(&REQUEST).await.map_err(unanswered)?;
    socket.flush().await.map_err(unanswered)?;
    let mut answer = [0_u8; 1];
    socket.read_exact(&mut answer).await.map_err(unanswered)?;
    match &answer {
        b"S" => Ok(true),
        b"N" => Ok(false),
        // The text of the error is not shown, since its author is not known yet.
        b"E" => Err(TlsError::Refused(host.to_owned())),
        _ => Err(TlsError::NotPostgres(host.to_owned())),
    }
}

/// TLS 1.2 and 1.3, with what the settings say about certificates. It reads the files that they name.
fn client_config(settings: &TlsSettings) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(TlsError::Setup)?;
    let by_signature = |authorities| Arc::new(SignatureVerifier { authorities, algorithms });
    let builder = match settings.check() {
        Check::SignatureAndName(source) => builder.with_root_certificates(authorities(&source)?),
        Check::Signature(source) => builder.dangerous().with_custom_certificate_verifier(by_signature(Some(authorities(&source)?))),
        Check::Nothing => builder.dangerous().with_custom_certificate_verifier(by_signature(None)),
    };
    let mut config = match settings.client_certificate() {
        Some((certificate, key)) => {
            builder.with_client_auth_cert(read_certificates("sslcert", certificate)?, read_key(key)?).map_err(TlsError::Pair)?
        }
        None => builder.with_no_client_auth(),
    };
    config.enable_sni = !settings.hides_name();
    Ok(config)
}

fn authorities(source: &Authorities) -> Result<Arc<RootCertStore>, TlsError> {
    match source {
        Authorities::System => system_authorities(),
        Authorities::File(file) => {
            const PARAMETER: &str = "sslrootcert";
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(read_certificates(PARAMETER, file)?);
            if store.is_empty() {
                return Err(TlsError::NoCertificate { parameter: PARAMETER, file: file.clone() });
            }
            Ok(Arc::new(store))
        }
    }
}

fn system_authorities() -> Result<Arc<RootCertStore>, TlsError> {
    if let Some(store) = SYSTEM_AUTHORITIES.get() {
        return Ok(Arc::clone(store));
    }
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        let cause = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(TlsError::NoSystemAuthorities(cause));
    }
    Ok(Arc::clone(SYSTEM_AUTHORITIES.get_or_init(|| Arc::new(store))))
}

fn read_certificates(parameter: &'static str, file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, pem::Error> = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    match read {
        Err(pem::Error::Io(cause)) => Err(TlsError::Unreadable { parameter, file: file.to_owned(), cause }),
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) | Err(_) => Err(TlsError::NoCertificate { parameter, file: file.to_owned() }),
    }
}

fn read_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| match error {
        pem::Error::Io(cause) => TlsError::Unreadable { parameter: "sslkey", file: file.to_owned(), cause },
        _ => TlsError::NoKey(file.to_owned()),
    })
}

/// Takes a certificate for any name, if one of the authorities has signed it; any certificate at all if there are none.
#[derive(Debug)]
struct SignatureVerifier {
    authorities: Option<Arc<RootCertStore>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl SignatureVerifier {
    /// Verifies the signature of the handshake. A certificate that the library can't read, such as one of version 1 of X.509, is taken
    /// where any certificate is: the signature would prove nothing about the server there.
    fn unless_unreadable(
        &self,
        certificate: &CertificateDer<'_>,
        verify: impl FnOnce() -> Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.authorities.is_none() && ParsedCertificate::try_from(certificate).is_err() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify()
    }
}

impl ServerCertVerifier for SignatureVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(authorities) = &self.authorities {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            verify_server_cert_signed_by_trust_anchor(&certificate, authorities, intermediates, now, self.algorithms.all)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.unless_unreadable(cert, || verify_tls12_signature(message, cert, dss, &self.algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.unless_unreadable(cert, || verify_tls13_signature(message, cert, dss, &self.algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
