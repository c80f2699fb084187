//! The log goes to standard error, so that standard output is free for the output of a command. A dedicated thread writes it:
//! no other thread depends on the program that reads standard error.

use std::sync::LazyLock;
use std::time::Duration;

use crate::config::{LogConfig, LogFormat};
use crate::log_queue::LogQueue;

static STANDARD_ERROR: LazyLock<LogQueue> = LazyLock::new(|| {
    LogQueue::start(std::io::stderr(), |lines| {
        tracing::warn!(lines, "dropped lines of the log: standard error was not read");
    })
});

/// How long the process waits at its end for the log to be read.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Starts the log.
///
/// # Errors
/// If the filter can't be read.
pub fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = config.env_filter()?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| STANDARD_ERROR.clone())
        // The built-in writer would print errors to standard error, and panic where that is closed.
        .log_internal_errors(false);
    // Tests start the log more than once; the first start counts.
    let started = match config.format {
        LogFormat::Text => subscriber.with_ansi(false).try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
    started.ok();
    Ok(())
}

/// Logs panics. The standard library's hook writes to standard error itself, and blocks while no program reads that.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        if tracing::enabled!(tracing::Level::ERROR) {
            tracing::error!(%panic, "a thread panicked");
        } else {
            say(&panic.to_string());
        }
    }));
}

/// Writes a line to standard error, in the order of the log's lines.
pub fn say(line: &str) {
    STANDARD_ERROR.push(format!("{line}\n").into_bytes());
}

/// Waits a short time for the last lines to be written: the process is about to end.
pub fn flush() {
    STANDARD_ERROR.flush(LAST_LINES);
}
