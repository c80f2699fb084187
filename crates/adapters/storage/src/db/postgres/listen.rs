//! A connection that only listens for notifications.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};
use tokio_postgres::AsyncMessage;

use super::Target;
use super::heard::Heard;
use crate::db::pool::ConnectError;

/// Calls `wake` for each notification of the channel, and once when it begins to listen. After each interval it checks that the
/// server responds, and ends when `is_wanted` returns false. It blocks the thread.
///
/// # Errors
/// [`ConnectError`] if the connection can't be made within `patience`, or the server is then silent for as long.
pub(crate) fn listen_on(
    target: &Target,
    channel: &str,
    patience: Duration,
    interval: Duration,
    wake: impl Fn() + Send + Clone + 'static,
    is_wanted: impl Fn() -> bool,
) -> Result<(), ConnectError> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(ConnectError::Dial)?;
    let heard = Arc::new(Heard::default());
    let ended = runtime.block_on(async {
        let connecting = timeout(patience, target.connect(&heard)).await;
        let (client, mut connection) = connecting.unwrap_or(Err(ConnectError::TimedOut))?;
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
        let ask = async |statement: &str| match timeout(patience, client.batch_execute(statement)).await {
            Ok(answer) => answer.map_err(ConnectError::Speak),
            Err(_) => Err(ConnectError::TimedOut),
        };
        ask("SET application_name = 'derslik-listener'").await?;
        let listen = format!("LISTEN {channel}");
        ask(&listen).await?;
        // Notifications from before this connection listened are lost, so wake once for them.
        wake();
        while is_wanted() {
            sleep(interval).await;
            // A second LISTEN changes nothing, and the server has to respond to it.
            ask(&listen).await?;
        }
        Ok(())
    });
    runtime.shutdown_background();
    ended.map_err(|error: ConnectError| error.with(heard.take_code()))
}
