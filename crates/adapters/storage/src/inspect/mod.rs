//! Facts about a database, for an operator who looks for a fault: the server, the rights of the role, the schema and a little of the
//! content. It changes nothing, and it does not tell whether a fact is good or bad.

mod content;
mod postgres;
mod sqlite;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use derslik_domain::id::{AccountId, JobId};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::Clock;

use crate::clock::ClockDifference;
use crate::db::connect_error::{ConnectCause, ConnectError};
use crate::db::url::DatabaseUrl;
use crate::rekey::KeyTwin;
use crate::upgrade::SchemaState;

/// A fact, or why it could not be read. Each fact is read by itself, so that one failure hides no other fact.
pub type Fact<T> = Result<T, Unread>;

/// Why a fact could not be read, as one line without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread(String);

impl Unread {
    /// Why something could not be read.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// The error and all its causes, in one line. A cause that only repeats the text before it is left out.
    pub(crate) fn of(error: &dyn Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let next = error.to_string();
            if !text.ends_with(&next) {
                text = format!("{text}: {next}");
            }
            cause = error.source();
        }
        Self(text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Unread {}

/// Why a database can't be inspected at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotInspected {
    /// The kind of the reason.
    pub cause: ConnectCause,
    /// The reason, as one line without secrets.
    pub reason: Unread,
}

impl From<ConnectError> for NotInspected {
    fn from(error: ConnectError) -> Self {
        Self { cause: error.cause(), reason: Unread::of(&error) }
    }
}

/// Facts about a database.
#[derive(Debug, Clone)]
pub enum Inspection {
    /// A PostgreSQL server.
    Postgres(Box<PostgresFacts>),
    /// An SQLite file that exists.
    Sqlite(Box<SqliteFacts>),
    /// The SQLite file does not exist.
    NoFile,
}

/// Facts about a PostgreSQL server, as its role sees them.
#[derive(Debug, Clone)]
pub struct PostgresFacts {
    /// The server and the database.
    pub server: Fact<ServerFacts>,
    /// The values of server settings for this role and database, by their names. In the units of `pg_settings`.
    pub settings: Fact<BTreeMap<String, String>>,
    /// The role and its rights.
    pub role: Fact<RoleFacts>,
    /// The way to the server.
    pub link: Fact<LinkFacts>,
    /// Whether something between here and the server gives one server connection to several clients in turn.
    pub is_shared: Fact<bool>,
    /// How far the clock of the server is from ours.
    pub clock: Fact<ClockDifference>,
    /// The schema and the content.
    pub content: ContentFacts,
}

/// Facts about a server and the database on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// The version as a number: 150004 for 15.4.
    pub version: u32,
    /// The version as the server writes it.
    pub version_text: String,
    /// The encoding of the database, such as `UTF8`.
    pub encoding: String,
    /// The collation of the database, such as `C.UTF-8`.
    pub collation: String,
    /// The version of the collation when the database was made, and the present one. `None` if it has no version, or the server is
    /// older than version 15.
    pub collation_versions: Option<(String, String)>,
    /// The time zone of the server, which changes nothing for Derslik: all instants are absolute.
    pub time_zone: String,
    /// Whether the server is a standby, which takes no writes.
    pub is_standby: bool,
    /// The most connections to this database. `None` means unlimited.
    pub connection_limit: Option<u32>,
}

/// The way to a server, as the server sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkFacts {
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
    /// Where the client is.
    pub network: Network,
}

/// The network of the client of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// The machine of the server.
    Local,
    /// A network with private addresses.
    Private,
    /// Any other one.
    Public,
}

/// A role, and the rights that it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleFacts {
    /// Its name.
    pub name: String,
    /// Whether it may do anything.
    pub is_superuser: bool,
    /// The most connections of this role. `None` means unlimited.
    pub connection_limit: Option<u32>,
    /// Up to ten tables and sequences that it may not read and write.
    pub lacking: Vec<String>,
}

/// Facts about an SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteFacts {
    /// The version of SQLite, which is part of the program.
    pub version: Fact<String>,
    /// The journal mode that the file has, such as `wal`.
    pub journal_mode: Fact<String>,
    /// The size of the write-ahead log, in bytes.
    pub log_bytes: u64,
    /// The result of `PRAGMA quick_check`.
    pub integrity: Fact<Integrity>,
    /// The schema and the content.
    pub content: ContentFacts,
}

/// Whether the pages of an SQLite file fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integrity {
    /// All of them do.
    Whole,
    /// They do not: up to five lines of SQLite about it.
    Damaged(Vec<String>),
    /// The time ran out first.
    NotFinished,
}

/// A job that is due and that no worker has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingJob {
    /// The account.
    pub account: AccountId,
    /// Its id within the account.
    pub id: JobId,
    /// The stored name of its action, which may be that of a newer program.
    pub action: String,
    /// When it became due.
    pub due: Timestamp,
}

/// Facts about the schema and the content of a database.
#[derive(Debug, Clone)]
pub struct ContentFacts {
    /// The state of the schema.
    pub schema: Fact<SchemaState>,
    /// The rows that keep a key by an old rule, because another row has the key that they should have. Of a current schema only.
    pub twins: Vec<KeyTwin>,
    /// Up to ten names of accounts that differ from the name of another account by capitals only. Of a current schema only.
    pub similar_accounts: Fact<Vec<String>>,
    /// The due job that has waited longest. Of a current schema only.
    pub oldest_due: Fact<Option<WaitingJob>>,
}

impl DatabaseUrl {
    /// Reads the facts, and changes nothing. It blocks the thread for about `limit` at the longest; a thread that runs async tasks
    /// must not call it. `clock` is compared with the clock of the server.
    ///
    /// # Errors
    /// [`NotInspected`] if no connection can be made.
    pub fn inspect(&self, clock: &dyn Clock, limit: Duration) -> Result<Inspection, NotInspected> {
        match self {
            Self::Postgres(url) => postgres::inspect(url, clock, limit).map(|facts| Inspection::Postgres(Box::new(facts))),
            Self::Sqlite(path) if !path.exists() => Ok(Inspection::NoFile),
            Self::Sqlite(path) => sqlite::inspect(path, clock, limit)
                .map(|facts| Inspection::Sqlite(Box::new(facts)))
                .map_err(|reason| NotInspected { cause: ConnectCause::File, reason }),
        }
    }

    /// Reads the files of certificates and keys that the URL names, as a connection would. Nothing is sent.
    ///
    /// # Errors
    /// [`Unread`] with the file that can't be read or used.
    pub fn check_files(&self) -> Fact<()> {
        match self {
            Self::Postgres(url) => postgres::check_files(url),
            Self::Sqlite(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_that_repeats_nothing() {
        let error = ConnectError::Dial(std::io::Error::other("refused\n  by the peer"));
        assert_eq!(Unread::of(&error).to_string(), "no connection: refused, by the peer");
    }
}
