//! The connections of a pool, to either database.

use std::sync::Arc;
use std::time::Duration;

use diesel::Connection;
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;

use super::conn::Conn;
use super::connect_error::ConnectError;
use super::limit::Limit;
use super::postgres::{PgConnection, PgControl};

/// A pooled connection, and whether it is broken.
pub(crate) struct PooledConn<C> {
    pub(crate) conn: C,
    /// The state and the limits of a connection to a server. SQLite has none.
    pub(crate) control: Option<Arc<PgControl>>,
    pub(crate) broken: bool,
}

impl<C> PooledConn<C> {
    pub(crate) fn new(conn: C, control: Option<Arc<PgControl>>) -> Self {
        Self { conn, control, broken: false }
    }

    /// Whether the server has kept the connection open, as far as this end knows. Nothing is sent.
    pub(crate) fn is_open(&self) -> bool {
        self.control.as_ref().is_none_or(|control| control.is_open())
    }

    /// Whether the connection was closed at this end, which says nothing of other connections.
    pub(crate) fn is_cut(&self) -> bool {
        self.control.as_ref().is_some_and(|control| control.is_cut())
    }

    pub(crate) fn limit(&self, limit: Option<Limit>) {
        if let Some(control) = &self.control {
            control.limit(limit);
        }
    }
}

/// The operations of a connection to either database.
pub(crate) trait Database: Connection + Send + Sized + 'static {
    /// The connection in the form that repositories take.
    fn as_conn(&mut self) -> Conn<'_>;

    /// Runs `work` in a transaction that may write.
    fn write<T>(&mut self, work: impl FnOnce(&mut Self) -> QueryResult<T>) -> QueryResult<T>;
}

impl Database for PgConnection {
    fn as_conn(&mut self) -> Conn<'_> {
        Conn::Pg(self)
    }

    fn write<T>(&mut self, work: impl FnOnce(&mut Self) -> QueryResult<T>) -> QueryResult<T> {
        self.transaction(work)
    }
}

impl Database for SqliteConnection {
    fn as_conn(&mut self) -> Conn<'_> {
        Conn::Sqlite(self)
    }

    fn write<T>(&mut self, work: impl FnOnce(&mut Self) -> QueryResult<T>) -> QueryResult<T> {
        self.immediate_transaction(work)
    }
}

/// Makes connections for a pool.
pub(crate) trait Connector: Send + Sync + 'static {
    type Conn: Database;

    /// Connects within `timeout`. It blocks the thread.
    fn connect(&self, timeout: Duration) -> Result<PooledConn<Self::Conn>, ConnectError>;
}
