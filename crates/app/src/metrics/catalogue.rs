//! The list of all metrics. `docs/METRICS.md` shows it, and tests hold the code, the page, the dashboard and the alerts against it.

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// The most combinations of the values of its labels.
    pub combinations: usize,
    /// Whether the adapters record it. The others are read when the metrics are rendered.
    pub is_recorded: bool,
    /// The meaning, with the unit.
    pub help: &'static str,
}

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A number that only grows.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// Values in buckets with these upper bounds.
    Histogram(&'static [f64]),
}

impl Kind {
    /// The name of the type in the text format of Prometheus.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

impl Metric {
    /// The most series that it has. A histogram has one for each bucket, and three besides: the bucket without a bound, the sum and the
    /// count.
    pub const fn series(&self) -> usize {
        match self.kind {
            Kind::Counter | Kind::Gauge => self.combinations,
            Kind::Histogram(bounds) => self.combinations * (bounds.len() + 3),
        }
    }

    /// The metric without labels that the adapters record.
    const fn recorded(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { name, kind, labels: &[], combinations: 1, is_recorded: true, help }
    }

    /// The metric without labels that is read.
    const fn read(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { is_recorded: false, ..Self::recorded(name, kind, help) }
    }

    /// The same metric with labels.
    const fn by(self, labels: &'static [&'static str], combinations: usize) -> Self {
        Self { labels, combinations, ..self }
    }
}

/// The actions of jobs.
const ACTIONS: usize = 8;
/// The routes of all dialects, with `other` of each dialect and of requests without one.
const ROUTES: usize = 40;
/// The pairs of a route and a method that exist, with `other`, and those that clients reach by overriding the method.
const METHODS_OF_ROUTES: usize = 75;

/// The buckets of requests. More would be too many series: each route has them.
const REQUEST_SECONDS: Kind = Kind::Histogram(&[0.1, 1.0]);

/// Every metric.
pub static CATALOGUE: [Metric; 31] = [
    Metric::recorded("derslik_http_requests_total", Kind::Counter, "Requests that were answered.")
        .by(&["dialect", "route", "method"], METHODS_OF_ROUTES),
    Metric::recorded("derslik_http_errors_total", Kind::Counter, "Requests that were answered with an error, by the class of the status.")
        .by(&["dialect", "route", "status"], 2 * ROUTES),
    Metric::recorded(
        "derslik_http_request_duration_seconds",
        REQUEST_SECONDS,
        "Seconds from the head of a request to the end of its answer.",
    )
    .by(&["dialect", "route"], ROUTES),
    Metric::recorded("derslik_batch_items_total", Kind::Counter, "Items of batches that were carried out.").by(&["dialect", "outcome"], 4),
    Metric::recorded("derslik_rate_limited_total", Kind::Counter, "Requests above a quota.").by(&["policy"], 3),
    Metric::recorded("derslik_denied_total", Kind::Counter, "Requests that were denied.").by(&["cause"], 6),
    Metric::recorded(
        "derslik_pool_wait_seconds",
        Kind::Histogram(&[0.001, 0.01, 0.1, 1.0]),
        "Seconds that a unit of work waited for a connection.",
    ),
    Metric::recorded("derslik_pool_refusals_total", Kind::Counter, "Units of work that got no connection in time."),
    Metric::recorded("derslik_pool_in_use", Kind::Gauge, "Connections that units of work hold."),
    Metric::read("derslik_pool_connections", Kind::Gauge, "The most connections that units of work may hold."),
    Metric::recorded("derslik_lookups_total", Kind::Counter, "Lookups of single objects."),
    Metric::recorded("derslik_lookup_statements_total", Kind::Counter, "Statements for these lookups, which several lookups may share."),
    Metric::read("derslik_database_up", Kind::Gauge, "Whether the database answered the last look of the process in time: 1 or 0."),
    Metric::read("derslik_sqlite_file_bytes", Kind::Gauge, "The size of the SQLite database."),
    Metric::read("derslik_sqlite_wal_bytes", Kind::Gauge, "The size of the write-ahead log of SQLite."),
    Metric::read("derslik_jobs_queue", Kind::Gauge, "Jobs by their state, counted up to 10 000.").by(&["state"], 2),
    Metric::read("derslik_jobs_oldest_due_seconds", Kind::Gauge, "How long the job is overdue that has waited longest."),
    Metric::recorded("derslik_jobs_ended_total", Kind::Counter, "Jobs that ended.").by(&["action", "outcome"], 2 * ACTIONS),
    Metric::recorded("derslik_jobs_retries_total", Kind::Counter, "Attempts that failed and are repeated.").by(&["action"], ACTIONS),
    Metric::recorded("derslik_jobs_rescued_total", Kind::Counter, "Jobs whose worker sent no heartbeat.").by(&["action"], ACTIONS),
    Metric::recorded("derslik_jobs_lost_total", Kind::Counter, "Jobs that were cancelled, or taken by another worker, while they ran.")
        .by(&["action"], ACTIONS),
    Metric::recorded("derslik_jobs_run_seconds", Kind::Histogram(&[10.0]), "Seconds that the last attempt of a job ran.")
        .by(&["action"], ACTIONS),
    Metric::recorded(
        "derslik_jobs_start_lag_seconds",
        Kind::Histogram(&[1.0, 10.0, 60.0]),
        "Seconds from the due time of a job to its claim.",
    ),
    Metric::recorded("derslik_jobs_claim_seconds", Kind::Histogram(&[0.01, 0.1, 1.0]), "Seconds that a claim of jobs took."),
    Metric::read(
        "derslik_projection_pending",
        Kind::Gauge,
        "Changes that a projection has not applied, of at most 1 000 records of the log.",
    )
    .by(&["projection"], 3),
    Metric::read("derslik_build_info", Kind::Gauge, "The version of the program; the value is 1.").by(&["version"], 1),
    Metric::read("process_resident_memory_bytes", Kind::Gauge, "The resident memory of the process."),
    Metric::read("process_open_fds", Kind::Gauge, "Open descriptors of the process."),
    Metric::read("process_max_fds", Kind::Gauge, "The limit of open descriptors; missing if there is none."),
    Metric::read("process_start_time_seconds", Kind::Gauge, "When the process began to keep metrics, in seconds since 1970."),
    Metric::read("process_cpu_seconds_total", Kind::Counter, "Processor seconds of the process."),
];

/// The metric of that name.
pub fn find(name: &str) -> Option<&'static Metric> {
    CATALOGUE.iter().find(|metric| metric.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use derslik_domain::audit::DenialCause;
    use derslik_domain::job::Action;

    use super::*;

    #[test]
    fn all_series_together_are_fewer_than_500() {
        assert!(CATALOGUE.iter().map(Metric::series).sum::<usize>() < 500);
    }

    #[test]
    fn combinations_of_labels_follow_the_domain() {
        assert_eq!(Action::ALL.len(), ACTIONS);
        assert_eq!(find("derslik_denied_total").map(|metric| metric.combinations), Some(DenialCause::ALL.len()));
        let projections = derslik_ports::outbound::Projection::ALL.len();
        assert_eq!(find("derslik_projection_pending").map(|metric| metric.combinations), Some(projections));
    }

    #[test]
    fn names_are_unique_and_tell_the_type() {
        let names: BTreeSet<_> = CATALOGUE.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), CATALOGUE.len());
        for metric in &CATALOGUE {
            assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter, "{}", metric.name);
            assert_eq!(metric.labels.is_empty(), metric.combinations == 1 && metric.name != "derslik_build_info", "{}", metric.name);
            if let Kind::Histogram(bounds) = metric.kind {
                assert!(metric.name.ends_with("_seconds") && bounds.is_sorted(), "{}", metric.name);
            }
        }
    }
}
