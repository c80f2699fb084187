//! A connection that does nothing but listen.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};
use tokio_postgres::AsyncMessage;

use super::Target;
use super::heard::Heard;
use crate::pool::ConnectError;

/// Calls `wake` for each notification of the channel, and once when it begins to listen, until `is_wanted` says no more; that
/// is asked, and the server for a sign of life, after each interval. It blocks the thread.
///
/// # Errors
/// [`ConnectError`] if no connection can be made within the patience, or the server then keeps silent for as long.
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
        // Whatever was said before this connection listened.
        wake();
        while is_wanted() {
            sleep(interval).await;
            // Listening twice is listening once, and the server has to answer.
            ask(&listen).await?;
        }
        Ok(())
    });
    runtime.shutdown_background();
    ended.map_err(|error: ConnectError| error.with(heard.take_code()))
}
