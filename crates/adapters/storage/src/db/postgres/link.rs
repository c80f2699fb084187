//! A connection as diesel uses it, with a deadline for each of its statements.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::{AsyncConnectionWrapper, BlockOn};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{AbortHandle, yield_now};
use tokio::time::{sleep_until, timeout, timeout_at};
use tokio_postgres::{CancelToken, NoTls};

use super::heard::Heard;
use super::{SqlState, Target};
use crate::db::limit::Limit;
use crate::db::pool::ConnectError;

/// A connection to PostgreSQL.
pub(crate) type PgConnection = AsyncConnectionWrapper<AsyncPgConnection, Driver>;

/// How long a server has to end a statement after a request to cancel it.
const CANCEL_PATIENCE: Duration = Duration::from_secs(1);

/// The state and the limits of a connection, beside those of diesel.
#[derive(Debug)]
pub(crate) struct Talk {
    /// Present until the connection is dropped.
    runtime: Option<Runtime>,
    heard: Arc<Heard>,
    state: Mutex<State>,
    target: Target,
}

#[derive(Default)]
struct State {
    limit: Option<Limit>,
    /// The task that reads and writes the socket. When it ends, the connection ends.
    socket: Option<AbortHandle>,
    cancel: Option<CancelToken>,
    /// Whether a deadline of ours has closed the connection.
    is_cut: bool,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("limit", &self.limit).field("is_cut", &self.is_cut).finish_non_exhaustive()
    }
}

/// Runs the futures of a connection on the thread that waits for them.
pub(crate) struct Driver(Arc<Talk>);

/// Why the wait for a statement ended.
enum End {
    Deadline,
    Gone,
}

thread_local! {
    /// Hands a driver to diesel's wrapper, which asks for one without naming the connection.
    static HANDED_OVER: Cell<Option<Driver>> = const { Cell::new(None) };
}

/// Connects within `patience`, or within the shorter time that the URL gives. It blocks the thread.
///
/// # Errors
/// [`ConnectError`], with the code of the server if it gave one.
pub(crate) fn connect(target: &Target, patience: Duration) -> Result<(PgConnection, Arc<Talk>), ConnectError> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(ConnectError::Dial)?;
    let heard = Arc::new(Heard::default());
    let patience = target.patience().map_or(patience, |named| named.min(patience));
    let made = runtime.block_on(async {
        let made = timeout(patience, async {
            let (client, connection) = target.connect(&heard).await?;
            let cancel = client.cancel_token();
            let socket = tokio::spawn({
                let heard = Arc::clone(&heard);
                async move {
                    // The caller of a statement gets its failure, so the result is not needed here.
                    connection.await.ok();
                    heard.close();
                }
            });
            let conn = AsyncPgConnection::try_from(client).await?;
            Ok((conn, cancel, socket.abort_handle()))
        });
        made.await.unwrap_or(Err(ConnectError::TimedOut))
    });
    let (conn, cancel, socket) = match (made, heard.take_code()) {
        (Ok(made), _) => made,
        (Err(error), code) => {
            runtime.shutdown_background();
            return Err(error.with(code));
        }
    };
    let state = State { socket: Some(socket), cancel: Some(cancel), ..State::default() };
    let talk = Arc::new(Talk { runtime: Some(runtime), heard, state: Mutex::new(state), target: target.clone() });
    HANDED_OVER.set(Some(Driver(Arc::clone(&talk))));
    Ok((conn.into(), talk))
}

impl Talk {
    /// Sets the limit of the following statements.
    pub(crate) fn limit(&self, limit: Option<Limit>) {
        self.heard.take_code();
        self.state().limit = limit;
    }

    /// Takes the code of the last failure. A second call returns `None`.
    pub(crate) fn take_code(&self) -> Option<SqlState> {
        self.heard.take_code()
    }

    /// Whether the connection was closed here because the server was silent.
    pub(crate) fn is_cut(&self) -> bool {
        self.state().is_cut
    }

    /// Whether the server has kept the connection open, as far as this end has heard. Nothing is sent.
    pub(crate) fn is_open(&self) -> bool {
        const LOOKS: u32 = 4;
        self.run(async {
            // Each yield lets the task of the socket read what the system has received.
            for _ in 0..LOOKS {
                yield_now().await;
            }
        });
        !self.heard.is_closed()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run<F: Future>(&self, work: F) -> F::Output {
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            None => unreachable!("the runtime goes with the talk"),
        }
    }

    /// Waits for `work` until its deadline. Then the connection is closed, so `work` fails at once.
    async fn within_limit<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        let Some(limit) = self.state().limit.clone() else { return work.await };
        let end = async {
            tokio::select! {
                () = sleep_until(limit.of_statement().into()) => End::Deadline,
                () = limit.gone.cancelled() => End::Gone,
            }
        };
        let end = tokio::select! {
            biased;
            output = &mut work => return output,
            end = end => end,
        };
        if matches!(end, End::Gone) {
            let until = Instant::now() + CANCEL_PATIENCE;
            timeout_at(until.into(), self.cancel()).await.ok();
            if let Ok(output) = timeout_at(until.into(), &mut work).await {
                return output;
            }
        }
        self.cut();
        work.await
    }

    /// Asks the server to end the running statement.
    async fn cancel(&self) {
        let token = self.state().cancel.clone();
        if let (Some(token), Ok(socket)) = (token, self.target.dial_first().await) {
            token.cancel_query_raw(socket, NoTls).await.ok();
        }
    }

    fn cut(&self) {
        let mut state = self.state();
        state.is_cut = true;
        if let Some(socket) = state.socket.take() {
            socket.abort();
        }
        self.heard.close();
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // The resolution of a host name may block a thread. An async task must not wait for that thread.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl BlockOn for Driver {
    fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.0.run(self.0.within_limit(work))
    }

    fn get_runtime() -> Self {
        match HANDED_OVER.take() {
            Some(driver) => driver,
            None => unreachable!("connections are made by `connect` alone"),
        }
    }
}
