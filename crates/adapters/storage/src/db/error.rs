//! Turns failures of diesel into errors of the ports.

use derslik_ports::outbound::{Reason, StoreError, Unavailable};
use diesel::result::{DatabaseErrorKind, Error};

use crate::db::conflict::conflict;
use crate::db::postgres::{Meaning, Talk};

/// The text of SQLite when another connection writes.
const LOCKED: &str = "database is locked";

/// Parts of the texts of SQLite for a database that can't answer now. Diesel does not pass on the codes, but the texts are the
/// same in every language.
const TEXTS_OF_SQLITE: [(&str, Reason); 8] = [
    (LOCKED, Reason::Locked),
    ("table is locked", Reason::Locked),
    ("interrupted", Reason::TimedOut),
    ("database or disk is full", Reason::DiskFull),
    ("disk I/O error", Reason::DiskFails),
    ("attempt to write a readonly database", Reason::ReadOnly),
    ("out of memory", Reason::OutOfMemory),
    ("unable to open database file", Reason::Unreachable),
];

/// A failure of diesel, and its meaning by the code of the server.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Error,
    meaning: Meaning,
}

impl Failure {
    pub(crate) fn new(error: Error, talk: Option<&Talk>) -> Self {
        let error = match error {
            // The transaction is over in either case. The failure of the commit is the cause.
            Error::RollbackErrorOnCommit { commit_error, .. } => *commit_error,
            other => other,
        };
        let meaning = match talk {
            Some(talk) => Self::meaning_on_server(&error, talk),
            None if matches!(error, Error::BrokenTransactionManager) => Meaning::Lost(Reason::Unreachable),
            None => Self::reason_of_text(&error).map_or(Meaning::Fault, Meaning::Away),
        };
        Self { error, meaning }
    }

    fn meaning_on_server(error: &Error, talk: &Talk) -> Meaning {
        let (code, is_cut) = (talk.take_code(), talk.is_cut());
        match (error, code) {
            _ if is_cut => Meaning::Lost(Reason::TimedOut),
            (Error::DatabaseError(..), Some(code)) => code.meaning(),
            _ if is_connection_lost(error) => Meaning::Lost(Reason::Unreachable),
            _ => Meaning::Fault,
        }
    }

    /// The reason that a text of SQLite stands for.
    pub(crate) fn reason_of_text(error: &Error) -> Option<Reason> {
        let Error::DatabaseError(_, info) = error else { return None };
        TEXTS_OF_SQLITE.iter().find(|(text, _)| info.message().contains(text)).map(|(_, reason)| *reason)
    }

    /// Whether another connection holds a lock.
    pub(crate) fn is_locked(&self) -> bool {
        self.meaning == Meaning::Away(Reason::Locked)
    }

    /// Whether the connection can't be used any more. The same query may succeed on another connection.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.meaning, Meaning::Lost(_) | Meaning::Stale)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let error = failure.error;
        match (&error, failure.meaning) {
            (Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info), _) => match conflict(info.as_ref()) {
                Some(conflict) => Self::Conflict(conflict),
                None => Self::Other(Box::new(error)),
            },
            (_, Meaning::Away(reason) | Meaning::Lost(reason)) => Self::Unavailable(Unavailable { reason, source: Some(Box::new(error)) }),
            (_, Meaning::Fault | Meaning::Stale) => Self::Other(Box::new(error)),
        }
    }
}

/// Whether the connection has ended.
pub(crate) fn is_connection_lost(error: &Error) -> bool {
    match error {
        Error::DatabaseError(kind, _) => matches!(kind, DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection),
        error => matches!(error, Error::BrokenTransactionManager),
    }
}

/// Whether another connection of SQLite holds the lock.
pub(crate) fn is_locked(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(_, info) if info.message().contains(LOCKED))
}
