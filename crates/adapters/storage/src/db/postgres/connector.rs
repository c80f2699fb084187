//! Makes the connections of a pool to PostgreSQL.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use tokio_util::sync::CancellationToken;

use super::connection::{PgConnection, PgControl, connect};
use super::server::Server;
use crate::db::connect_error::ConnectError;
use crate::db::connector::{Connector, PooledConn};
use crate::db::limit::Limit;
use crate::db::settings::PoolSettings;

/// Makes connections to a server.
#[derive(Debug, Clone)]
pub(crate) struct PgConnector {
    pub(crate) server: Server,
    pub(crate) settings: PoolSettings,
}

impl PgConnector {
    pub(crate) fn new(url: &str, settings: PoolSettings) -> Result<Self, ConnectError> {
        Ok(Self { server: Server::parse(url)?, settings })
    }

    /// A connection without time limits for statements, for migrations.
    pub(crate) fn connect_unbounded(&self) -> Result<PgConnection, ConnectError> {
        self.connect_unbounded_with_control().map(|(conn, _)| conn)
    }

    /// The same, with the state of the connection.
    pub(crate) fn connect_unbounded_with_control(&self) -> Result<(PgConnection, Arc<PgControl>), ConnectError> {
        const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
        connect(&self.server, CONNECT_TIMEOUT)
    }
}

impl Connector for PgConnector {
    type Conn = PgConnection;

    fn connect(&self, timeout: Duration) -> Result<PooledConn<PgConnection>, ConnectError> {
        let begin = Instant::now();
        let (mut conn, control) = connect(&self.server, timeout)?;
        let left = timeout.saturating_sub(begin.elapsed());
        control.limit(Some(Limit { deadline: Instant::now() + left, statement_timeout: left, cancelled: CancellationToken::new() }));
        let (statement, lock) = (self.settings.statement_timeout.as_millis(), self.settings.lock_timeout.as_millis());
        // The JIT compiler would take longer than any of our statements runs.
        let prepared = conn.batch_execute(&format!(
            "SET jit = off; SET statement_timeout = {statement}; SET lock_timeout = {lock}; SET idle_in_transaction_session_timeout = {}",
            statement * 2
        ));
        match prepared {
            Ok(()) => Ok(PooledConn::new(conn, Some(control))),
            Err(_) if control.is_cut() => Err(ConnectError::TimedOut),
            Err(error) => Err(ConnectError::from(error).with(control.take_code())),
        }
    }
}
