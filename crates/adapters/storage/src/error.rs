//! Failures of diesel in the words of the ports.

use derslik_ports::outbound::StoreError;
use diesel::result::{DatabaseErrorKind, Error};

use crate::conflict::conflict;

/// Parts of messages that tell of a dead connection. Neither library passes on the code of an error, but both word these
/// in English whatever the locale of the client.
const LOST: [&str; 9] = [
    "server closed the connection",
    "terminating connection",
    "connection not open",
    "no connection to the server",
    "could not connect",
    "connection to server",
    "could not receive data",
    "could not send data",
    "the database system is",
];

/// What SQLite says where somebody else writes.
const LOCKED: &str = "database is locked";

/// Parts of messages that tell of a database that can't answer now, on a connection that is alive.
const BUSY: [&str; 8] = [
    "statement timeout",
    "lock timeout",
    "deadlock detected",
    "too many clients",
    "remaining connection slots",
    LOCKED,
    "database or disk is full",
    "disk I/O error",
];

/// The words of the ports for a failure of diesel's.
pub(crate) fn store_error(error: Error) -> StoreError {
    let error = match error {
        // The transaction is gone all the same, and what failed the commit is what counts.
        Error::RollbackErrorOnCommit { commit_error, .. } => *commit_error,
        other => other,
    };
    match &error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => match conflict(info.as_ref()) {
            Some(conflict) => StoreError::Conflict(conflict),
            None => StoreError::Other(Box::new(error)),
        },
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => StoreError::Unavailable(Some(Box::new(error))),
        _ if is_connection_lost(&error) || says(&error, &BUSY) => StoreError::Unavailable(Some(Box::new(error))),
        _ => StoreError::Other(Box::new(error)),
    }
}

/// Whether the connection is of no use any more, so that the same query may succeed on another.
pub(crate) fn is_connection_lost(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection, _)
        | Error::BrokenTransactionManager => true,
        _ => says(error, &LOST),
    }
}

/// Whether another connection to SQLite is in the way.
pub(crate) fn is_locked(error: &Error) -> bool {
    says(error, &[LOCKED])
}

fn says(error: &Error, parts: &[&str]) -> bool {
    match error {
        Error::DatabaseError(_, info) => parts.iter().any(|part| info.message().contains(part)),
        _ => false,
    }
}
