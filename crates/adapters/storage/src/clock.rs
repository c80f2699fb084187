//! Compares the clock of a server with another one. It judges no difference.

use std::time::Duration;

use derslik_domain::time::Timestamp;
use derslik_ports::outbound::Clock;
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use crate::db::connector::Connector;
use crate::db::migrations::MigrateError;
use crate::db::postgres::PgConnector;
use crate::db::settings::PoolSettings;
use crate::db::url::DatabaseUrl;
use crate::upgrade::on_a_thread;

/// How long the server may take to accept the connection and to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Reads the clock of a server into [`Now`].
pub(crate) const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros";

/// What the clock of a server shows, in microseconds since 1970.
#[derive(QueryableByName)]
pub(crate) struct Now {
    #[diesel(sql_type = BigInt)]
    pub(crate) micros: i64,
}

/// How far the clock of a server is from another clock, at the least: the time that the question took is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockDifference {
    /// The length of the difference.
    pub by: Duration,
    /// Whether the server's clock is the one that shows the later time.
    pub server_is_ahead: bool,
}

impl ClockDifference {
    /// The difference if the server showed `server` at some instant between `before` and `after`.
    pub(crate) fn new(before: Timestamp, server: Timestamp, after: Timestamp) -> Self {
        let (server, before, after) = (server.micros(), before.micros(), after.micros());
        let micros = if server > after { server.saturating_sub(after) } else { before.saturating_sub(server) };
        Self { by: Duration::from_micros(u64::try_from(micros).unwrap_or_default()), server_is_ahead: server > after }
    }
}

impl DatabaseUrl {
    /// The difference between the clock of the server and that one; `None` for SQLite, which has no clock. It blocks the thread.
    ///
    /// # Errors
    /// [`MigrateError::Connect`] if the server does not answer within five seconds.
    pub fn clock_difference(&self, clock: &dyn Clock) -> Result<Option<ClockDifference>, MigrateError> {
        let Self::Postgres(url) = self else { return Ok(None) };
        let connector = PgConnector::new(url, PoolSettings::default())?;
        on_a_thread(|| {
            // The limit of the connection holds for the question as well.
            let mut pooled = connector.connect(TIMEOUT)?;
            let before = clock.now();
            let read = sql_query(NOW).get_result::<Now>(&mut pooled.conn);
            let after = clock.now();
            let Now { micros } = read.map_err(|error| MigrateError::Connect(Box::new(error)))?;
            Ok(Some(ClockDifference::new(before, Timestamp::from_micros(micros), after)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_the_question_took_is_no_difference() {
        let difference = |server: i64| {
            let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
            let difference = ClockDifference::new(at(100), at(server), at(110));
            (difference.by.as_secs(), difference.server_is_ahead)
        };
        assert_eq!([100, 105, 110].map(difference), [(0, false); 3]);
        assert_eq!(difference(93), (7, false));
        assert_eq!(difference(117), (7, true));
    }

    #[test]
    fn a_file_has_no_clock() {
        #[derive(Debug)]
        struct Never;
        impl Clock for Never {
            fn now(&self) -> Timestamp {
                unreachable!("nothing is compared")
            }
        }
        assert_eq!(DatabaseUrl::Sqlite("none".into()).clock_difference(&Never).unwrap(), None);
    }
}
