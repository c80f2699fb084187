//! The settings of the connections to the database.

use std::time::Duration;

use anyhow::{Context, bail};
use derslik_storage::{DatabaseUrl, PoolSettings};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::password::{check_password, with_password};
use super::{Config, Secret};

/// The connections to the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// The password of the role, if `database_url` has none. PostgreSQL only; a [secret](#secrets).
    pub password: Option<Secret>,
    /// The most connections to PostgreSQL for units of work, or readers of SQLite (which has one writer besides). One account
    /// holds all but one of them at the most. Up to six more connections, opened as needed, serve lookups. On PostgreSQL up to
    /// two more write changes of courses, one listens for jobs, and one tells whether the database answers.
    #[validate(range(min = 1, max = 1_000))]
    pub connections: u32,
    /// How long a request waits for a connection before it is answered 503.
    #[validate(range(min = 10, max = 60_000))]
    pub acquire_timeout_ms: u64,
    /// How long opening a new connection may take.
    #[validate(range(min = 10, max = 60_000))]
    pub connect_timeout_ms: u64,
    /// How long a statement may run. All statements of one request together, with the wait for a connection, may take half a
    /// second more; then the request is answered 503.
    #[validate(range(min = 100, max = 600_000))]
    pub statement_timeout_ms: u64,
    /// How long a statement may wait for a lock.
    #[validate(range(min = 10, max = 60_000))]
    pub lock_timeout_ms: u64,
    /// Whether SQLite waits for the disk before a write is acknowledged. If it does not, a power cut may lose the last writes.
    pub sqlite_full_sync: bool,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        let settings = PoolSettings::default();
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            password: None,
            connections: settings.connections,
            acquire_timeout_ms: millis(settings.acquire_timeout),
            connect_timeout_ms: millis(settings.connect_timeout),
            statement_timeout_ms: millis(settings.statement_timeout),
            lock_timeout_ms: millis(settings.lock_timeout),
            sqlite_full_sync: settings.sqlite_full_sync,
        }
    }
}

impl DatabaseConfig {
    /// Checks the password, if there is one.
    ///
    /// # Errors
    /// If it is empty, or can't be sent.
    pub(super) fn check_password(&self) -> anyhow::Result<()> {
        self.password.as_ref().map_or(Ok(()), |password| check_password(password.reveal()))
    }
}

impl Config {
    /// The database.
    ///
    /// # Errors
    /// If the URL can't be used.
    pub fn database(&self) -> anyhow::Result<DatabaseUrl> {
        let (url, password) = (self.database_url.as_ref().map(Secret::reveal), self.database.password.as_ref().map(Secret::reveal));
        match (url, password) {
            (Some(""), _) => bail!("database_url is empty: name a database as postgres://… or sqlite://path"),
            (Some(url), None) => url.parse().context("database_url"),
            (Some(url), Some(password)) => with_password(url, password),
            (None, Some(_)) => bail!("database.password is the password of a PostgreSQL server: name that server with database_url"),
            (None, None) => Ok(DatabaseUrl::Sqlite(self.data_dir.join("derslik.sqlite"))),
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
}
