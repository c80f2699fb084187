//! Serving until a signal comes: the first one lets requests that are under way end, the second one does not wait.

use std::net::TcpListener;
use std::time::Duration;

use derslik_http::{HttpState, Serving, Stopper};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Serves on a listener until the process is told to stop.
///
/// # Errors
/// If the listener can't be used, or signals can't be waited for.
pub async fn serve(listener: TcpListener, state: HttpState, workers: usize, grace: Duration) -> std::io::Result<()> {
    let server = Serving::new(listener, state, workers, grace)?;
    tokio::spawn(stop_on_signals(server.stopper(), signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?));
    server.until_stopped().await
}

async fn stop_on_signals(server: Stopper, mut terminate: Signal, mut interrupt: Signal) {
    next(&mut terminate, &mut interrupt).await;
    tracing::info!("stopping: requests under way are answered first");
    let graceful = server.stop(true);
    tokio::pin!(graceful);
    tokio::select! {
        () = &mut graceful => {}
        () = next(&mut terminate, &mut interrupt) => {
            tracing::warn!("stopping at once");
            server.stop(false).await;
        }
    }
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
