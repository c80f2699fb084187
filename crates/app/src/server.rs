//! Serves until the process is told to stop.

use derslik_http::{HttpState, ServerSettings, Serving, Socket};
use tokio_util::sync::CancellationToken;

/// Serves on a socket until `stop` is cancelled; running requests then have the grace period to end. If the server ends by itself, it
/// cancels `stop`.
///
/// # Errors
/// If the listener can't be used.
pub async fn serve(socket: Socket, state: HttpState, settings: ServerSettings, stop: CancellationToken) -> std::io::Result<()> {
    let server = Serving::new(socket, state, settings)?;
    let stopper = server.stopper();
    let _stopped = stop.clone().drop_guard();
    tokio::spawn(async move {
        stop.cancelled().await;
        stopper.stop(true).await;
    });
    server.until_stopped().await
}
