//! A PostgreSQL for tests: a private cluster, or the server behind `TEST_DATABASE_URL`, with a fresh database per test.
//!
//! This module must not know the schema: a [`Template`] brings the content of a new database.
//!
//! A private cluster can't outlive its owner. A watchdog in a separate process group stops it and removes its folder as soon
//! as the owning process has ended, whether that returned, panicked or was killed.

mod account;
mod binaries;
mod cluster;
mod database;
mod error;
mod tls;
mod url;

use std::sync::{Mutex, PoisonError};

use rustix::process::Signal;

pub use self::database::{Template, TestDatabase};
pub use self::error::PostgresError;
pub use self::tls::ServerTls;

use self::cluster::Cluster;
use self::url::ServerUrl;

/// The environment variable that names a running server to use instead of a private cluster. Its password must not be a known one,
/// such as `postgres`, or starts in profile `production` refuse it.
pub const TEST_DATABASE_URL: &str = "TEST_DATABASE_URL";

/// The environment variable that names files of SQL, with colons between them. Each template runs them after its migration, one after the
/// other in one session, unless it has scripts of its own.
pub const TEST_TEMPLATE_SQL: &str = "TEST_TEMPLATE_SQL";

/// The environment variable that names a file of SQL which empties a database. Tests then take turns on the database of
/// `TEST_DATABASE_URL` itself, which has its tables already, and make none. It is for servers that can't copy a database, such as clusters.
pub const TEST_DATABASE_RESET: &str = "TEST_DATABASE_RESET";

/// How much a private cluster does for rows to survive a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Never waits for the disk. For tests of correctness.
    Fast,
    /// The server's own defaults. For crash tests and benchmarks.
    Durable,
}

/// A server to create databases on; a private cluster ends when this is dropped.
#[derive(Debug)]
pub struct PostgresServer {
    url: ServerUrl,
    cluster: Option<Cluster>,
}

impl PostgresServer {
    /// Starts a private cluster, and ignores `TEST_DATABASE_URL`.
    ///
    /// The programs are looked for in `$PG_BIN`, the newest `/usr/lib/postgresql/*/bin`, `$PATH` and
    /// `$TEST_PG_BIN`, in this order. PostgreSQL refuses to run as root: then the cluster belongs to the user
    /// `postgres`, or else to the standard unprivileged user.
    ///
    /// # Errors
    ///
    /// [`PostgresError`] when no PostgreSQL is installed or the cluster does not start; its text says what to do.
    pub fn start(durability: Durability) -> Result<Self, PostgresError> {
        let cluster = Cluster::start(durability, None, None)?;
        Ok(Self { url: ServerUrl::local(cluster.port()), cluster: Some(cluster) })
    }

    /// As [`start`](Self::start), with messages in another language, such as `de`. Where the server's programs have no
    /// translation its messages are in English.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_in(language: &'static str) -> Result<Self, PostgresError> {
        let cluster = Cluster::start(Durability::Fast, Some(language), None)?;
        Ok(Self { url: ServerUrl::local(cluster.port()), cluster: Some(cluster) })
    }

    /// As [`start`](Self::start), and the server also takes connections with TLS. The URLs of this value are without it.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with_tls(durability: Durability, tls: &ServerTls) -> Result<Self, PostgresError> {
        let cluster = Cluster::start(durability, None, Some(tls))?;
        Ok(Self { url: ServerUrl::local(cluster.port()), cluster: Some(cluster) })
    }

    /// Stops all processes of a private cluster with SIGSTOP: it answers nothing and closes no connection until the returned guard
    /// is dropped.
    ///
    /// # Errors
    ///
    /// [`PostgresError::NotOurs`] for the server behind `TEST_DATABASE_URL`, [`PostgresError::Io`] when it is not running.
    pub fn freeze(&self) -> Result<Frozen<'_>, PostgresError> {
        let cluster = self.cluster.as_ref().ok_or(PostgresError::NotOurs)?;
        let frozen = Frozen(cluster);
        cluster.signal(Signal::STOP)?;
        Ok(frozen)
    }

    /// The server behind `TEST_DATABASE_URL`, or a private cluster with [`Durability::Fast`] when that is not set.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and [`PostgresError::Url`] when the variable does not hold a `postgres://` URL.
    pub fn connect_or_start() -> Result<Self, PostgresError> {
        match variable(TEST_DATABASE_URL) {
            Some(url) => Ok(Self { url: ServerUrl::parse(&url)?, cluster: None }),
            None => Self::start(Durability::Fast),
        }
    }

    /// One [`connect_or_start`](Self::connect_or_start) server for all tests of this process.
    ///
    /// # Errors
    ///
    /// As [`connect_or_start`](Self::connect_or_start); a failed start is tried again by the next caller.
    pub fn shared() -> Result<&'static Self, PostgresError> {
        static SHARED: Mutex<Option<&'static PostgresServer>> = Mutex::new(None);
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = *shared {
            return Ok(server);
        }
        // Statics are never dropped; the watchdog ends a leaked cluster together with the process.
        let server: &'static Self = Box::leak(Box::new(Self::connect_or_start()?));
        *shared = Some(server);
        Ok(server)
    }

    /// The URL of a database on this server.
    pub fn url(&self, database: &str) -> String {
        self.url.with_database(database)
    }

    /// The URL of the database that is always there: `postgres` on a private cluster.
    pub fn maintenance_url(&self) -> String {
        self.url.maintenance()
    }

    /// Creates a database with a unique name as a copy of the template. The first caller on a server makes the template,
    /// also if several processes call at once. With `TEST_DATABASE_RESET` it is the turn of the caller on the one database.
    ///
    /// # Errors
    ///
    /// [`PostgresError`] when the server can't be reached, refuses, or the template's migration fails.
    pub fn create_database(&self, template: &Template) -> Result<TestDatabase, PostgresError> {
        TestDatabase::create(&self.url, template)
    }

    /// Ends a private cluster as a crash would: no checkpoint, all connections cut.
    ///
    /// # Errors
    ///
    /// [`PostgresError::NotOurs`] for the server behind `TEST_DATABASE_URL`, [`PostgresError::Command`] when it is
    /// not running.
    pub fn stop_immediate(&self) -> Result<(), PostgresError> {
        self.cluster.as_ref().ok_or(PostgresError::NotOurs)?.stop_immediate()
    }

    /// Starts a private cluster again on the same port, after an orderly stop if it runs; returns when it accepts
    /// connections.
    ///
    /// # Errors
    ///
    /// [`PostgresError::NotOurs`] for the server behind `TEST_DATABASE_URL`, [`PostgresError::Command`] when it does
    /// not come up.
    pub fn restart(&self) -> Result<(), PostgresError> {
        self.cluster.as_ref().ok_or(PostgresError::NotOurs)?.restart()
    }
}

/// A cluster whose processes are stopped. Dropping this lets them go on.
#[derive(Debug)]
pub struct Frozen<'s>(&'s Cluster);

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        // A cluster that has ended needs no signal.
        self.0.signal(Signal::CONT).ok();
    }
}

#[expect(clippy::disallowed_methods, reason = "the environment of the tests names the server")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
