//! The settings of the log.

use std::path::Path;

use anyhow::{Context, ensure};
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::secrets::PREFIX;

/// The setting of the format.
const FORMAT: &str = "log.format";

/// The module that logs what clients of HTTP/2 do wrong: some of it as warnings, without an end and in bytes that clients choose.
const HTTP2: &str = "h2";
const LEVELS: &str = "the levels are off, error, warn, info, debug and trace, and module=level is one for a single module";

/// The log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// The lines that are logged: a level (`off`, `error`, `warn`, `info`, `debug` or `trace`), and levels of single modules.
    /// Each request has one line at `info`, of the module `access`: `info,access=off` leaves those lines out. Lines of the library for
    /// HTTP/2 are left out unless the filter names `h2`, because any client can cause them.
    pub filter: String,
    /// `text` or `json`. With `json`, what `serve` prints at its start and what a process says when it fails are JSON too.
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

impl LogFormat {
    /// The format that the environment or a file names, for failures to read the settings. [`LogFormat::Text`] if neither says.
    pub fn named(file: Option<&Path>) -> Self {
        let in_environment = Figment::from(Env::prefixed(PREFIX).split("__")).extract_inner(FORMAT).ok();
        let in_file = || Figment::from(Toml::file_exact(file?)).extract_inner(FORMAT).ok();
        in_environment.or_else(in_file).unwrap_or(Self::Text)
    }
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
    fn the_format_is_known_although_other_settings_can_not_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("derslik.toml");
        let named = |settings: &str| {
            std::fs::write(&file, settings).unwrap();
            LogFormat::named(Some(&file))
        };
        assert_eq!(named("listen = 7\n[log]\nformat = \"json\"\n"), LogFormat::Json);
        assert_eq!([named("listen = 7\n"), named("not TOML"), LogFormat::named(None)], [LogFormat::Text; 3]);
    }

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
