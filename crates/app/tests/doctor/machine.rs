//! Faults of settings, files and the machine.

use std::fs::{Permissions, set_permissions, write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{Datelike, TimeDelta};
use derslik::system::SystemClock;
use derslik_ports::outbound::Clock;
use libtest_mimic::{Failed, Trial};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;

use crate::support::process::{Running, derslik, sqlite_url};
use crate::{TIMEOUT, check, doctor, finds, none, only};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("an_unknown_setting_is_found", unknown_setting),
        Trial::test("an_unsafe_production_is_found", unsafe_production),
        Trial::test("a_file_with_a_secret_that_others_can_read_is_found", readable_secret),
        Trial::test("a_certificate_that_ended_or_ends_soon_is_found", certificates),
        Trial::test("a_port_of_another_program_is_found_and_our_own_is_not", ports),
        Trial::test("trusted_proxies_that_are_everything_are_found", everything_trusted),
        Trial::test("a_data_folder_that_can_not_be_written_is_found", data_folder),
        Trial::test("a_low_limit_of_descriptors_is_found", descriptors),
    ]
}

/// A folder with a database that has the current schema.
fn migrated() -> Result<(TempDir, String), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    let output = derslik(&["migrate", "--database-url", &url]).output()?;
    check(output.status.success(), &output)?;
    Ok((folder, url))
}

fn unknown_setting() -> Result<(), Failed> {
    let (_folder, url) = migrated()?;
    only("unknown_setting", "problem", doctor(&url).env("DERSLIK_LITSEN", "127.0.0.1:1"))
}

fn production(url: &str) -> Command {
    let mut command = doctor(url);
    command.args(["--profile", "production"]).env("DERSLIK_ALLOW_SQLITE", "true").env("DERSLIK_TRUSTED_PROXIES", "10.0.0.7");
    command
}

fn unsafe_production() -> Result<(), Failed> {
    let (_folder, url) = migrated()?;
    none(&mut production(&url))?;
    only("sqlite", "problem", production(&url).env_remove("DERSLIK_ALLOW_SQLITE"))?;
    only("plaintext", "problem", production(&url).env("DERSLIK_LISTEN", "0.0.0.0:0"))?;
    only("proxies", "warning", production(&url).env_remove("DERSLIK_TRUSTED_PROXIES"))
}

fn readable_secret() -> Result<(), Failed> {
    let (folder, url) = migrated()?;
    let file = folder.path().join("url");
    write(&file, format!("{url}\n"))?;
    let examine = || {
        let mut command = derslik(&["doctor", "--json", "--timeout", TIMEOUT, "--profile", "production"]);
        command.env("DATABASE_URL_FILE", &file).env("DERSLIK_LISTEN", "127.0.0.1:0").env("DERSLIK_HTTP__MAX_CONNECTIONS", "100");
        command.env("DERSLIK_ALLOW_SQLITE", "true").env("DERSLIK_TRUSTED_PROXIES", "10.0.0.7");
        command
    };
    set_permissions(&file, Permissions::from_mode(0o600))?;
    none(&mut examine())?;
    set_permissions(&file, Permissions::from_mode(0o644))?;
    only("secret_file", "problem", &mut examine())
}

/// Writes a certificate that ends at midnight, `days` days from today, and its key.
pub(crate) fn certificate(folder: &Path, days: i64) -> Result<(PathBuf, PathBuf), Failed> {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    let today = SystemClock.now().to_utc().ok_or("no date")?;
    let midnight = |days: i64| -> Result<_, Failed> {
        let day = today + TimeDelta::days(days);
        Ok(date_time_ymd(day.year(), u8::try_from(day.month())?, u8::try_from(day.day())?))
    };
    params.not_before = midnight(-90)?;
    params.not_after = midnight(days)?;
    let key = KeyPair::generate()?;
    let (chain_file, key_file) = (folder.join("tls.crt"), folder.join("tls.key"));
    write(&chain_file, params.self_signed(&key)?.pem())?;
    write(&key_file, key.serialize_pem())?;
    set_permissions(&key_file, Permissions::from_mode(0o600))?;
    Ok((chain_file, key_file))
}

fn certificates() -> Result<(), Failed> {
    let (folder, url) = migrated()?;
    let with = |chain: &Path, key: &Path| {
        let mut command = doctor(&url);
        command.env("DERSLIK_TLS_CERT", chain).env("DERSLIK_TLS_KEY", key);
        command
    };
    for (days, expected) in [(30, None), (10, Some("warning")), (-1, Some("problem"))] {
        let (chain, key) = certificate(folder.path(), days)?;
        match expected {
            None => none(&mut with(&chain, &key))?,
            Some(state) => only("certificate", state, &mut with(&chain, &key))?,
        }
    }
    let other = tempfile::tempdir()?;
    let (chain, _) = certificate(folder.path(), 30)?;
    let (_, foreign) = certificate(other.path(), 30)?;
    only("certificate", "problem", &mut with(&chain, &foreign))?;
    only("certificate", "problem", &mut with(&folder.path().join("none.crt"), &foreign))
}

fn ports() -> Result<(), Failed> {
    let (_folder, url) = migrated()?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    only("port", "problem", doctor(&url).env("DERSLIK_LISTEN", taken.local_addr()?.to_string()))?;
    let service = Running::start(&url, &["--no-worker"])?;
    let mut beside = doctor(&url);
    beside.env("DERSLIK_LISTEN", service.address.to_string()).env("DERSLIK_FIXED_DEV_KEYS", "true");
    none(&mut beside)
}

fn everything_trusted() -> Result<(), Failed> {
    let (_folder, url) = migrated()?;
    only("proxies", "warning", doctor(&url).env("DERSLIK_TRUSTED_PROXIES", "10.0.0.7,0.0.0.0/0"))
}

fn data_folder() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("file");
    write(&file, "")?;
    let mut command = derslik(&["doctor", "--json", "--timeout", TIMEOUT, "--data-dir", &file.join("data").to_string_lossy()]);
    command.env("DERSLIK_LISTEN", "127.0.0.1:0");
    finds("data_folder", "problem", &mut command)
}

fn descriptors() -> Result<(), Failed> {
    let (_folder, url) = migrated()?;
    let doctor = doctor(&url);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 400 && exec \"$0\" \"$@\""]).arg(doctor.get_program()).args(doctor.get_args());
    for (name, value) in doctor.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    only("descriptors", "warning", command.env("DERSLIK_HTTP__MAX_CONNECTIONS", "1000"))
}
