//! The settings and their sources: defaults, then a TOML file, then the environment, then flags. A later source overrides
//! an earlier one.

mod load;
mod log;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use derslik_domain::course::{CourseSettings, GradingPeriodLicence, MemberCreation};
use derslik_domain::identity::{AccountSettings, Lang};
use derslik_domain::job::LeaseTerm;
use derslik_domain::time::{StartDateMode, Timestamp, Zone};
use derslik_http::classroom::Templates;
use derslik_http::openreplay::JobsCompat;
use derslik_http::{ConnectionLimits, DEFAULT_HTTP2_STREAMS, Deadlines, Limits, ServerSettings, TrustedProxies};
use derslik_storage::{DatabaseUrl, PoolSettings};
use derslik_worker::Settings;
use derslik_worker::handlers::{CalendarTemplate, DEFAULT_RETENTION, Retention};
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::descriptors::connections_within;

use load::Origins;
pub use log::{LogConfig, LogFormat};
pub use values::read_address;

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// The settings of the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The address and port to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// A PEM file with the certificate chain; with it the service speaks only HTTPS.
    pub tls_cert: Option<PathBuf>,
    /// A PEM file with the key of the certificate.
    pub tls_key: Option<PathBuf>,
    /// The networks of proxies whose headers name the client, such as `10.0.0.0/8`, or single addresses.
    #[serde(deserialize_with = "values::list")]
    pub trusted_proxies: Vec<String>,
    /// The folder for all files of the service.
    pub data_dir: PathBuf,
    /// The database: `postgres://…`, or `sqlite://path`. Without one, an `SQLite` file in `data_dir`.
    pub database_url: Option<String>,
    /// `dev` prints credentials and allows known ones; `production` does not.
    pub profile: Profile,
    /// Known credentials, for tests. Profile `dev` only.
    pub fixed_dev_keys: bool,
    /// An RFC 3339 instant at which the clock of the service starts. Profile `dev` only.
    pub dev_clock: Option<String>,
    /// What profile `dev` allows.
    pub dev: DevConfig,
    /// The log.
    pub log: LogConfig,
    /// The HTTP server.
    #[validate(nested)]
    pub http: HttpConfig,
    /// The connections to the database.
    #[validate(nested)]
    pub database: DatabaseConfig,
    /// The jobs and their workers.
    #[validate(nested)]
    pub jobs: JobsConfig,
    /// The defaults of accounts.
    pub account: AccountConfig,
    /// The links and addresses of courses.
    pub classroom: ClassroomConfig,
}

/// The links and addresses of courses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClassroomConfig {
    /// The URL where people see a course; `{code}` is its id in base64.
    pub course_link: String,
    /// The e-mail address of a group; `{group}` is its name, `{account}` the name of the account.
    pub group_address: String,
    /// The URL where people see a folder; `{id}` is its id.
    pub folder_link: String,
    /// The id of a course's calendar; `{id}` is the id of the course, `{group}` the name of its group.
    pub calendar_id: String,
}

impl Default for ClassroomConfig {
    fn default() -> Self {
        let Templates { course_link, group_address, folder_link } = Templates::default();
        Self { course_link, group_address, folder_link, calendar_id: CalendarTemplate::DEFAULT.to_owned() }
    }
}

impl ClassroomConfig {
    /// The templates of links and addresses.
    pub fn templates(&self) -> Templates {
        let Self { course_link, group_address, folder_link, calendar_id: _ } = self.clone();
        Templates { course_link, group_address, folder_link }
    }

    /// Checks each template; the results stand under the names of their settings.
    fn check(&self) -> [(&'static str, anyhow::Result<()>); 4] {
        let check =
            |setting, template: &str, needed: Option<&str>, known: &[&str]| (setting, check_template(setting, template, needed, known));
        [
            check("classroom.course_link", &self.course_link, Some("{code}"), &["{code}"]),
            check("classroom.group_address", &self.group_address, Some("{group}"), &["{group}", "{account}"]),
            check("classroom.folder_link", &self.folder_link, Some("{id}"), &["{id}"]),
            check("classroom.calendar_id", &self.calendar_id, None, &["{id}", "{group}"]),
        ]
    }
}

/// Checks that a template has known placeholders only, and the one that tells two objects apart.
fn check_template(setting: &str, template: &str, needed: Option<&str>, known: &[&str]) -> anyhow::Result<()> {
    let mut rest = template;
    while let Some((_, from_brace)) = rest.split_once('{') {
        let Some((name, after)) = from_brace.split_once('}') else { break };
        let placeholder = format!("{{{name}}}");
        ensure!(
            known.contains(&placeholder.as_str()),
            "{setting} has the placeholder {placeholder}, and there is only {}: {template:?}",
            known.join(" and ")
        );
        rest = after;
    }
    if let Some(needed) = needed {
        ensure!(template.contains(needed), "{setting} must have the placeholder {needed}, not be {template:?}");
    }
    Ok(())
}

/// The kind of installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// For trials and tests.
    Dev,
    /// For real data.
    Production,
}

/// What profile `dev` allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DevConfig {
    /// Whether publicly known credentials may be used from other machines.
    pub allow_remote: bool,
}

/// The HTTP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Threads that answer requests; 0 takes one for each processor.
    #[validate(range(max = 1_024))]
    pub workers: usize,
    /// The maximum size of a request body, in bytes.
    #[validate(range(min = 1_024, max = 1_073_741_824))]
    pub body_limit_bytes: usize,
    /// How long a request body may take to arrive, in seconds.
    #[validate(range(min = 1, max = 600))]
    pub body_deadline_seconds: u64,
    /// The maximum number of items in a batch.
    #[validate(range(min = 1, max = 100_000))]
    pub batch_max_items: usize,
    /// The maximum number of bytes of request bodies held in memory, over all requests; beyond it requests get 503.
    #[validate(range(min = 1_048_576))]
    pub bodies_in_flight_bytes: usize,
    /// The maximum number of bytes of answers held in memory, over all requests.
    #[validate(range(min = 8_388_608))]
    pub answers_in_flight_bytes: usize,
    /// The maximum number of connections of all clients together.
    #[validate(range(min = 1, max = 1_000_000))]
    pub max_connections: usize,
    /// The maximum number of connections of one client.
    #[validate(range(min = 1, max = 1_000_000))]
    pub max_connections_per_address: usize,
    /// The maximum number of requests that one connection of HTTP/2 has open at once.
    #[validate(range(min = 1, max = 10_000))]
    pub h2_max_streams: u32,
    /// How long running requests may go on after the signal to stop, in seconds.
    #[validate(range(max = 600))]
    pub grace_seconds: u64,
}

/// The connections to the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// The maximum number of connections to `PostgreSQL`, or of readers of `SQLite`.
    #[validate(range(min = 1, max = 1_000))]
    pub connections: u32,
    /// How long a request waits for a connection, in milliseconds.
    #[validate(range(min = 10, max = 60_000))]
    pub acquire_timeout_ms: u64,
    /// How long opening a connection may take, in milliseconds.
    #[validate(range(min = 10, max = 60_000))]
    pub connect_timeout_ms: u64,
    /// How long a statement may run, in milliseconds; a request as a whole waits half a second longer for the database.
    #[validate(range(min = 100, max = 600_000))]
    pub statement_timeout_ms: u64,
    /// How long a statement may wait for a lock, in milliseconds.
    #[validate(range(min = 10, max = 60_000))]
    pub lock_timeout_ms: u64,
    /// Whether `SQLite` waits for the disk before it acknowledges a write. If not, a power cut may lose the last writes.
    pub sqlite_full_sync: bool,
}

/// The jobs and their workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct JobsConfig {
    /// `documented`, or `1.26` for answers like those of that release of the original service.
    pub compat: JobsCompatName,
    /// The maximum number of jobs that a process runs at once.
    #[validate(range(min = 1, max = 10_000))]
    pub concurrency: u16,
    /// The maximum number of jobs that one statement claims or completes.
    #[validate(range(min = 1, max = 10_000))]
    pub batch: u16,
    /// The length of a lease without a heartbeat, in milliseconds.
    #[validate(range(min = 1_000, max = 600_000))]
    pub lease_ms: u64,
    /// The longest pause between two polls for jobs, in milliseconds.
    #[validate(range(min = 10, max = 60_000))]
    pub poll_ms: u64,
    /// The interval at which the sweeps of each account are enqueued, in seconds; 0 turns them off.
    #[validate(range(max = 86_400))]
    pub sweep_seconds: u64,
    /// How long running jobs may go on after the signal to stop, in seconds.
    #[validate(range(max = 600))]
    pub grace_seconds: u64,
    /// For how many days jobs are kept after their end.
    #[validate(range(min = 1, max = 36_500))]
    pub retention_days: u64,
    /// For how many days deleted sessions are kept.
    #[validate(range(min = 1, max = 36_500))]
    pub deleted_retention_days: u64,
}

/// How the jobs API answers where its document and the original service differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum JobsCompatName {
    /// As documented.
    #[serde(rename = "documented")]
    Documented,
    /// Like release 1.26.
    #[serde(rename = "1.26")]
    Release126,
}

/// The defaults of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountConfig {
    /// The language of a session that names none.
    pub lang: String,
    /// The time zone of a session that names none.
    pub timezone: String,
    /// `civil`: a start date is a civil time in the session's zone; `instant`: its offset counts.
    pub start_date_mode: StartDateModeName,
    /// `provisioned`: courses that members create wait for acceptance; `active`: they may be active at once.
    pub member_courses: MemberCoursesName,
    /// Whether grading periods may be written.
    pub grading_periods: bool,
}

/// The states in which members who are not administrators may create courses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberCoursesName {
    /// Only courses that wait for acceptance.
    Provisioned,
    /// Active courses as well.
    Active,
}

/// Whether the offset of a start date counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartDateModeName {
    /// The offset is ignored.
    Civil,
    /// The offset counts.
    Instant,
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
            profile: Profile::Dev,
            fixed_dev_keys: false,
            dev_clock: None,
            dev: DevConfig::default(),
            log: LogConfig::default(),
            http: HttpConfig::default(),
            database: DatabaseConfig::default(),
            jobs: JobsConfig::default(),
            account: AccountConfig::default(),
            classroom: ClassroomConfig::default(),
        }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        let (limits, connections) = (Limits::default(), ConnectionLimits::default());
        Self {
            workers: 0,
            body_limit_bytes: limits.body_bytes,
            body_deadline_seconds: limits.body_deadline.as_secs(),
            batch_max_items: limits.batch_items,
            bodies_in_flight_bytes: limits.bodies_in_flight_bytes,
            answers_in_flight_bytes: limits.answers_in_flight_bytes,
            max_connections: connections.in_all,
            max_connections_per_address: connections.per_client,
            h2_max_streams: DEFAULT_HTTP2_STREAMS,
            grace_seconds: 5,
        }
    }
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        let settings = PoolSettings::default();
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            connections: settings.connections,
            acquire_timeout_ms: millis(settings.acquire_timeout),
            connect_timeout_ms: millis(settings.connect_timeout),
            statement_timeout_ms: millis(settings.statement_timeout),
            lock_timeout_ms: millis(settings.lock_timeout),
            sqlite_full_sync: settings.sqlite_full_sync,
        }
    }
}

impl Default for JobsConfig {
    fn default() -> Self {
        let settings = Settings::default();
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            compat: JobsCompatName::Documented,
            concurrency: settings.concurrency,
            batch: settings.batch,
            lease_ms: millis(settings.lease.duration()),
            poll_ms: millis(settings.poll),
            sweep_seconds: settings.sweep.map_or(0, |interval| interval.as_secs()),
            grace_seconds: settings.grace.as_secs(),
            retention_days: DEFAULT_RETENTION.as_secs() / SECONDS_OF_A_DAY,
            deleted_retention_days: DEFAULT_RETENTION.as_secs() / SECONDS_OF_A_DAY,
        }
    }
}

impl Default for AccountConfig {
    fn default() -> Self {
        Self {
            lang: "en-US".to_owned(),
            timezone: Zone::ISTANBUL.name().to_owned(),
            start_date_mode: StartDateModeName::Civil,
            member_courses: MemberCoursesName::Provisioned,
            grading_periods: true,
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
}

impl Config {
    /// Merges the defaults, a file, the environment and flags, and checks the result.
    ///
    /// # Errors
    /// If a setting is unknown, can't be read or contradicts another; the text names it and its source.
    pub fn load(file: Option<&PathBuf>, flags: &Flags) -> anyhow::Result<Self> {
        let (config, origins) = load::load(file.map(PathBuf::as_path), flags).context("the configuration can't be used")?;
        config.check(&origins).context("the configuration can't be used")?;
        Ok(config)
    }

    fn check(&self, origins: &Origins) -> anyhow::Result<()> {
        self.validate().map_err(|errors| origins.explain_ranges(&errors))?;
        origins.name("database_url", self.database())?;
        origins.name("account.lang", self.lang())?;
        origins.name("account.timezone", self.timezone())?;
        origins.name("dev_clock", self.clock_start())?;
        origins.name("trusted_proxies", self.trusted_proxies())?;
        origins.name("log.filter", self.log.env_filter())?;
        for (setting, checked) in self.classroom.check() {
            origins.name(setting, checked)?;
        }
        origins.name("classroom.calendar_id", self.calendars())?;
        ensure!(self.tls_cert.is_some() == self.tls_key.is_some(), "tls_cert and tls_key go together: set both or neither");
        if self.profile == Profile::Production {
            ensure!(!self.fixed_dev_keys, "fixed_dev_keys makes publicly known credentials: profile dev only");
            ensure!(self.dev_clock.is_none(), "dev_clock sets a false time: profile dev only");
            ensure!(
                self.database_url.is_some(),
                "profile production needs a database by name: set --database-url, DATABASE_URL or DATABASE_URL_FILE"
            );
        }
        ensure!(
            !self.fixed_dev_keys || self.listen.ip().is_loopback() || self.dev.allow_remote,
            "fixed_dev_keys makes publicly known credentials, and {} can be reached from other machines: \
             listen on 127.0.0.1, or set dev.allow_remote to true",
            self.listen
        );
        Ok(())
    }

    /// The database.
    ///
    /// # Errors
    /// If the URL can't be used.
    pub fn database(&self) -> anyhow::Result<DatabaseUrl> {
        match &self.database_url {
            Some(url) if url.is_empty() => bail!("database_url is empty: name a database as postgres://… or sqlite://path"),
            Some(url) => url.parse().context("database_url"),
            None => Ok(DatabaseUrl::Sqlite(self.data_dir.join("derslik.sqlite"))),
        }
    }

    /// The settings of the connection pool.
    pub fn pool(&self) -> PoolSettings {
        PoolSettings {
            connections: self.database.connections,
            acquire_timeout: Duration::from_millis(self.database.acquire_timeout_ms),
            connect_timeout: Duration::from_millis(self.database.connect_timeout_ms),
            statement_timeout: Duration::from_millis(self.database.statement_timeout_ms),
            lock_timeout: Duration::from_millis(self.database.lock_timeout_ms),
            sqlite_full_sync: self.database.sqlite_full_sync,
        }
    }

    /// How long the process may take to end after the signal to stop: the longer grace period, plus a fixed time for the rest.
    pub fn stop_limit(&self) -> Duration {
        const AFTER_GRACE: Duration = Duration::from_millis(2_500);
        Duration::from_secs(self.http.grace_seconds.max(self.jobs.grace_seconds)) + AFTER_GRACE
    }

    /// The settings of a worker.
    pub fn worker(&self) -> Settings {
        let jobs = &self.jobs;
        Settings {
            concurrency: jobs.concurrency,
            batch: jobs.batch,
            // The range was checked when the settings were read.
            lease: LeaseTerm::new(Duration::from_millis(jobs.lease_ms)).unwrap_or_default(),
            poll: Duration::from_millis(jobs.poll_ms),
            sweep: (jobs.sweep_seconds > 0).then(|| Duration::from_secs(jobs.sweep_seconds)),
            grace: Duration::from_secs(jobs.grace_seconds),
            ..Settings::default()
        }
    }

    /// How long ended jobs and deleted rows are kept.
    pub fn retention(&self) -> Retention {
        let days = |days: u64| Duration::from_secs(days.saturating_mul(SECONDS_OF_A_DAY));
        Retention { ended_jobs: days(self.jobs.retention_days), deleted_rows: days(self.jobs.deleted_retention_days) }
    }

    /// The template of calendar ids.
    ///
    /// # Errors
    /// If the template can't be used.
    pub fn calendars(&self) -> anyhow::Result<CalendarTemplate> {
        let template = &self.classroom.calendar_id;
        CalendarTemplate::new(template).with_context(|| format!("classroom.calendar_id is {template:?}"))
    }

    /// The compatibility mode of the jobs API.
    pub fn jobs_compat(&self) -> JobsCompat {
        match self.jobs.compat {
            JobsCompatName::Documented => JobsCompat::Documented,
            JobsCompatName::Release126 => JobsCompat::Release126,
        }
    }

    /// The limits of a request.
    pub fn limits(&self) -> Limits {
        Limits {
            body_bytes: self.http.body_limit_bytes,
            body_deadline: Duration::from_secs(self.http.body_deadline_seconds),
            batch_items: self.http.batch_max_items,
            bodies_in_flight_bytes: self.http.bodies_in_flight_bytes,
            answers_in_flight_bytes: self.http.answers_in_flight_bytes,
        }
    }

    /// The proxies whose headers name the client.
    ///
    /// # Errors
    /// If one of them is neither a network nor an address.
    pub fn trusted_proxies(&self) -> anyhow::Result<TrustedProxies> {
        TrustedProxies::parse(self.trusted_proxies.iter().map(String::as_str)).context("trusted_proxies")
    }

    /// The settings of the server under a limit of open descriptors; `None` means unlimited.
    pub fn server(&self, descriptors: Option<u64>) -> ServerSettings {
        let workers = match self.http.workers {
            0 => std::thread::available_parallelism().map_or(1, Into::into),
            workers => workers,
        };
        // Each connection to SQLite has three files; the rest is for listeners, the log and answers to refused clients.
        let reserved = 200 + 6 * (u64::from(self.database.connections) + 2);
        let in_all = connections_within(self.http.max_connections, descriptors, reserved);
        ServerSettings {
            workers,
            grace: Duration::from_secs(self.http.grace_seconds),
            connections: ConnectionLimits { in_all, per_client: self.http.max_connections_per_address },
            deadlines: Deadlines::default(),
            http2_streams: self.http.h2_max_streams,
        }
    }

    /// The defaults of accounts.
    ///
    /// # Errors
    /// If one of the settings can't be used.
    pub fn account_settings(&self) -> anyhow::Result<AccountSettings> {
        let account = &self.account;
        Ok(AccountSettings {
            lang: self.lang()?,
            timezone: self.timezone()?,
            start_date_mode: match account.start_date_mode {
                StartDateModeName::Civil => StartDateMode::Civil,
                StartDateModeName::Instant => StartDateMode::Instant,
            },
            courses: CourseSettings {
                member_creation: match account.member_courses {
                    MemberCoursesName::Provisioned => MemberCreation::ProvisionedOnly,
                    MemberCoursesName::Active => MemberCreation::ActiveToo,
                },
                grading_periods: if account.grading_periods { GradingPeriodLicence::Held } else { GradingPeriodLicence::Missing },
            },
        })
    }

    fn lang(&self) -> anyhow::Result<Lang> {
        Lang::parse(&self.account.lang).with_context(|| format!("account.lang is {:?}", self.account.lang))
    }

    fn timezone(&self) -> anyhow::Result<Zone> {
        Zone::parse(&self.account.timezone).with_context(|| format!("account.timezone is {:?}", self.account.timezone))
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
}
