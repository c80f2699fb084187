//! The certificate and the key by which connections are encrypted. Nothing older than TLS 1.2 is spoken.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What a certificate chain and a key in PEM files come to.
///
/// # Errors
/// If a file can't be read, or the two don't go together.
pub fn load(certificates: &Path, key: &Path) -> anyhow::Result<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(certificates).and_then(Iterator::collect);
    let chain: Vec<_> = chain.with_context(|| format!("tls_cert {} can't be read", certificates.display()))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("tls_key {} can't be read", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?.with_no_client_auth();
    config.with_single_cert(chain, key).context("tls_cert and tls_key can't be used together")
}
