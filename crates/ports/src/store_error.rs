//! Why a store failed, independent of the database.

/// Why a store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is unreachable, or too busy to answer in time. The same request may succeed later.
    #[error("the database is not available")]
    Unavailable(#[source] Unavailable),
    /// A value that must be unique is taken.
    #[error("{0} is taken")]
    Conflict(Conflict),
    /// A stored row breaks a rule of the domain. Only another program can have written it.
    #[error("table {table} holds a row that breaks the rules: {column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column with the invalid value.
        column: &'static str,
    },
    /// Any other failure of the database: a fault of this program.
    #[error("the database refused a statement")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a database can't answer now, with the error underneath.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Unavailable {
    /// The reason.
    pub reason: Reason,
    /// The error underneath, if there is one.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Why a database can't answer now. The same request may succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No connection became free in time.
    Crowded,
    /// No server answers, or the connection broke.
    Unreachable,
    /// The server refuses the connection: the user name, the password or the database name is wrong.
    Refused,
    /// The server is starting or stopping.
    Stopping,
    /// The server has reached its limit of connections.
    TooManyConnections,
    /// The statement hit its time limit, or the database stopped answering.
    TimedOut,
    /// Another transaction holds a lock that this one needs.
    Locked,
    /// Another transaction changed a row that this one depends on.
    Conflict,
    /// The disk of the database is full.
    DiskFull,
    /// The disk of the database reports errors.
    DiskFails,
    /// The database refuses writes.
    ReadOnly,
    /// The database is out of memory.
    OutOfMemory,
    /// The database has used up another resource.
    Exhausted,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Crowded => "no connection became free in time",
            Self::Unreachable => "the database is unreachable",
            Self::Refused => "the database refuses the connection",
            Self::Stopping => "the database is starting or stopping",
            Self::TooManyConnections => "the database has too many connections",
            Self::TimedOut => "the statement timed out",
            Self::Locked => "another transaction has locked what is needed",
            Self::Conflict => "another transaction changed what is needed",
            Self::DiskFull => "the disk of the database is full",
            Self::DiskFails => "the disk of the database fails",
            Self::ReadOnly => "the database is read only",
            Self::OutOfMemory => "the database is out of memory",
            Self::Exhausted => "the database has used up a resource",
        })
    }
}

impl StoreError {
    /// The reason, if the database can't answer now and may answer later; otherwise `None`.
    pub fn unavailable(&self) -> Option<Reason> {
        match self {
            Self::Unavailable(unavailable) => Some(unavailable.reason),
            _ => None,
        }
    }
}

impl From<Reason> for StoreError {
    fn from(reason: Reason) -> Self {
        Self::Unavailable(Unavailable { reason, source: None })
    }
}

/// The unique value that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The id of an account.
    Account,
    /// The name of an account.
    AccountName,
    /// The name of an admin, in any case of its letters.
    AdminName,
    /// The id or the GUID of a user within its account.
    User,
    /// The e-mail address of a user within its account.
    UserEmail,
    /// The user name of a user within its account.
    Username,
    /// The public part of a credential within its kind.
    Credential,
    /// The GUID of a session within its account.
    Session,
    /// A live job of the same project, action and reference.
    LiveJob,
    /// The key of a project within its account.
    ProjectKey,
    /// The name of a project within its account, in any case of its letters.
    ProjectName,
    /// The code, or within its session the address or the person, of an attendee.
    Attendee,
    /// The id of a course within its account.
    Course,
    /// An alias within its account or its project.
    Alias,
    /// The idempotency key of a request within its principal.
    IdempotencyKey,
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::AccountName => "account name",
            Self::AdminName => "admin name",
            Self::User => "user",
            Self::UserEmail => "e-mail address",
            Self::Username => "user name",
            Self::Credential => "credential",
            Self::Session => "session",
            Self::LiveJob => "live job",
            Self::ProjectKey => "project key",
            Self::ProjectName => "project name",
            Self::Attendee => "attendee",
            Self::Course => "course",
            Self::Alias => "alias",
            Self::IdempotencyKey => "idempotency key",
        })
    }
}
