//! The log goes to standard error, so that standard output is free for the output of a command. A dedicated thread writes it:
//! no other thread depends on the program that reads standard error.

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, ensure};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::config::{LogConfig, LogFormat};
use crate::log_queue::LogQueue;

static STANDARD_ERROR: LazyLock<LogQueue> = LazyLock::new(|| {
    LogQueue::start(std::io::stderr(), |lines| {
        tracing::warn!(lines, "dropped lines of the log: standard error was not read");
    })
});

/// How long the process waits at its end for the log to be read.
const LAST_LINES: Duration = Duration::from_millis(500);

const LEVELS: &str = "the levels are off, error, warn, info, debug and trace, and module=level is one for a single module";

/// The filter of the log.
///
/// # Errors
/// If the filter can't be read, or names no level: a single word would be read as a module with everything logged.
pub fn filter(config: &LogConfig) -> anyhow::Result<EnvFilter> {
    let filter = &config.filter;
    let parts: Vec<_> = filter.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    ensure!(!parts.is_empty(), "log.filter is empty; {LEVELS}");
    // A directive may name the fields of a span, which are separated by commas as well.
    if !filter.contains('[') {
        for part in parts {
            let is_plain = part.contains('=') || part.parse::<LevelFilter>().is_ok();
            ensure!(is_plain, "log.filter can't be {filter}: {part} is not a level; {LEVELS}");
        }
    }
    EnvFilter::builder().parse(filter).with_context(|| format!("log.filter can't be {filter} ({LEVELS})"))
}

/// Starts the log.
///
/// # Errors
/// If the filter can't be read.
pub fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = filter(config)?;
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
