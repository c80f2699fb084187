//! Why a connection could not be made.

use std::path::PathBuf;

use derslik_ports::outbound::{Reason, StoreError, Unavailable};
use diesel::ConnectionError;

use super::postgres::{SqlState, TlsError};
use super::sqlite::reason_of;

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
