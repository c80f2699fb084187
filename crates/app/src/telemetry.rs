//! The log goes to standard error, so that standard output is free for the output of a command. A dedicated thread writes it:
//! no other thread depends on the program that reads standard error.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogConfig, LogFormat};
use crate::log_queue::LogQueue;

static STANDARD_ERROR: LazyLock<LogQueue> = LazyLock::new(|| {
    LogQueue::start(std::io::stderr(), |lines| {
        tracing::warn!(lines, "dropped lines of the log: standard error was not read");
    })
});

/// Whether all lines are JSON, also those that pass the filter of the log by.
static IS_JSON: AtomicBool = AtomicBool::new(false);

/// How long the process waits at its end for the log to be read.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Sets the format of the lines that [`fail`] writes. [`start`] does so too.
pub fn write_as(format: LogFormat) {
    IS_JSON.store(format == LogFormat::Json, Ordering::Relaxed);
}

/// Starts the log. A service also exports traces, if the program was built with them and the environment names a collector.
///
/// # Errors
/// If the filter can't be read, or traces can't be exported as the environment says.
pub fn start(config: &LogConfig, is_service: bool) -> anyhow::Result<()> {
    write_as(config.format);
    let registry = tracing_subscriber::registry().with(config.env_filter()?);
    #[cfg(feature = "otel")]
    let registry = registry.with(if is_service { crate::traces::layer()? } else { None });
    #[cfg(not(feature = "otel"))]
    let _ = is_service;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(|| STANDARD_ERROR.clone())
        // The built-in writer would print errors to standard error, and panic where that is closed.
        .log_internal_errors(false);
    // Tests start the log more than once; the first start counts.
    let started = match config.format {
        LogFormat::Text => registry.with(lines.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
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
            fail(&panic.to_string());
        }
    }));
}

/// Writes why the process, or a part of it, has failed: in the format of the log, in the order of its lines, and whatever its filter.
pub fn fail(reason: &str) {
    let line = if IS_JSON.load(Ordering::Relaxed) { json_line(reason) } else { format!("derslik: {reason}\n") };
    STANDARD_ERROR.push(line.as_bytes());
}

/// A line like those of the log.
fn json_line(message: &str) -> String {
    let mut timestamp = String::new();
    // Writing to a string never fails.
    SystemTime.format_time(&mut Writer::new(&mut timestamp)).ok();
    format!("{}\n", json!({ "timestamp": timestamp, "level": "ERROR", "message": message, "target": "derslik" }))
}

/// Waits a short time for the last lines, and the last spans of traces, to be written: the process is about to end.
pub fn flush() {
    #[cfg(feature = "otel")]
    crate::traces::flush(LAST_LINES);
    STANDARD_ERROR.flush(LAST_LINES);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_in_json_is_one_line_with_the_members_of_the_log() {
        let line = json_line("refused for 2 reasons:\nlisten: \"x\"");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert_eq!(read["message"], "refused for 2 reasons:\nlisten: \"x\"");
        assert_eq!((&read["level"], &read["target"]), (&json!("ERROR"), &json!("derslik")));
        assert!(read["timestamp"].as_str().is_some_and(|at| at.ends_with('Z') && at.len() > 20), "{line}");
    }
}
