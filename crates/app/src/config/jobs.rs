//! The settings of jobs and their workers.

use std::fmt;
use std::time::Duration;

use derslik_domain::job::LeaseTerm;
use derslik_http::openreplay::JobsCompat;
use derslik_worker::Settings;
use derslik_worker::handlers::{DEFAULT_RETENTION, Retention};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use validator::Validate;

use super::Config;

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// The jobs and their workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct JobsConfig {
    /// `documented`, or `1.26`: a refused cancel and an unknown job are answered as that release of the original service does.
    pub compat: JobsCompatName,
    /// The most jobs that a process runs at once.
    #[validate(range(min = 1, max = 10_000))]
    pub concurrency: u16,
    /// The most jobs that one statement claims, or marks as done.
    #[validate(range(min = 1, max = 10_000))]
    pub batch: u16,
    /// The length of a lease, which heartbeats of the worker extend. The jobs of a dead worker are rescued a third of this
    /// after their leases ran out, at the latest.
    #[validate(range(min = 1_000, max = 600_000))]
    pub lease_ms: u64,
    /// The longest time between two claims of a worker without jobs.
    #[validate(range(min = 10, max = 60_000))]
    pub poll_ms: u64,
    /// How often the sweeps of each account are enqueued; 0 enqueues none. Without sweeps no session expires, nothing old is
    /// removed, and no record of the audit log is sealed; searches still find new sessions.
    #[validate(range(max = 86_400))]
    pub sweep_seconds: u64,
    /// How long running jobs may go on after the process was told to stop. Then they go back to the queue.
    #[validate(range(max = 600))]
    pub grace_seconds: u64,
    /// For how many days jobs are kept after their end.
    #[validate(range(min = 1, max = 36_500))]
    pub retention_days: u64,
    /// For how many days deleted sessions are kept, and access tokens that have expired.
    #[validate(range(min = 1, max = 36_500))]
    pub deleted_retention_days: u64,
}

/// How the jobs API answers where its document and the original service differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum JobsCompatName {
    /// As documented.
    #[serde(rename = "documented")]
    Documented,
    /// Like release 1.26.
    #[serde(rename = "1.26")]
    Release126,
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

impl Config {
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

    /// The compatibility mode of the jobs API.
    pub fn jobs_compat(&self) -> JobsCompat {
        match self.jobs.compat {
            JobsCompatName::Documented => JobsCompat::Documented,
            JobsCompatName::Release126 => JobsCompat::Release126,
        }
    }
}

/// `1.26` without quotes is read as a number, from a TOML file and from the environment.
impl<'de> Deserialize<'de> for JobsCompatName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl Visitor<'_> for Name {
            type Value = JobsCompatName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("documented or 1.26")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                match name {
                    "documented" => Ok(JobsCompatName::Documented),
                    "1.26" => Ok(JobsCompatName::Release126),
                    other => Err(E::unknown_variant(other, &["documented", "1.26"])),
                }
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                self.visit_str(&number.to_string())
            }
        }

        deserializer.deserialize_any(Name)
    }
}
