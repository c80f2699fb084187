//! The limits of the connections.

use std::time::Duration;

/// How many statements of one kind of shared request may be in flight. With one, a connection that hangs would delay all requests of
/// its kind.
pub(crate) const MAX_IN_FLIGHT: u32 = 2;

/// How many kinds of lookups there are. Their pool has [`MAX_IN_FLIGHT`] connections for each.
pub(crate) const LOOKUP_KINDS: u32 = 3;

/// How many kinds of changes share statements, on PostgreSQL. Each has [`MAX_IN_FLIGHT`] connections, so that no lookup waits for a
/// commit.
const CHANGE_KINDS: u32 = 1;

/// The limits of the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// The most connections to PostgreSQL, or the most readers of SQLite. SQLite has one writer besides.
    pub connections: u32,
    /// How long a unit of work waits for a connection. This and the wait for a lock add up: by default a client hears within 3 s
    /// of a table that another transaction locks.
    pub acquire_timeout: Duration,
    /// How long a new connection may take.
    pub connect_timeout: Duration,
    /// How long a statement may run. A unit of work with several statements and its wait for a connection has half a second more
    /// in all.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock. On SQLite: how much longer a writer waits for the writers before it, in this
    /// process or another.
    pub lock_timeout: Duration,
    /// Whether SQLite syncs a commit to the disk before it is acknowledged, so that it survives a power cut.
    pub sqlite_full_sync: bool,
}

impl PoolSettings {
    /// How many blocking threads units of work, lookups and shared changes may occupy at once.
    pub fn threads(self) -> usize {
        const WRITER_OF_SQLITE: u32 = 1;
        let shared = (LOOKUP_KINDS + CHANGE_KINDS) * MAX_IN_FLIGHT;
        let threads = self.connections.max(1).saturating_add(WRITER_OF_SQLITE).saturating_add(shared);
        usize::try_from(threads).unwrap_or(usize::MAX)
    }

    /// How long a unit of work or a shared request may take in all, including the wait for a connection.
    pub(crate) fn unit_timeout(self) -> Duration {
        const BESIDE_ONE_STATEMENT: Duration = Duration::from_millis(500);
        self.statement_timeout + BESIDE_ONE_STATEMENT
    }
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            connections: 6,
            acquire_timeout: Duration::from_millis(800),
            connect_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(2),
            sqlite_full_sync: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::limit::REPORT_GRACE;

    #[test]
    fn by_default_a_request_is_answered_within_six_seconds_whatever_the_database_does() {
        assert!(PoolSettings::default().unit_timeout() + REPORT_GRACE < Duration::from_secs(6));
    }
}
