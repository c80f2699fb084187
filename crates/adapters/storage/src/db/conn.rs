//! The two kinds of connection, and the connection of one unit of work.

use derslik_ports::outbound::StoreError;
use diesel::QueryResult;
use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;

use super::distributed;
use super::error::Failure;
use super::notify::notify;
use super::postgres::{PgConnection, PgControl};
use super::text::Dialect;

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

impl Conn<'_> {
    /// The same connection for a shorter lifetime.
    pub(crate) fn reborrow(&mut self) -> Conn<'_> {
        match self {
            Self::Pg(conn) => Conn::Pg(conn),
            Self::Sqlite(conn) => Conn::Sqlite(conn),
        }
    }

    /// The dialect of its SQL.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Pg(_) => Dialect::Postgres,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Lets the transaction see one state of the database from now on. It is the first statement of the transaction.
    pub(crate) fn see_one_state(&mut self) -> QueryResult<()> {
        match self {
            Self::Pg(conn) => conn.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
            // A transaction of SQLite sees one state anyway.
            Self::Sqlite(_) => Ok(()),
        }
    }
}

/// The connection of one unit of work. Each repository implements its port on it.
pub(crate) struct DieselStores<'c> {
    conn: Conn<'c>,
    control: Option<&'c PgControl>,
    /// How many more statements may run. `None` means any number, inside a transaction.
    statements: Option<u32>,
    lost: bool,
    wakes: bool,
}

/// How many statements a unit of work may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statements {
    Any,
    One,
}

/// A unit of work of one statement tried to run a second one.
#[derive(Debug, thiserror::Error)]
#[error("a second statement in a unit of work of one statement")]
struct SecondStatement;

impl<'c> DieselStores<'c> {
    /// A connection for any number of statements.
    pub(crate) fn new(conn: Conn<'c>, control: Option<&'c PgControl>) -> Self {
        Self::limited_to(Statements::Any, conn, control)
    }

    /// A connection that refuses more statements than these.
    pub(crate) fn limited_to(statements: Statements, conn: Conn<'c>, control: Option<&'c PgControl>) -> Self {
        let statements = match statements {
            Statements::Any => None,
            Statements::One => Some(1),
        };
        Self { conn, control, statements, lost: false, wakes: false }
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

    /// The dialect of the SQL of the database.
    pub(crate) fn dialect(&self) -> Dialect {
        self.conn.dialect()
    }

    /// Whether the tables are distributed by account, so that a statement has to name the account in a condition on each of them.
    pub(crate) fn is_distributed(&mut self) -> Result<bool, StoreError> {
        let control = self.control;
        self.query(|conn| match conn {
            Conn::Pg(conn) => distributed::is_distributed(conn, control),
            Conn::Sqlite(_) => Ok(false),
        })
    }

    /// Runs a query and turns its failure into an error of the ports.
    pub(crate) fn query<T>(&mut self, query: impl FnOnce(Conn<'_>) -> QueryResult<T>) -> Result<T, StoreError> {
        self.count_statement()?;
        query(self.conn.reborrow()).map_err(|error| {
            let failure = Failure::new(error, self.control);
            self.lost |= failure.is_lost();
            failure.into()
        })
    }

    /// Runs a call that needs one statement on PostgreSQL and several on SQLite. On either database it counts as one statement
    /// towards the limit of the unit of work.
    pub(crate) fn as_one_statement<T>(&mut self, call: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.is_postgres() {
            return call(self);
        }
        self.count_statement()?;
        let left = self.statements.take();
        let result = call(self);
        self.statements = left;
        result
    }

    fn count_statement(&mut self) -> Result<(), StoreError> {
        if let Some(left) = &mut self.statements {
            *left = left.checked_sub(1).ok_or_else(|| StoreError::Other(Box::new(SecondStatement)))?;
        }
        Ok(())
    }
}
