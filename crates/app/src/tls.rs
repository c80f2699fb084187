//! The TLS certificate and its key, which can be read again while the service runs: on request, and whenever their files have
//! changed. Versions before TLS 1.2 are not supported. A certificate that has ended is used all the same, and told in the log: without it
//! the service would not answer at all.

mod validity;

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use derslik_ports::outbound::Clock;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, ServerConfig};

pub use self::validity::Validity;
use self::validity::{host_of, validity_of};
use crate::safety::{Finding, tls_key_of_others};
use crate::system::SystemClock;

/// How often the files are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// A certificate chain and its key, from PEM files.
pub struct Certificate {
    chain_file: PathBuf,
    key_file: PathBuf,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
    /// The files that the current pair was read from.
    read: Mutex<Files>,
}

/// What tells whether the two files are still the same. Links are followed: some deployments replace the target of a link.
type Files = [Option<FileState>; 2];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileState {
    device: u64,
    inode: u64,
    length: u64,
    /// In seconds and nanoseconds.
    modified: (i64, i64),
}

impl FileState {
    /// `None` for a file that can't be looked at.
    fn of(file: &Path) -> Option<Self> {
        let data = std::fs::metadata(file).ok()?;
        Some(Self { device: data.dev(), inode: data.ino(), length: data.size(), modified: (data.mtime(), data.mtime_nsec()) })
    }
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
        // A change during the reading is noticed, because the files are looked at before.
        let files = [chain_file, key_file].map(FileState::of);
        let current = RwLock::new(Arc::new(read(chain_file, key_file, &provider)?));
        let (chain_file, key_file) = (chain_file.to_owned(), key_file.to_owned());
        Ok(Arc::new(Self { chain_file, key_file, provider, current, read: Mutex::new(files) }))
    }

    /// Reads the files again, for connections that are made from now on.
    ///
    /// # Errors
    /// As [`Certificate::load`]; the old certificate stays in use.
    pub fn reload(&self) -> anyhow::Result<()> {
        // Held to the end: of two readings at once, the later one must not be undone by the earlier one.
        let mut last = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let files = self.files();
        let fresh = Arc::new(read(&self.chain_file, &self.key_file, &self.provider)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        *last = files;
        // The new pair is in use already, and would not be after the next start.
        if let Some(Finding { setting, problem, fix, .. }) = tls_key_of_others(&self.key_file) {
            tracing::warn!("{setting}: {problem}; the next start in profile production refuses it; fix: {fix}");
        }
        self.warn_of_validity();
        Ok(())
    }

    /// When the certificate in use is valid. `None` if that can't be read.
    pub fn validity(&self) -> Option<Validity> {
        let current = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        validity_of(current.end_entity_cert().ok()?)
    }

    /// The first name of a host for which the certificate in use stands. `None` if it has none, or that can't be read.
    pub fn host(&self) -> Option<String> {
        let current = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        host_of(current.end_entity_cert().ok()?)
    }

    /// Warns in the log if the certificate in use is not valid now.
    pub fn warn_of_validity(&self) {
        if let Some(fault) = self.validity().and_then(|validity| validity.fault_at(SystemClock.now())) {
            tracing::warn!("tls_cert {}: {fault}, and is used all the same: clients refuse it; fix: renew it", self.chain_file.display());
        }
    }

    /// From now on reads the files again after each change, on a thread of its own, for as long as the certificate is in use.
    /// Files that can't be used together, such as a new certificate whose key is still to come, are tried again and again; the old
    /// pair stays in use meanwhile.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn follow_files(self: &Arc<Self>) -> io::Result<()> {
        let certificate = Arc::downgrade(self);
        let follow = move || {
            let mut refused = None;
            loop {
                thread::sleep(LOOK_INTERVAL);
                let Some(certificate) = certificate.upgrade() else { return };
                certificate.look(&mut refused);
            }
        };
        thread::Builder::new().name("certificates".to_owned()).spawn(follow).map(drop)
    }

    /// Reads the files again if they have changed. `refused` keeps the files that could not be used, so that they are reported once.
    fn look(&self, refused: &mut Option<Files>) {
        let found = self.files();
        if found == *self.read.lock().unwrap_or_else(PoisonError::into_inner) {
            return;
        }
        match self.reload() {
            Ok(()) => tracing::info!("the files of the certificate have changed and were read again"),
            Err(_) if *refused == Some(found) => {}
            Err(error) => {
                tracing::warn!("the files of the certificate have changed but can't be used, and the old one stays: {error:#}");
                *refused = Some(found);
            }
        }
    }

    fn files(&self) -> Files {
        [&self.chain_file, &self.key_file].map(|file| FileState::of(file))
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
    if chain.is_empty() && is_swapped(chain_file, key_file) {
        bail!("tls_cert {} holds a private key and tls_key {} a certificate: swap the two", chain_file.display(), key_file.display());
    }
    ensure!(!chain.is_empty(), "tls_cert {} holds no certificate: it must be a PEM file", chain_file.display());
    let key = match PrivateKeyDer::from_pem_file(key_file) {
        Err(pem::Error::NoItemsFound) => bail!("tls_key {} holds no private key: it must be a PEM file", key_file.display()),
        key => key.with_context(|| format!("tls_key {} can't be read", key_file.display()))?,
    };
    match CertifiedKey::from_der(chain, key, provider) {
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => bail!(
            "the key in tls_key {} does not belong to the certificate in tls_cert {}: name both files of one pair, and the chain with the \
             certificate of the service first",
            key_file.display(),
            chain_file.display()
        ),
        pair => pair.context("tls_cert and tls_key can't be used together"),
    }
}

/// Whether each of the two files is the other one.
fn is_swapped(chain_file: &Path, key_file: &Path) -> bool {
    PrivateKeyDer::from_pem_file(chain_file).is_ok() && CertificateDer::from_pem_file(key_file).is_ok()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

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
        let text = refused(&key, &chain);
        assert!(text.contains("holds a private key") && text.ends_with("a certificate: swap the two"), "{text}");
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
        let text = certificate.reload().unwrap_err().to_string();
        assert!(text.contains("does not belong to the certificate") && text.contains("both files of one pair"), "{text}");
        std::fs::write(&chain, "nothing").unwrap();
        assert!(certificate.reload().is_err());
        assert_eq!(shown(), second);
        certificate.server_config().unwrap();
    }

    #[test]
    fn a_certificate_that_has_ended_is_used_and_its_end_known() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = install("one", folder.path());
        let certificate = Certificate::load(&chain, &key).unwrap();
        let fault = || certificate.validity().unwrap().fault_at("2100-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(fault(), None);

        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2001, 4, 1);
        let ended_key = KeyPair::generate().unwrap();
        let ended = params.self_signed(&ended_key).unwrap();
        std::fs::write(&chain, ended.pem()).unwrap();
        std::fs::write(&key, ended_key.serialize_pem()).unwrap();
        certificate.reload().unwrap();
        assert_eq!(&certificate.current.read().unwrap().cert[0], ended.der());
        assert!(fault().is_some_and(|fault| fault.starts_with("the certificate ended at 2001-04-01")));
    }

    #[test]
    fn changed_files_are_read_once_they_fit() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = install("one", folder.path());
        let certificate = Certificate::load(&chain, &key).unwrap();
        let shown = || Arc::clone(&certificate.current.read().unwrap());
        let (first, mut refused) = (shown(), None);
        certificate.look(&mut refused);
        assert!(Arc::ptr_eq(&first, &shown()), "read again without a change");

        // Both files are replaced, one after the other.
        let staged = tempfile::tempdir().unwrap();
        let (new_chain, new_key) = install("other", staged.path());
        std::fs::rename(new_chain, &chain).unwrap();
        certificate.look(&mut refused);
        assert!(Arc::ptr_eq(&first, &shown()) && refused.is_some());
        std::fs::rename(new_key, &key).unwrap();
        certificate.look(&mut refused);
        let second = shown();
        assert_ne!(first.cert, second.cert);

        std::fs::remove_file(&key).unwrap();
        certificate.look(&mut refused);
        assert!(Arc::ptr_eq(&second, &shown()));
    }

    #[test]
    fn files_behind_a_replaced_link_are_read() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["one", "other"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            install(name, &folder.path().join(name));
        }
        let link = |target: &str| {
            let (link, data) = (folder.path().join("next"), folder.path().join("..data"));
            std::os::unix::fs::symlink(target, &link).unwrap();
            std::fs::rename(link, data).unwrap();
        };
        link("one");
        let [chain, key] = ["tls.crt", "tls.key"].map(|file| folder.path().join("..data").join(file));
        let certificate = Certificate::load(&chain, &key).unwrap();
        let first = certificate.current.read().unwrap().cert.clone();
        link("other");
        certificate.look(&mut None);
        assert_ne!(certificate.current.read().unwrap().cert, first);
    }
}
