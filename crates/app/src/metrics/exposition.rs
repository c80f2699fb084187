//! The text format of Prometheus, for the metrics that are read when they are asked for.

use std::fmt::{Display, Write};

use super::catalogue;

/// A text with metrics of the catalogue.
pub(super) struct Exposition(String);

impl Exposition {
    /// A text that begins with other metrics.
    pub(super) fn after(recorded: String) -> Self {
        Self(recorded)
    }

    /// Adds a metric without labels.
    pub(super) fn single(&mut self, name: &str, value: impl Display) {
        self.head(name);
        self.line(format_args!("{name} {value}"));
    }

    /// Adds a metric with one label. The values of the label are words or a version, which need no escapes.
    pub(super) fn labelled<V: Display>(&mut self, name: &str, label: &str, samples: impl IntoIterator<Item = (&'static str, V)>) {
        self.head(name);
        for (of, value) in samples {
            self.line(format_args!("{name}{{{label}=\"{of}\"}} {value}"));
        }
    }

    /// The whole text.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn head(&mut self, name: &str) {
        if let Some(metric) = catalogue::find(name) {
            self.line(format_args!("# HELP {name} {}", metric.help));
            self.line(format_args!("# TYPE {name} {}", metric.kind.name()));
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string never fails.
        let _ = writeln!(self.0, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_has_its_help_its_type_and_its_samples() {
        let mut text = Exposition::after("before\n".to_owned());
        text.single("derslik_sqlite_wal_bytes", 7_u64);
        text.labelled("derslik_jobs_queue", "state", [("scheduled", 1), ("running", 2)]);
        let expected = "before\n\
             # HELP derslik_sqlite_wal_bytes The size of the write-ahead log of SQLite.\n\
             # TYPE derslik_sqlite_wal_bytes gauge\n\
             derslik_sqlite_wal_bytes 7\n\
             # HELP derslik_jobs_queue Jobs by their state, counted up to 10 000.\n\
             # TYPE derslik_jobs_queue gauge\n\
             derslik_jobs_queue{state=\"scheduled\"} 1\n\
             derslik_jobs_queue{state=\"running\"} 2\n";
        assert_eq!(text.finish(), expected);
    }
}
