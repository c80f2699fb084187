//! The two kinds of connection, and the stores of one unit of work.

use derslik_ports::outbound::{
    AliasRepository, AttendeeRepository, AuditRepository, CourseRepository, GradingPeriodRepository, IdempotencyRepository,
    IdentityRepository, JobRepository, KeyRepository, ProjectRepository, RosterRepository, SessionRepository, StoreError, Stores,
    UserRepository,
};
use diesel::QueryResult;
use diesel::sqlite::SqliteConnection;

use crate::db::error::Failure;
use crate::db::notify::notify;
use crate::db::postgres::{PgConnection, Talk};

/// A connection to either database.
pub(crate) enum Conn<'c> {
    Pg(&'c mut PgConnection),
    Sqlite(&'c mut SqliteConnection),
}

/// Runs one diesel expression on a [`Conn`], compiled once for each database. Code that differs between the two uses an ordinary
/// `match` instead.
macro_rules! on_conn {
    ($conn:expr, |$c:ident| $query:expr) => {
        match $conn {
            $crate::db::conn::Conn::Pg($c) => $query,
            $crate::db::conn::Conn::Sqlite($c) => $query,
        }
    };
}
pub(crate) use on_conn;

/// All stores on one connection.
pub(crate) struct DieselStores<'c> {
    conn: Conn<'c>,
    talk: Option<&'c Talk>,
    /// How many more statements may run. `None` means any number, inside a transaction.
    statements: Option<u32>,
    lost: bool,
    wakes: bool,
}

/// A unit of work of one statement, and so without a transaction, tried to run a second one.
#[derive(Debug, thiserror::Error)]
#[error("a second statement outside a transaction")]
struct SecondStatement;

impl Conn<'_> {
    /// The same connection for a shorter lifetime.
    pub(crate) fn reborrow(&mut self) -> Conn<'_> {
        match self {
            Self::Pg(conn) => Conn::Pg(conn),
            Self::Sqlite(conn) => Conn::Sqlite(conn),
        }
    }
}

impl<'c> DieselStores<'c> {
    pub(crate) fn new(conn: Conn<'c>, talk: Option<&'c Talk>) -> Self {
        Self { conn, talk, statements: None, lost: false, wakes: false }
    }

    /// Stores that run one statement and refuse another.
    pub(crate) fn of_one_statement(conn: Conn<'c>, talk: Option<&'c Talk>) -> Self {
        Self { statements: Some(1), ..Self::new(conn, talk) }
    }

    /// Whether a statement showed that the connection is dead.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Whether there are jobs for the workers once the transaction has committed.
    pub(crate) fn wakes(&self) -> bool {
        self.wakes
    }

    /// Records that there are jobs for the workers. On PostgreSQL it also notifies other processes.
    pub(crate) fn wake_for(&mut self, is_work: bool) -> Result<(), StoreError> {
        if !is_work || self.wakes {
            return Ok(());
        }
        self.wakes = true;
        self.query(|conn| match conn {
            Conn::Pg(conn) => notify(conn),
            Conn::Sqlite(_) => Ok(()),
        })
    }

    /// Whether the database is PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.conn, Conn::Pg(_))
    }

    /// Runs a query and turns its failure into an error of the ports.
    pub(crate) fn query<T>(&mut self, query: impl FnOnce(Conn<'_>) -> QueryResult<T>) -> Result<T, StoreError> {
        if let Some(left) = &mut self.statements {
            *left = left.checked_sub(1).ok_or_else(|| StoreError::Other(Box::new(SecondStatement)))?;
        }
        query(self.conn.reborrow()).map_err(|error| {
            let failure = Failure::new(error, self.talk);
            self.lost |= failure.is_lost();
            failure.into()
        })
    }
}

impl Stores for DieselStores<'_> {
    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn identity(&mut self) -> &mut dyn IdentityRepository {
        self
    }

    fn users(&mut self) -> &mut dyn UserRepository {
        self
    }

    fn attendees(&mut self) -> &mut dyn AttendeeRepository {
        self
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self
    }

    fn courses(&mut self) -> &mut dyn CourseRepository {
        self
    }

    fn aliases(&mut self) -> &mut dyn AliasRepository {
        self
    }

    fn rosters(&mut self) -> &mut dyn RosterRepository {
        self
    }

    fn grading_periods(&mut self) -> &mut dyn GradingPeriodRepository {
        self
    }

    fn keys(&mut self) -> &mut dyn KeyRepository {
        self
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyRepository {
        self
    }

    fn jobs(&mut self) -> &mut dyn JobRepository {
        self
    }

    fn projects(&mut self) -> &mut dyn ProjectRepository {
        self
    }
}
