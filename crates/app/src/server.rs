//! Serving until a signal comes: the first one lets requests that are under way end, the second one does not wait.

use std::time::Duration;

use derslik_http::{HttpState, Serving, Socket, Stopper};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Serves on a socket until the process is told to stop, which `stopping` then tells everybody else.
///
/// # Errors
/// If the listener can't be used, or signals can't be waited for.
pub async fn serve(socket: Socket, state: HttpState, workers: usize, grace: Duration, stopping: CancellationToken) -> std::io::Result<()> {
    // Whatever ends the server ends everybody else.
    let stopped = stopping.clone().drop_guard();
    let server = Serving::new(socket, state, workers, grace)?;
    tokio::spawn(stop_on_signals(server.stopper(), stopping, signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?));
    let outcome = server.until_stopped().await;
    drop(stopped);
    outcome
}

/// Waits until the process is told to stop.
///
/// # Errors
/// If signals can't be waited for.
pub async fn stop_signal() -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    next(&mut terminate, &mut interrupt).await;
    Ok(())
}

async fn stop_on_signals(server: Stopper, stopping: CancellationToken, mut terminate: Signal, mut interrupt: Signal) {
    next(&mut terminate, &mut interrupt).await;
    stopping.cancel();
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
