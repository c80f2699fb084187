//! What can go wrong around a PostgreSQL for tests; it must not know how the steps are done.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use diesel::ConnectionError;
use thiserror::Error;

/// Why there is no PostgreSQL, or no database on it; the text says what to do about it.
#[derive(Debug, Error)]
pub enum PostgresError {
    /// No place holds the server programs.
    #[error(
        "no PostgreSQL found (looked in {searched}): install one (Debian: apt-get install postgresql), name the folder \
         of initdb in PG_BIN, or name a running server in TEST_DATABASE_URL"
    )]
    NotInstalled {
        /// The places, in the order they were looked at.
        searched: String,
    },
    /// The process runs as root and there is no user to run the server as.
    #[error("PostgreSQL refuses to run as root, and there is no user postgres or nobody in /etc/passwd to run it as")]
    NoUnprivilegedUser,
    /// The user that runs the server can't reach its programs.
    #[error("the user {user} may not enter the folders above {program}: name a PostgreSQL in PG_BIN that every user can read")]
    Unreachable {
        /// The user the server would run as.
        user: String,
        /// The program out of reach.
        program: PathBuf,
    },
    /// A file or process operation failed.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A program of PostgreSQL failed.
    #[error("{program} failed ({status}): {output}")]
    Command {
        /// The program.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// What it printed, and the end of the server's log.
        output: String,
    },
    /// `TEST_DATABASE_URL` has another form.
    #[error("TEST_DATABASE_URL must look like postgres://user:password@host:port/database")]
    Url,
    /// Only a private cluster can be stopped and started.
    #[error("the server behind TEST_DATABASE_URL is not ours to stop or start")]
    NotOurs,
    /// The server can't be reached.
    #[error("cannot connect to PostgreSQL: {0}")]
    Connect(#[from] ConnectionError),
    /// A statement failed.
    #[error("PostgreSQL refused a statement: {0}")]
    Statement(#[from] diesel::result::Error),
    /// The caller's migration of a template failed.
    #[error("the template database could not be migrated: {0}")]
    Migration(#[source] Box<dyn Error + Send + Sync>),
}

impl PostgresError {
    /// For `map_err`: names what was tried.
    pub(super) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}
