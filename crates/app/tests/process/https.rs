//! HTTPS: both versions of HTTP, and certificates that are replaced while the service runs.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::https_client::{Http1, Http2};
use crate::support::DEMO;
use crate::support::process::{Running, derslik, sqlite_url, until};
use crate::{BATCH, SEARCH, check, new_session};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("a_client_of_http2_alone_uses_each_api", each_api),
        Trial::test("a_certificate_is_replaced_on_a_signal_and_no_connection_ends", || {
            replaced(|service| service.signal("HUP"), "read the certificate again")
        }),
        Trial::test("a_certificate_is_replaced_when_its_files_change_and_no_connection_ends", || {
            replaced(|_| Ok(()), "the files of the certificate have changed and were read again")
        }),
        Trial::test("a_certificate_that_has_ended_is_taken_and_told_with_its_end", ended),
        Trial::test("tls_before_1_2_is_refused", old_tls),
    ]
}

/// A service with the certificate `one`, whose files can be replaced.
struct Encrypted {
    service: Running,
    folder: TempDir,
}

impl Encrypted {
    fn start() -> Result<Self, Failed> {
        Self::start_with(|folder| install("one", folder))
    }

    /// A service with the certificate that `install` puts in its place.
    fn start_with(install: impl FnOnce(&Path) -> Result<(), Failed>) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let url = sqlite_url(folder.path());
        let mut command = derslik(&["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--database-url", &url]);
        install(folder.path())?;
        command.arg("--tls-cert").arg(folder.path().join("tls.crt")).arg("--tls-key").arg(folder.path().join("tls.key"));
        command.env("DERSLIK_LOG__FILTER", "info").stderr(File::create(folder.path().join("log"))?);
        Ok(Self { service: Running::spawn(command)?, folder })
    }

    /// What the service has logged so far.
    fn log(&self) -> Result<String, Failed> {
        Ok(std::fs::read_to_string(self.folder.path().join("log"))?)
    }
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

/// Puts a certificate and then its key in the place where the service reads them, each as a new file.
fn install(name: &str, folder: &Path) -> Result<(), Failed> {
    for extension in ["crt", "key"] {
        let staged = folder.join("staged");
        std::fs::copy(source(&format!("{name}.{extension}")), &staged)?;
        std::fs::set_permissions(&staged, PermissionsExt::from_mode(0o644))?;
        std::fs::rename(staged, folder.join("tls").with_extension(extension))?;
    }
    Ok(())
}

fn certificate(name: &str) -> Result<CertificateDer<'static>, Failed> {
    Ok(CertificateDer::from_pem_file(source(&format!("{name}.crt")))?)
}

fn each_api() -> Result<(), Failed> {
    let running = Encrypted::start()?;
    let client = Http2::connect(running.service.address)?;
    let bearer = format!("Bearer {DEMO}");
    let batch: Vec<_> = (0..200).map(|number| new_session(&format!("session {number}"))).collect();
    let (status, body) = client.ask("POST", BATCH, &bearer, &Value::from(batch).to_string())?;
    let made = serde_json::from_str::<Value>(&body)?["approved"].as_array().map(Vec::len);
    check((status, made) == (200, Some(200)), &(status, made))?;
    let (status, body) = client.ask("POST", SEARCH, &bearer, r#"{"page_size":1000}"#)?;
    let found = serde_json::from_str::<Value>(&body)?.as_array().map(Vec::len);
    check((status, found) == (200, Some(200)), &(status, found))?;
    let (status, body) = client.ask("GET", "/api/v1/projects", "demo-organization-key", "")?;
    check(status == 200, &body)?;
    let course = json!({"name": "Physics", "ownerId": "me"}).to_string();
    let (status, body) = client.ask("POST", "/v1/courses", "Bearer demo-admin-token", &course)?;
    check(status == 200, &body)?;
    check(Http1::connect(running.service.address)?.status_of("/n")? == 404, &"HTTP/1.1")
}

/// Replaces the certificate. `tell` lets the service know, which then logs `logged`.
fn replaced(tell: fn(&Running) -> Result<(), Failed>, logged: &str) -> Result<(), Failed> {
    let running = Encrypted::start()?;
    let (service, address) = (&running.service, running.service.address);
    let (one, other) = (certificate("one")?, certificate("other")?);
    let (old, mut old_http1) = (Http2::connect(address)?, Http1::connect(address)?);
    check(old_http1.status_of("/n")? == 404 && old_http1.certificate() == Some(one.clone()), &"before")?;
    check(old.certificate == one, &"before")?;

    install("other", running.folder.path())?;
    tell(service)?;
    until(|| Ok(running.log()?.contains(logged)))?;
    let log = running.log()?;
    let warned = ["WARN", "tls_key: ", "(mode 644)", "the next start in profile production refuses it", "fix: chmod 600 "];
    check(log.lines().any(|line| warned.iter().all(|part| line.contains(part))), &log)?;
    until(|| Ok(Http2::connect(address)?.certificate == other))?;
    let (status, body) = old.ask("POST", SEARCH, &format!("Bearer {DEMO}"), "{}")?;
    check(status == 200, &body)?;
    check(old_http1.status_of("/n")? == 404, &"the old connection")?;
    let mut new = Http1::connect(address)?;
    check(new.status_of("/n")? == 404 && new.certificate() == Some(other), &"after")
}

/// Puts a certificate that has ended, and then its key, in the place where the service reads them.
fn install_ended(folder: &Path) -> Result<CertificateDer<'static>, Failed> {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.not_before = date_time_ymd(2001, 1, 1);
    params.not_after = date_time_ymd(2001, 4, 1);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    for (extension, text) in [("crt", certificate.pem()), ("key", key.serialize_pem())] {
        let staged = folder.join("staged");
        std::fs::write(&staged, text)?;
        std::fs::rename(staged, folder.join("tls").with_extension(extension))?;
    }
    Ok(certificate.der().clone())
}

fn ended() -> Result<(), Failed> {
    const WARNED: [&str; 3] = ["WARN", "tls.crt: the certificate ended at 2001-04-01", "fix: renew it"];
    let is_told = |log: &str| log.lines().any(|line| WARNED.iter().all(|part| line.contains(part)));
    let running = Encrypted::start()?;
    check(!is_told(&running.log()?), &"a valid certificate")?;
    let certificate = install_ended(running.folder.path())?;
    until(|| Ok(is_told(&running.log()?)))?;
    check(Http2::connect(running.service.address)?.certificate == certificate, &"the old certificate")?;
    let started = Encrypted::start_with(|folder| install_ended(folder).map(drop))?;
    until(|| Ok(is_told(&started.log()?)))
}

/// The first message of a client whose newest version is that one, as a record.
fn hello(version: [u8; 2]) -> Vec<u8> {
    let mut message = version.to_vec();
    message.extend([7; 32]);
    // No session, the suites ECDHE with RSA and with ECDSA (AES 128, CBC), and no compression.
    message.extend([0, 0, 4, 0xc0, 0x13, 0xc0, 0x09, 1, 0]);
    // The extension with the algorithms of signatures: RSA and ECDSA, each with SHA-256.
    message.extend([0, 10, 0, 13, 0, 6, 0, 4, 4, 1, 4, 3]);
    let length = u8::try_from(message.len()).unwrap_or(u8::MAX);
    [[0x16, 3, 1, 0, length + 4, 1, 0, 0, length].as_slice(), message.as_slice()].concat()
}

fn old_tls() -> Result<(), Failed> {
    let running = Encrypted::start()?;
    for version in [[3, 1], [3, 2]] {
        let mut stream = TcpStream::connect(running.service.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.write_all(&hello(version))?;
        let mut answer = [0; 7];
        stream.read_exact(&mut answer)?;
        // A fatal alert: the version of the protocol.
        check(answer[0] == 0x15 && answer[5..] == [2, 70], &answer)?;
        check(stream.read(&mut answer)? == 0, &"the connection is open")?;
    }
    Ok(())
}
