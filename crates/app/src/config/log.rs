//! The settings of the log.

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// The module that logs what clients of HTTP/2 do wrong: some of it as warnings, without an end and in bytes that clients choose.
const HTTP2: &str = "h2";
const LEVELS: &str = "the levels are off, error, warn, info, debug and trace, and module=level is one for a single module";

/// The log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// The lines that are logged: a level (`off`, `error`, `warn`, `info`, `debug` or `trace`), and levels of single modules.
    /// Lines of the library for HTTP/2 are left out unless the filter names `h2`, because any client can cause them.
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
            for part in &parts {
                let is_plain = part.contains('=') || part.parse::<LevelFilter>().is_ok();
                ensure!(is_plain, "log.filter can't be {filter}: {part} is not a level; {LEVELS}");
            }
        }
        let names_http2 = parts.iter().any(|part| part.starts_with(HTTP2));
        let all = if names_http2 { filter.clone() } else { format!("{HTTP2}=off,{filter}") };
        EnvFilter::builder().parse(all).with_context(|| format!("log.filter can't be {filter} ({LEVELS})"))
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info,actix_server=warn,actix_http=off".to_owned(), format: LogFormat::Text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_http2_do_not_fill_the_log_unless_the_filter_asks_for_it() {
        let parsed = |filter: &str| LogConfig { filter: filter.to_owned(), ..LogConfig::default() }.env_filter().unwrap().to_string();
        for filter in [LogConfig::default().filter.as_str(), "info", "warn", "trace,derslik_http::server::h2=debug"] {
            assert!(parsed(filter).split(',').any(|part| part == "h2=off"), "{filter}");
        }
        let asked = parsed("warn,h2=debug");
        assert!(asked.contains("h2=debug") && !asked.contains("h2=off"), "{asked}");
    }
}
