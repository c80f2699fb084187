//! Why a connection could not be made.

use std::io::ErrorKind;
use std::path::PathBuf;

use derslik_ports::outbound::{Reason, StoreError, Unavailable};
use diesel::ConnectionError;

use super::postgres::{SqlState, TlsError};
use super::sqlite::reason_of;

/// The kind of reason for which no connection to a database can be made. Each kind has another way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectCause {
    /// The server asks for a password, and the set-up has none.
    NoPassword,
    /// The server refuses the password.
    WrongPassword,
    /// The server refuses the role, from this address and with this encryption.
    RoleRefused,
    /// The server has no database of that name.
    NoSuchDatabase,
    /// The connection can't have the TLS that the URL asks for. The text of the error names the way out.
    Tls,
    /// Nothing listens at the address.
    NothingListens,
    /// The server gives another answer, which tells the reason.
    Refused,
    /// The SQLite file can't be opened.
    File,
    /// Any other reason, such as no answer at all.
    Other,
}

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("no answer in time")]
    TimedOut,
    #[error("the server is not one of the kind that target_session_attrs asks for")]
    Unwanted,
    #[error("the parameter {0} can't be used")]
    Parameter(String),
    #[error("the server answers with code {0}")]
    Code(SqlState, #[source] Box<ConnectError>),
    #[error("no connection")]
    Dial(#[source] std::io::Error),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Protocol(tokio_postgres::Error),
    #[error(transparent)]
    Connect(#[from] ConnectionError),
    #[error(transparent)]
    Prepare(#[from] diesel::result::Error),
    #[error("cannot create the folder {}", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    #[error(transparent)]
    Limit(#[from] derslik_sqlite_limit::Refused),
}

impl ConnectError {
    /// The same error with the code of the server, if it gave one.
    pub(crate) fn with(self, code: Option<SqlState>) -> Self {
        match code {
            Some(code) => Self::Code(code, Box::new(self)),
            None => self,
        }
    }

    /// The error and all its causes, in one line.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }

    /// The kind of reason, by which an operator finds the way out.
    pub(crate) fn cause(&self) -> ConnectCause {
        match self {
            Self::Code(code, _) if code.is(*b"28P01") => ConnectCause::WrongPassword,
            Self::Code(code, _) if code.is(*b"28000") => ConnectCause::RoleRefused,
            Self::Code(code, _) if code.is(*b"3D000") => ConnectCause::NoSuchDatabase,
            Self::Code(..) => ConnectCause::Refused,
            Self::Tls(_) => ConnectCause::Tls,
            // The library has no kind of error for it.
            Self::Protocol(_) if self.chain().contains("password missing") => ConnectCause::NoPassword,
            Self::Dial(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound) => ConnectCause::NothingListens,
            Self::Folder(..) => ConnectCause::File,
            Self::TimedOut
            | Self::Unwanted
            | Self::Parameter(_)
            | Self::Dial(_)
            | Self::Protocol(_)
            | Self::Connect(_)
            | Self::Prepare(_)
            | Self::Limit(_) => ConnectCause::Other,
        }
    }

    fn reason(&self) -> Reason {
        match self {
            Self::Code(code, _) => code.refusal(),
            Self::Unwanted => Reason::ReadOnly,
            Self::Parameter(_) | Self::Limit(_) => Reason::Refused,
            Self::Tls(error) if error.is_lasting() => Reason::Refused,
            Self::Protocol(error) if error.to_string().contains("configuration") => Reason::Refused,
            Self::TimedOut | Self::Dial(_) | Self::Tls(_) | Self::Protocol(_) | Self::Connect(_) | Self::Folder(..) => Reason::Unreachable,
            Self::Prepare(error) => reason_of(error).unwrap_or(Reason::Unreachable),
        }
    }
}

impl From<ConnectError> for StoreError {
    fn from(error: ConnectError) -> Self {
        Self::Unavailable(Unavailable { reason: error.reason(), source: Some(Box::new(error)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_reason_is_known_by_the_code_or_by_the_socket() {
        let of = |code: &[u8; 5]| ConnectError::TimedOut.with(Some(SqlState::new(*code))).cause();
        assert_eq!([of(b"28P01"), of(b"28000")], [ConnectCause::WrongPassword, ConnectCause::RoleRefused]);
        assert_eq!([of(b"3D000"), of(b"53300")], [ConnectCause::NoSuchDatabase, ConnectCause::Refused]);
        let dial = |kind: ErrorKind| ConnectError::Dial(kind.into()).cause();
        assert_eq!(dial(ErrorKind::ConnectionRefused), ConnectCause::NothingListens);
        assert_eq!([dial(ErrorKind::HostUnreachable), ConnectError::TimedOut.cause()], [ConnectCause::Other; 2]);
        assert_eq!(ConnectError::Tls(TlsError::Mode).cause(), ConnectCause::Tls);
    }
}
