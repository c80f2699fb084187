//! The TLS certificate and its key, which can be read again while the service runs. Versions before TLS 1.2 are not
//! supported.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context, bail, ensure};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// A certificate chain and its key, from PEM files.
pub struct Certificate {
    chain_file: PathBuf,
    key_file: PathBuf,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("chain_file", &self.chain_file).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    /// If a file can't be read, or the key does not belong to the certificate.
    pub fn load(chain_file: &Path, key_file: &Path) -> anyhow::Result<Arc<Self>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let current = RwLock::new(Arc::new(read(chain_file, key_file, &provider)?));
        Ok(Arc::new(Self { chain_file: chain_file.to_owned(), key_file: key_file.to_owned(), provider, current }))
    }

    /// Reads the files again, for connections that are made from now on.
    ///
    /// # Errors
    /// As [`Certificate::load`]; the old certificate stays in use.
    pub fn reload(&self) -> anyhow::Result<()> {
        let fresh = Arc::new(read(&self.chain_file, &self.key_file, &self.provider)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The TLS configuration of a server with this certificate.
    ///
    /// # Errors
    /// If no protocol version is supported.
    pub fn server_config(self: &Arc<Self>) -> anyhow::Result<ServerConfig> {
        let config = ServerConfig::builder_with_provider(Arc::clone(&self.provider)).with_safe_default_protocol_versions()?;
        let certificate: Arc<dyn ResolvesServerCert> = Arc::<Self>::clone(self);
        Ok(config.with_no_client_auth().with_cert_resolver(certificate))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn read(chain_file: &Path, key_file: &Path, provider: &CryptoProvider) -> anyhow::Result<CertifiedKey> {
    let chain = CertificateDer::pem_file_iter(chain_file).and_then(Iterator::collect);
    let chain: Vec<_> = chain.with_context(|| format!("tls_cert {} can't be read", chain_file.display()))?;
    ensure!(!chain.is_empty(), "tls_cert {} holds no certificate: it must be a PEM file", chain_file.display());
    let key = match PrivateKeyDer::from_pem_file(key_file) {
        Err(pem::Error::NoItemsFound) => bail!("tls_key {} holds no private key: it must be a PEM file", key_file.display()),
        key => key.with_context(|| format!("tls_key {} can't be read", key_file.display()))?,
    };
    CertifiedKey::from_der(chain, key, provider).context("tls_cert and tls_key can't be used together")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Copies a test certificate and its key to the place where the service reads them.
    fn install(name: &str, folder: &Path) -> (PathBuf, PathBuf) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls");
        let (chain, key) = (folder.join("tls.crt"), folder.join("tls.key"));
        std::fs::copy(source.join(format!("{name}.crt")), &chain).unwrap();
        std::fs::copy(source.join(format!("{name}.key")), &key).unwrap();
        (chain, key)
    }

    #[test]
    fn a_file_without_a_certificate_or_a_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = install("one", folder.path());
        let refused = |chain: &Path, key: &Path| format!("{:#}", Certificate::load(chain, key).unwrap_err());
        let text = refused(&key, &key);
        assert!(text.contains(&format!("tls_cert {} holds no certificate", key.display())), "{text}");
        let text = refused(&chain, &chain);
        assert!(text.contains(&format!("tls_key {} holds no private key", chain.display())), "{text}");
        let missing = folder.path().join("none");
        assert!(refused(&chain, &missing).contains(&format!("tls_key {} can't be read", missing.display())));
    }

    #[test]
    fn a_certificate_is_read_again_and_stays_where_the_new_one_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = install("one", folder.path());
        let certificate = Certificate::load(&chain, &key).unwrap();
        let shown = || certificate.current.read().unwrap().cert.clone();
        let first = shown();

        install("other", folder.path());
        certificate.reload().unwrap();
        let second = shown();
        assert_ne!(first, second);

        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls/one.key");
        std::fs::copy(source, &key).unwrap();
        assert!(certificate.reload().unwrap_err().to_string().contains("together"));
        std::fs::write(&chain, "nothing").unwrap();
        assert!(certificate.reload().is_err());
        assert_eq!(shown(), second);
        certificate.server_config().unwrap();
    }
}
