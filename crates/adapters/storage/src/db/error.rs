//! Turns failures of diesel into errors of the ports.

use derslik_ports::outbound::{Reason, StoreError, Unavailable};
use diesel::result::{DatabaseErrorKind, Error};

use super::conflict::conflict;
use super::postgres::{FailureKind, PgControl};
use super::sqlite::reason_of;

/// A failure of diesel, and its kind by the code of the server.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Error,
    kind: FailureKind,
}

impl Failure {
    /// A failure on a connection. A connection to SQLite has no `control`.
    pub(crate) fn new(error: Error, control: Option<&PgControl>) -> Self {
        let error = match error {
            // The transaction is over in either case. The failure of the commit is the cause.
            Error::RollbackErrorOnCommit { commit_error, .. } => *commit_error,
            other => other,
        };
        let kind = match control {
            Some(control) => Self::kind_on_server(&error, control),
            None if matches!(error, Error::BrokenTransactionManager) => FailureKind::ConnectionLost(Reason::Unreachable),
            None => reason_of(&error).map_or(FailureKind::Permanent, FailureKind::Transient),
        };
        Self { error, kind }
    }

    fn kind_on_server(error: &Error, control: &PgControl) -> FailureKind {
        let (code, is_cut) = (control.take_code(), control.is_cut());
        match (error, code) {
            _ if is_cut => FailureKind::ConnectionLost(Reason::TimedOut),
            (Error::DatabaseError(..), Some(code)) => code.failure_kind(),
            _ if is_connection_lost(error) => FailureKind::ConnectionLost(Reason::Unreachable),
            _ => FailureKind::Permanent,
        }
    }

    /// Whether another connection holds a lock.
    pub(crate) fn is_locked(&self) -> bool {
        self.kind == FailureKind::Transient(Reason::Locked)
    }

    /// Whether the same request fails again, on each connection.
    pub(crate) fn is_permanent(&self) -> bool {
        self.kind == FailureKind::Permanent
    }

    /// Whether the connection can't be used any more. The same query may succeed on another connection.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.kind, FailureKind::ConnectionLost(_) | FailureKind::StaleStatement)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let Failure { error, kind } = failure;
        match (&error, kind) {
            (Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info), _) => match conflict(info.as_ref()) {
                Some(conflict) => Self::Conflict(conflict),
                None => Self::Other(Box::new(error)),
            },
            (_, FailureKind::Transient(reason) | FailureKind::ConnectionLost(reason)) => {
                Self::Unavailable(Unavailable { reason, source: Some(Box::new(error)) })
            }
            (_, FailureKind::Permanent | FailureKind::StaleStatement) => Self::Other(Box::new(error)),
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
