//! The time limits of a unit of work.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// How much longer than its limit a unit of work is waited for, so that it can report why it ended.
pub(crate) const REPORT_GRACE: Duration = Duration::from_millis(200);

/// When the work on a connection has to end.
#[derive(Debug, Clone)]
pub(crate) struct Limit {
    /// When all of the work has to be over.
    pub(crate) deadline: Instant,
    /// How long one statement may take. PostgreSQL has the same limit, and a little time to report it first.
    pub(crate) statement_timeout: Duration,
    /// Cancelled once the caller does not wait any more.
    pub(crate) cancelled: CancellationToken,
}

impl Limit {
    /// The deadline of a statement that begins now.
    pub(crate) fn of_statement(&self) -> Instant {
        const SERVER_GRACE: Duration = Duration::from_millis(150);
        self.deadline.min(Instant::now() + self.statement_timeout + SERVER_GRACE)
    }

    /// Runs `work` on this thread. Statements on SQLite end when the limit is reached or the caller does not wait any more.
    pub(crate) fn on_this_thread<T>(self, work: impl FnOnce() -> T) -> T {
        derslik_sqlite_limit::with(move || self.cancelled.is_cancelled() || Instant::now() >= self.deadline, work)
    }

    /// The time that is left.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}
