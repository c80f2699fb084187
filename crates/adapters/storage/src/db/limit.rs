//! The time limits of a unit of work.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// When the work on a connection has to end.
#[derive(Debug, Clone)]
pub(crate) struct Limit {
    /// When all of the work has to be over.
    pub(crate) until: Instant,
    /// How long one statement may take. PostgreSQL has the same limit, and a little time to report it first.
    pub(crate) statement: Duration,
    /// Cancelled once the caller does not wait any more.
    pub(crate) gone: CancellationToken,
}

impl Limit {
    /// The deadline of a statement that begins now.
    pub(crate) fn of_statement(&self) -> Instant {
        const FIRST_WORD: Duration = Duration::from_millis(150);
        self.until.min(Instant::now() + self.statement + FIRST_WORD)
    }

    /// Runs `work` on this thread. Statements on SQLite end when the limit is reached or the caller is gone.
    pub(crate) fn on_this_thread<T>(self, work: impl FnOnce() -> T) -> T {
        derslik_sqlite_limit::with(move || self.gone.is_cancelled() || Instant::now() >= self.until, work)
    }

    /// The time that is left.
    pub(crate) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}
