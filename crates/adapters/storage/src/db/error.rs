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
        let conflict = match &error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => conflict(info.as_ref()),
            // A coordinator hands the rows of `INSERT … SELECT` on to shards, and repeats what a shard says without its code.
            Error::DatabaseError(DatabaseErrorKind::Unknown, info) if kind == FailureKind::Permanent => conflict(info.as_ref()),
            _ => None,
        };
        match (conflict, kind) {
            (Some(conflict), _) => Self::Conflict(conflict),
            (None, FailureKind::Transient(reason) | FailureKind::ConnectionLost(reason)) => {
                Self::Unavailable(Unavailable { reason, source: Some(Box::new(error)) })
            }
            (None, FailureKind::Permanent | FailureKind::StaleStatement) => Self::Other(Box::new(error)),
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

#[cfg(test)]
mod tests {
    use derslik_ports::outbound::Conflict;
    use diesel::result::DatabaseErrorInformation;

    use super::*;

    /// What a coordinator of shards reports: the sentences of the shard, and nothing else.
    struct Repeated {
        message: &'static str,
        details: &'static str,
    }

    impl DatabaseErrorInformation for Repeated {
        fn message(&self) -> &str {
            self.message
        }

        fn details(&self) -> Option<&str> {
            Some(self.details)
        }

        fn hint(&self) -> Option<&str> {
            None
        }

        fn table_name(&self) -> Option<&str> {
            None
        }

        fn column_name(&self) -> Option<&str> {
            None
        }

        fn constraint_name(&self) -> Option<&str> {
            None
        }

        fn statement_position(&self) -> Option<i32> {
            None
        }
    }

    fn repeated(message: &'static str, details: &'static str) -> StoreError {
        Failure::new(Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(Repeated { message, details })), None).into()
    }

    #[test]
    fn a_broken_key_of_a_shard_is_a_conflict_without_its_code() {
        let message = "duplicate key value violates unique constraint \"sessions_pkey_102008\"";
        let error = repeated(message, "Key (account_id, guid)=(1, 0001) already exists.");
        assert!(matches!(error, StoreError::Conflict(Conflict::Session)), "{error:?}");
    }

    #[test]
    fn a_broken_reference_of_a_shard_is_not_a_conflict() {
        let message =
            "insert or update on table \"courses_102009\" violates foreign key constraint \"courses_account_id_owner_id_fkey_102009\"";
        let error = repeated(message, "Key (account_id, owner_id)=(1, 2) is not present in table \"principals_102001\".");
        assert!(matches!(error, StoreError::Other(_)), "{error:?}");
    }
}
