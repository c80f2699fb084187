//! The settings and their sources: defaults, then a TOML file, then the environment, then flags. A later source overrides
//! an earlier one. Each group of settings is a file below this one.

mod account;
mod audit;
mod classroom;
mod console;
mod database;
mod dev;
mod http;
mod jobs;
mod limits;
mod load;
mod log;
mod metadata;
mod ops;
mod password;
mod secret;
mod secrets;
mod show;
mod unknown;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use derslik_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use validator::Validate;

pub use account::{AccountConfig, MemberCoursesName, StartDateModeName};
pub use audit::AuditConfig;
pub use classroom::ClassroomConfig;
pub use console::ConsoleConfig;
pub use database::DatabaseConfig;
pub use dev::DevConfig;
pub use http::HttpConfig;
pub use jobs::{JobsCompatName, JobsConfig};
pub use limits::LimitsConfig;
pub use load::{Origins, SecretFile};
pub use log::{LogConfig, LogFormat};
pub use metadata::{MetadataConfig, MetadataPlan};
pub use ops::{OpsConfig, read_ops_listen};
pub use password::password_of;
pub use secret::Secret;
pub(crate) use secrets::credentials_folder;
pub use show::{Shown, shown};
pub use unknown::Unknown;
pub use values::read_address;

/// The settings of the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The address and port to listen on; port 0 takes a free one. Flag `--listen`.
    pub listen: SocketAddr,
    /// A PEM file with the certificate chain; with it and `tls_key` the service speaks HTTPS alone (TLS 1.2 and 1.3, HTTP/2 and
    /// HTTP/1.1). See [Certificates](#certificates). Flag `--tls-cert`.
    pub tls_cert: Option<PathBuf>,
    /// A PEM file with the key of the certificate. Flag `--tls-key`.
    pub tls_key: Option<PathBuf>,
    /// The proxies that are trusted to name the client: a list of networks or addresses, as `["10.0.0.0/8", "fd00::1"]`. See
    /// [Behind a proxy](#behind-a-proxy).
    #[serde(deserialize_with = "values::list")]
    pub trusted_proxies: Vec<String>,
    /// The folder for all files of the service. Flag `--data-dir`.
    pub data_dir: PathBuf,
    /// The database, `postgres://…` or `sqlite://path`; without one, an SQLite file in `data_dir`. Profile `production` needs
    /// one. Also read from `DATABASE_URL`. Flag `--database-url`.
    pub database_url: Option<Secret>,
    /// Whether profile `production` may use SQLite.
    pub allow_sqlite: bool,
    /// `dev` creates an account in a database without accounts, and prints its keys; `production` does not. Flag `--profile`.
    pub profile: Profile,
    /// Publicly known keys and one publicly known person, for tests. Profile `dev` and loopback addresses only. Flag
    /// `--fixed-dev-keys`. See [Accounts of the profile `dev`](#accounts-of-the-profile-dev).
    pub fixed_dev_keys: bool,
    /// An RFC 3339 instant at which the clock of the service starts. Profile `dev` only. Flag `--dev-clock`.
    pub dev_clock: Option<String>,
    /// A number by which each new account gets the same ids in each run, for tests that compare answers. For a new database that one
    /// process serves. Profile `dev` only. Flag `--id-seed`.
    pub id_seed: Option<u64>,
    /// What profile `dev` allows.
    pub dev: DevConfig,
    /// The operations listener.
    #[validate(nested)]
    pub ops: OpsConfig,
    /// The console.
    pub console: ConsoleConfig,
    /// The metadata server.
    pub metadata: MetadataConfig,
    /// The log.
    pub log: LogConfig,
    /// The HTTP server.
    #[validate(nested)]
    pub http: HttpConfig,
    /// The rate limits.
    #[validate(nested)]
    pub limits: LimitsConfig,
    /// The connections to the database.
    #[validate(nested)]
    pub database: DatabaseConfig,
    /// The jobs and their workers.
    #[validate(nested)]
    pub jobs: JobsConfig,
    /// The defaults of accounts.
    #[validate(nested)]
    pub account: AccountConfig,
    /// The links and addresses of courses.
    pub classroom: ClassroomConfig,
    /// The audit log.
    #[validate(nested)]
    pub audit: AuditConfig,
}

/// The kind of installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// For trials and tests.
    Dev,
    /// For real data.
    Production,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls_cert: None,
            tls_key: None,
            trusted_proxies: Vec::new(),
            data_dir: "./data".into(),
            database_url: None,
            allow_sqlite: false,
            profile: Profile::Dev,
            fixed_dev_keys: false,
            dev_clock: None,
            id_seed: None,
            dev: DevConfig::default(),
            ops: OpsConfig::default(),
            console: ConsoleConfig::default(),
            metadata: MetadataConfig::default(),
            log: LogConfig::default(),
            http: HttpConfig::default(),
            limits: LimitsConfig::default(),
            database: DatabaseConfig::default(),
            jobs: JobsConfig::default(),
            account: AccountConfig::default(),
            classroom: ClassroomConfig::default(),
            audit: AuditConfig::default(),
        }
    }
}

/// The flags that set something; they are named as in [`Config`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Flags {
    /// See [`Config::listen`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// See [`Config::tls_cert`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cert: Option<PathBuf>,
    /// See [`Config::tls_key`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,
    /// See [`Config::data_dir`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// See [`Config::database_url`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<String>,
    /// See [`Config::profile`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// See [`Config::fixed_dev_keys`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fixed_dev_keys: bool,
    /// See [`Config::dev_clock`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dev_clock: Option<String>,
    /// See [`Config::id_seed`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_seed: Option<u64>,
    /// See [`Config::ops`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ops: Option<OpsFlags>,
    /// See [`Config::database`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseFlags>,
}

/// What flags set of the database, named as in [`DatabaseConfig`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseFlags {
    /// See [`DatabaseConfig::sqlite_full_sync`].
    pub sqlite_full_sync: bool,
}

/// The flags of the operations listener, named as in [`OpsConfig`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpsFlags {
    /// See [`OpsConfig::listen`].
    pub listen: String,
}

/// The settings together with their sources.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Where each of them is from.
    pub origins: Origins,
}

impl Config {
    /// As [`load_with_origins`](Self::load_with_origins), without the sources.
    ///
    /// # Errors
    /// Those, and each setting that does not exist.
    pub fn load(file: Option<&PathBuf>, flags: &Flags) -> anyhow::Result<Self> {
        let Loaded { config, origins } = Self::load_with_origins(file, flags)?;
        match origins.unknown() {
            [] => Ok(config),
            [Unknown { setting, .. }, ..] => bail!("the configuration can't be used: unknown setting {setting}"),
        }
    }

    /// Merges the defaults, a file, the environment and flags, and checks the values. Settings that do not exist are left out: the
    /// rules of [`safety`](crate::safety) are about them, and about what is unsafe.
    ///
    /// # Errors
    /// If a setting can't be read or contradicts another; the text names it and its source.
    pub fn load_with_origins(file: Option<&PathBuf>, flags: &Flags) -> anyhow::Result<Loaded> {
        let loaded = load::load(file.map(PathBuf::as_path), flags).context("the configuration can't be used")?;
        loaded.config.check(&loaded.origins).context("the configuration can't be used")?;
        Ok(loaded)
    }

    fn check(&self, origins: &Origins) -> anyhow::Result<()> {
        self.validate().map_err(|errors| origins.explain_ranges(&errors))?;
        origins.name("database.password", self.database.check_password())?;
        origins.name("database_url", self.database())?;
        origins.name("account.lang", self.lang())?;
        origins.name("account.timezone", self.timezone())?;
        origins.name("dev_clock", self.clock_start())?;
        origins.name("trusted_proxies", self.trusted_proxies())?;
        origins.name("http.cors_origins", self.allowed_origins())?;
        origins.name("log.filter", self.log.env_filter())?;
        for (setting, checked) in
            self.classroom.check().into_iter().chain(self.ops.check()).chain(self.console.check()).chain(self.metadata.check())
        {
            origins.name(setting, checked)?;
        }
        origins.name("classroom.calendar_id", self.calendars())?;
        origins.name("audit.seal_key", self.audit.seal_keys(&[]))?;
        ensure!(self.tls_cert.is_some() == self.tls_key.is_some(), "tls_cert and tls_key go together: set both or neither");
        ensure!(
            !self.fixed_dev_keys || self.listen.ip().is_loopback() || self.dev.allow_remote,
            "fixed_dev_keys makes publicly known credentials, and {} can be reached from other machines: \
             listen on 127.0.0.1, or set dev.allow_remote to true",
            self.listen
        );
        Ok(())
    }

    /// How long the process may take to end after the signal to stop: the longer grace period, where that of requests begins after
    /// the drain, plus a fixed time for the rest.
    pub fn stop_limit(&self) -> Duration {
        const AFTER_GRACE: Duration = Duration::from_millis(2_500);
        let of_requests = self.ops.drain_seconds.saturating_add(self.http.grace_seconds);
        Duration::from_secs(of_requests.max(self.jobs.grace_seconds)) + AFTER_GRACE
    }

    /// The instant at which the clock starts; `None` for the present.
    ///
    /// # Errors
    /// If the setting is not an RFC 3339 instant.
    pub fn clock_start(&self) -> anyhow::Result<Option<Timestamp>> {
        match &self.dev_clock {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(instant) => Ok(Some(instant)),
                Err(_) => bail!("dev_clock must be an RFC 3339 instant such as 2025-02-06T16:07:35+03:00, not {text:?}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &str) -> anyhow::Result<Config> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("derslik.toml");
        std::fs::write(&file, settings)?;
        Config::load(Some(&file), &Flags::default())
    }

    #[test]
    fn a_release_is_a_text_or_a_number_and_a_list_is_a_list_or_a_text() {
        for compat in ["1.26", "\"1.26\""] {
            assert_eq!(read(&format!("[jobs]\ncompat = {compat}\n")).unwrap().jobs.compat, JobsCompatName::Release126);
        }
        for proxies in ["\"10.0.0.0/8, fd00::1\"", "[\"10.0.0.0/8\", \"fd00::1\"]"] {
            assert_eq!(read(&format!("trusted_proxies = {proxies}\n")).unwrap().trusted_proxies, ["10.0.0.0/8", "fd00::1"]);
        }
    }

    #[test]
    fn pages_elsewhere_are_not_listed_with_known_keys() {
        let listed = |settings: &str, keys: &str| read(&format!("{keys}[http]\ncors_origins = {settings}\n")).map(drop);
        for settings in ["[]", "\"\"", "\"*\"", "[\"*\"]", "\"http://localhost:3000, http://127.0.0.1:3000\""] {
            assert!(listed(settings, "").is_ok() && listed(settings, "fixed_dev_keys = true\n").is_ok(), "{settings}");
        }
        assert!(listed("[\"https://app.okul.example\"]", "").is_ok());
        let error = listed("[\"https://app.okul.example\"]", "fixed_dev_keys = true\n").unwrap_err();
        assert!(format!("{error:#}").contains("is not an origin of this machine"), "{error:#}");
        for settings in ["[\"app.okul.example\"]", "[\"*\", \"http://localhost\"]"] {
            let error = listed(settings, "").unwrap_err();
            assert!(format!("{error:#}").contains("http.cors_origins"), "{error:#}");
        }
    }

    #[test]
    fn templates_have_known_placeholders_alone() {
        let refused = |setting: &str, template: &str| {
            let error = read(&format!("[classroom]\n{setting} = \"{template}\"\n")).unwrap_err();
            format!("{error:#}")
        };
        assert!(refused("course_link", "https://x/{id}").contains("placeholder {id}, and there is only {code}"));
        assert!(refused("group_address", "{account}@x").contains("must have the placeholder {group}"));
        assert!(refused("calendar_id", "{id}{grp}@x").contains("{grp}"));
        assert!(read("[classroom]\ngroup_address = \"{group}@{account}.x\"\n").is_ok());
    }

    #[test]
    fn new_passwords_are_longer_in_production_unless_the_operator_says_otherwise() {
        let min = |settings: &str| read(settings).unwrap().password_rules().min_chars;
        assert_eq!([min(""), min("profile = \"production\"\n")], [1, 8]);
        for profile in ["dev", "production"] {
            assert_eq!(min(&format!("profile = \"{profile}\"\n[account]\npassword_min_length = 12\n")), 12);
        }
        for length in [0, 201] {
            let error = read(&format!("[account]\npassword_min_length = {length}\n")).unwrap_err();
            assert!(format!("{error:#}").contains("account.password_min_length must be from 1 to 200"), "{error:#}");
        }
    }

    #[test]
    fn no_secret_is_printed_with_the_settings() {
        let file = "database_url = \"postgres://u@h/d?application_name=hunter1\"\n[database]\npassword = \"hunter2\"\n";
        let config = read(file).unwrap();
        let shown = format!("{config:?} {}", serde_json::to_string(&config).unwrap());
        assert!(!shown.contains("hunter"), "{shown}");
        assert!(matches!(config.database().unwrap(), derslik_storage::DatabaseUrl::Postgres(url) if url.ends_with("password=hunter2")));
    }

    #[test]
    fn a_setting_that_does_not_exist_is_an_error() {
        let error = read("[http]\nworker = 1\n").unwrap_err();
        assert!(format!("{error:#}").contains("unknown setting http.worker"), "{error:#}");
    }
}
