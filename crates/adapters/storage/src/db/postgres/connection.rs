//! A connection as diesel uses it, with a deadline for each of its statements.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::mem::needs_drop;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::{AsyncConnectionWrapper, BlockOn};
use tokio::io::AsyncReadExt;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{AbortHandle, yield_now};
use tokio::time::{sleep_until, timeout, timeout_at};
use tokio_postgres::{CancelToken, NoTls};

use super::address::Address;
use super::server::{Connected, Server};
use super::socket_state::SocketState;
use super::sqlstate::SqlState;
use crate::db::connect_error::ConnectError;
use crate::db::limit::Limit;

/// A connection to PostgreSQL.
pub(crate) type PgConnection = AsyncConnectionWrapper<AsyncPgConnection, Driver>;

/// How long a server has to end a statement after a request to cancel it.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);

/// The state and the limits of a connection, beside those of diesel.
#[derive(Debug)]
pub(crate) struct PgControl {
    /// Present until the connection is dropped.
    runtime: Option<Runtime>,
    socket_state: Arc<SocketState>,
    state: Mutex<State>,
    server: Server,
}

#[derive(Default)]
struct State {
    limit: Option<Limit>,
    /// The task that reads and writes the socket. When it ends, the connection ends.
    socket: Option<AbortHandle>,
    /// The right to cancel a statement of this connection, and the address that takes the request.
    cancel: Option<(CancelToken, Address)>,
    /// Whether a deadline of ours has closed the connection.
    is_cut: bool,
    /// Whether the tables are distributed by account, and when the server was asked.
    distribution: Option<(bool, Instant)>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("limit", &self.limit).field("is_cut", &self.is_cut).finish_non_exhaustive()
    }
}

/// Runs the futures of a connection on the thread that waits for them.
pub(crate) struct Driver(Arc<PgControl>);

/// Why the wait for a statement ended.
enum Interruption {
    Deadline,
    CallerLeft,
}

thread_local! {
    /// Hands a driver to diesel's wrapper, which asks for one without naming the connection.
    static HANDOVER: Cell<Option<Driver>> = const { Cell::new(None) };
}

/// Connects within `connect_timeout`, and to each address within the time that the URL gives. It blocks the thread.
///
/// # Errors
/// [`ConnectError`], with the code of the server if it gave one.
pub(super) fn connect(server: &Server, connect_timeout: Duration) -> Result<(PgConnection, Arc<PgControl>), ConnectError> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(ConnectError::Dial)?;
    let socket_state = Arc::new(SocketState::default());
    let made = runtime.block_on(async {
        let made = timeout(connect_timeout, async {
            let Connected { client, connection, address } = server.connect(&socket_state, connect_timeout).await?;
            let cancel = (client.cancel_token(), address);
            let socket = tokio::spawn({
                let socket_state = Arc::clone(&socket_state);
                async move {
                    // The caller of a statement gets its failure, so the result is not needed here.
                    connection.await.ok();
                    socket_state.close();
                }
            });
            let conn = AsyncPgConnection::try_from(client).await?;
            Ok((conn, cancel, socket.abort_handle()))
        });
        made.await.unwrap_or(Err(ConnectError::TimedOut))
    });
    let (conn, cancel, socket) = match (made, socket_state.take_code()) {
        (Ok(made), _) => made,
        (Err(error), code) => {
            runtime.shutdown_background();
            return Err(error.with(code));
        }
    };
    let state = State { socket: Some(socket), cancel: Some(cancel), ..State::default() };
    let control = Arc::new(PgControl { runtime: Some(runtime), socket_state, state: Mutex::new(state), server: server.clone() });
    HANDOVER.set(Some(Driver(Arc::clone(&control))));
    Ok((conn.into(), control))
}

impl PgControl {
    /// Sets the limit of the following statements.
    pub(crate) fn limit(&self, limit: Option<Limit>) {
        self.socket_state.take_code();
        self.state().limit = limit;
    }

    /// Takes the code of the last failure. A second call returns `None`.
    pub(crate) fn take_code(&self) -> Option<SqlState> {
        self.socket_state.take_code()
    }

    /// Whether the connection was closed here, because the server was silent or a request to cancel is still on its way.
    pub(crate) fn is_cut(&self) -> bool {
        self.state().is_cut
    }

    /// Whether the tables are distributed by account, and when the server was asked. `None` before the first answer.
    pub(crate) fn distribution(&self) -> Option<(bool, Instant)> {
        self.state().distribution
    }

    /// Keeps the answer that the server gave at an instant.
    pub(crate) fn keep_distribution(&self, is_distributed: bool, asked_at: Instant) {
        self.state().distribution = Some((is_distributed, asked_at));
    }

    /// Whether the server has kept the connection open, as far as this end knows. Nothing is sent.
    pub(crate) fn is_open(&self) -> bool {
        const YIELDS: u32 = 4;
        self.run(async {
            // Each yield lets the task of the socket read what the system has received.
            for _ in 0..YIELDS {
                yield_now().await;
            }
        });
        !self.socket_state.is_closed()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run<F: Future>(&self, work: F) -> F::Output {
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            None => unreachable!("the runtime lives as long as the control"),
        }
    }

    /// Waits for `work` until its deadline. Then the connection is closed, so `work` fails at once.
    async fn within_limit<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        // Most rows of a result have arrived with the first one. Each of them is a wait of its own, which needs no deadline.
        if let Poll::Ready(output) = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await {
            return output;
        }
        let Some(limit) = self.state().limit.clone() else { return work.await };
        let end = async {
            tokio::select! {
                () = sleep_until(limit.of_statement().into()) => Interruption::Deadline,
                () = limit.cancelled.cancelled() => Interruption::CallerLeft,
            }
        };
        let end = tokio::select! {
            biased;
            output = &mut work => return output,
            end = end => end,
        };
        if matches!(end, Interruption::CallerLeft) {
            let until = Instant::now() + CANCEL_TIMEOUT;
            let is_passed_on = timeout_at(until.into(), self.cancel()).await.unwrap_or(false);
            let ended = timeout_at(until.into(), &mut work).await;
            if !is_passed_on {
                // The request may be on its way still, and would end the next statement of this connection.
                self.cut();
            }
            if let Ok(output) = ended {
                return output;
            }
        }
        self.cut();
        work.await
    }

    /// Asks the server to end the running statement. Returns whether the server has passed the request on: it then closes the
    /// connection that brought the request, without an answer. A connection that breaks proves nothing.
    async fn cancel(&self) -> bool {
        let cancel = self.state().cancel.clone();
        let Some((token, address)) = cancel else { return false };
        let Ok(mut socket) = self.server.dial(&address).await else { return false };
        if token.cancel_query_raw(&mut socket, NoTls).await.is_err() {
            return false;
        }
        matches!(socket.read(&mut [0_u8; 1]).await, Ok(0))
    }

    fn cut(&self) {
        let mut state = self.state();
        state.is_cut = true;
        if let Some(socket) = state.socket.take() {
            socket.abort();
        }
        self.socket_state.close();
    }
}

impl Drop for PgControl {
    fn drop(&mut self) {
        // The resolution of a host name may block a thread. An async task must not wait for that thread.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl BlockOn for Driver {
    fn block_on<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        // Diesel asks for each row of a result by a future that only borrows. Most rows have been received by then, so that neither the
        // runtime nor a deadline is needed. Any other future sends something, for which the runtime has to run anyway.
        if !needs_drop::<F>()
            && let Poll::Ready(row) = work.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        {
            return row;
        }
        self.0.run(self.0.within_limit(work))
    }

    fn get_runtime() -> Self {
        match HANDOVER.take() {
            Some(driver) => driver,
            None => unreachable!("connections are made by `connect` alone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    #[test]
    fn a_row_that_was_received_needs_no_runtime() {
        let server = Server::parse("postgres://localhost/any").unwrap();
        let control = PgControl { runtime: None, socket_state: Arc::default(), state: Mutex::default(), server };
        // Without a runtime, any other future would panic.
        assert_eq!(Driver(Arc::new(control)).block_on(&mut ready(7)), 7);
    }
}
