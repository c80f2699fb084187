//! The settings of the log.

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

const LEVELS: &str = "the levels are off, error, warn, info, debug and trace, and module=level is one for a single module";

/// The log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// The lines that are logged: a level (`off`, `error`, `warn`, `info`, `debug` or `trace`), and levels of single modules.
    pub filter: String,
    /// `text` or `json`.
    pub format: LogFormat,
}

/// The format of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl LogConfig {
    /// The filter, parsed.
    ///
    /// # Errors
    /// If the filter can't be read, or names no level: a single word would be read as a module with everything logged.
    pub fn env_filter(&self) -> anyhow::Result<EnvFilter> {
        let filter = &self.filter;
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
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info,actix_server=warn,actix_http=off".to_owned(), format: LogFormat::Text }
    }
}
