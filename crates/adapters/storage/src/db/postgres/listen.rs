//! A connection that only listens for notifications.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};
use tokio_postgres::AsyncMessage;

use super::server::{Connected, Server};
use super::socket_state::SocketState;
use crate::db::connect_error::ConnectError;

/// Calls `wake` for each notification of the channel, and once when it begins to listen. After each interval it checks that the
/// server responds, and ends when `is_wanted` returns false. It blocks the thread.
///
/// # Errors
/// [`ConnectError`] if the connection can't be made within `server_timeout`, or the server is then silent for as long.
pub(crate) fn listen_on(
    server: &Server,
    channel: &str,
    server_timeout: Duration,
    interval: Duration,
    wake: impl Fn() + Send + Clone + 'static,
    is_wanted: impl Fn() -> bool,
) -> Result<(), ConnectError> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(ConnectError::Dial)?;
    let (server, state) = (server.for_listener(), Arc::new(SocketState::default()));
    let ended = runtime.block_on(async {
        let connecting = timeout(server_timeout, server.connect(&state, server_timeout)).await;
        let Connected { client, mut connection, .. } = connecting.unwrap_or(Err(ConnectError::TimedOut))?;
        tokio::spawn({
            let wake = wake.clone();
            async move {
                while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                    if matches!(message, AsyncMessage::Notification(_)) {
                        wake();
                    }
                }
            }
        });
        let run = async |statement: &str| match timeout(server_timeout, client.batch_execute(statement)).await {
            Ok(answer) => answer.map_err(ConnectError::Protocol),
            Err(_) => Err(ConnectError::TimedOut),
        };
        let listen = format!("LISTEN {channel}");
        run(&listen).await?;
        // Notifications from before this connection listened are lost, so wake once for them.
        wake();
        while is_wanted() {
            sleep(interval).await;
            // A second LISTEN changes nothing, and the server has to respond to it.
            run(&listen).await?;
        }
        Ok(())
    });
    runtime.shutdown_background();
    ended.map_err(|error: ConnectError| error.with(state.take_code()))
}
