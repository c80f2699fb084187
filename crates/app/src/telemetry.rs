//! Where the log goes: to standard error, so that standard output is free for what a command prints. A thread of its own
//! writes it, so that no other thread depends on the program that reads standard error.

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

/// How long the end of the process waits for the log to be read.
const LAST_LINES: Duration = Duration::from_millis(500);

const LEVELS: &str = "the levels are off, error, warn, info, debug and trace, and module=level is one for a single module";

/// What is logged.
///
/// # Errors
/// If the filter can't be read, or names no level: a word alone would be taken for a module, of which everything is logged.
pub fn filter(config: &LogConfig) -> anyhow::Result<EnvFilter> {
    let filter = &config.filter;
    let parts: Vec<_> = filter.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    ensure!(!parts.is_empty(), "log.filter is empty; {LEVELS}");
    // The fields of a span may stand between commas.
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
        // It would print to standard error, and panic where that is closed.
        .log_internal_errors(false);
    // Tests start it more than once; the first one stays.
    let started = match config.format {
        LogFormat::Text => subscriber.with_ansi(false).try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
    started.ok();
    Ok(())
}

/// Has panics logged. The hook of the standard library writes to standard error itself, and waits where that is not read.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        if tracing::enabled!(tracing::Level::ERROR) {
            tracing::error!(%panic, "a thread panicked");
        } else {
            say(&panic.to_string());
        }
    }));
}

/// Writes a line to standard error beside the log.
pub fn say(line: &str) {
    STANDARD_ERROR.push(format!("{line}\n").into_bytes());
}

/// Waits for the last lines to be written, for a moment at most: the process is about to end.
pub fn flush() {
    STANDARD_ERROR.flush(LAST_LINES);
}
