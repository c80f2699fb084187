//! The errors of the PostgreSQL for tests. This module must not know how the steps are done.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use diesel::ConnectionError;
use thiserror::Error;

/// Why there is no PostgreSQL, or no database on it. The text says how to fix it.
#[derive(Debug, Error)]
pub enum PostgresError {
    /// None of the searched places has the server programs.
    #[error(
        "no PostgreSQL found (looked in {searched}): install one (Debian: apt-get install postgresql), name the folder \
         of initdb in PG_BIN, or name a running server in TEST_DATABASE_URL"
    )]
    NotInstalled {
        /// The places, in the order of the search.
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
        /// The unreachable program.
        program: PathBuf,
    },
    /// A file or process operation failed.
    #[error("cannot {action}: {source}")]
    Io {
        /// The operation that failed.
        action: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// A program of PostgreSQL failed.
    #[error("{program} failed ({status}): {output}")]
    Command {
        /// The program.
        program: PathBuf,
        /// The exit status of the program.
        status: ExitStatus,
        /// The output of the program, and the end of the server's log.
        output: String,
    },
    /// `TEST_DATABASE_URL` does not hold a `postgres://` URL.
    #[error("TEST_DATABASE_URL must look like postgres://user:password@host:port/database")]
    Url,
    /// Only a private cluster can be stopped and started.
    #[error("the server behind TEST_DATABASE_URL can't be stopped or started: it is not a private cluster")]
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
    /// For `map_err`: adds the operation that failed.
    pub(super) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}
