//! How long a unit of work may use a connection.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// When what runs on a connection has to end.
#[derive(Debug, Clone)]
pub(crate) struct Limit {
    /// When all of it has to be over.
    pub(crate) until: Instant,
    /// How long one statement may take. The server has the same limit where it can, and is given the first word.
    pub(crate) statement: Duration,
    /// Tells that nobody waits for it any more.
    pub(crate) gone: CancellationToken,
}

impl Limit {
    /// When a statement that begins now has to be over.
    pub(crate) fn of_statement(&self) -> Instant {
        const FIRST_WORD: Duration = Duration::from_millis(150);
        self.until.min(Instant::now() + self.statement + FIRST_WORD)
    }

    /// Runs `work` on this thread, whose statements on SQLite end with the limit.
    pub(crate) fn on_this_thread<T>(self, work: impl FnOnce() -> T) -> T {
        derslik_sqlite_limit::with(move || self.gone.is_cancelled() || Instant::now() >= self.until, work)
    }

    /// How much is left.
    pub(crate) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}
