//! Why a store failed, in words that fit every database.

/// Why a store failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database is away, or too busy to answer in time. The same request may succeed later.
    #[error("the database is not available")]
    Unavailable(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// Something that must be unique is taken.
    #[error("{0} is taken")]
    Conflict(Conflict),
    /// A stored row breaks the rules of the domain, which only another program can have caused.
    #[error("table {table} holds a row that breaks the rules: {column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column whose value can't be.
        column: &'static str,
    },
    /// Any other failure of the database: a fault of ours.
    #[error("the database refused a statement")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Something of which there can be one only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conflict {
    /// The id or the name of an account.
    Account,
    /// The id of a principal within its account.
    Principal,
    /// The public part of a credential within its kind.
    Credential,
    /// The GUID of a session within its account.
    Session,
    /// A live job of the same project, action and reference.
    LiveJob,
    /// The key of a project within its account.
    ProjectKey,
    /// The name of a project within its account, whatever its case.
    ProjectName,
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::Principal => "principal",
            Self::Credential => "credential",
            Self::Session => "session",
            Self::LiveJob => "live job",
            Self::ProjectKey => "project key",
            Self::ProjectName => "project name",
        })
    }
}
