//! Metrics for Prometheus. The adapters record what they do through the facade `metrics`, and a recorder keeps it. The rest is read
//! when it is asked for: the process, the database and the backlog. Between two scrapes, a thread sums up the samples of durations every
//! few seconds, and keeps what the process did in the last hour.
//!
//! | file | content |
//! |---|---|
//! | `catalogue` | the list of all metrics |
//! | `recorder` | keeps what the adapters record |
//! | `history` | what the process did in the last hour, for charts |
//! | `backlog` | whether the database answers, and the work that waits, read behind the scrapes |
//! | `process` | what the kernel knows of the process |
//! | `denials` | counts denied requests |
//! | `exposition` | the text format of Prometheus |

mod backlog;
pub mod catalogue;
mod denials;
mod exposition;
mod history;
mod process;
mod recorder;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use derslik_domain::time::Timestamp;
use derslik_ports::inbound::HealthService;
use derslik_ports::inbound::operators::{Backlog, BacklogReading, VitalsReading};
use derslik_ports::outbound::Clock;
use derslik_storage::DatabaseUrl;
use tokio::runtime::Handle;

pub use denials::MeteredDenials;

use backlog::{Found, WatchedBacklog};
use exposition::Exposition;
use history::{History, Queue, Sampler};
use recorder::Recording;

/// How old the backlog of a sample may be. Each process reads it that often, also without scrapes.
const BACKLOG_AGE: Duration = Duration::from_secs(15);

/// Renders all metrics in the text format of Prometheus. It may wait for a quarter of a second, so it needs a thread that may block.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

/// The metrics of this process. Clones are the same.
#[derive(Clone)]
pub struct Metrics(Arc<Parts>);

struct Parts {
    recording: Recording,
    database: DatabaseUrl,
    connections: u32,
    started: Timestamp,
    history: Arc<History>,
    watched: Arc<OnceLock<Watched>>,
}

/// The backlog, and the clock that tells how long it is overdue.
struct Watched {
    backlog: Arc<WatchedBacklog>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Begins to record, on a thread of its own. A process calls it once. `connections` is the most connections that units of work may
    /// hold, and `now` the time of the machine.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(database: DatabaseUrl, connections: u32, now: Timestamp) -> std::io::Result<Self> {
        let (history, watched) = (Arc::<History>::default(), Arc::<OnceLock<Watched>>::default());
        // The thread must not keep the database open after the last user of the metrics.
        let weak = Arc::downgrade(&watched);
        let mut sampler = Sampler::new(Arc::clone(&history), connections, move || weak.upgrade()?.get()?.queue());
        let recording = Recording::start(move |text| sampler.sample(text, crate::system::now()))?;
        Ok(Self(Arc::new(Parts { recording, database, connections, started: now, history, watched })))
    }

    /// Shows from now on whether the database answers, as `health` tells, and the backlog. Both are read on `runtime`, once the database
    /// can be used; a second call has no effect.
    pub fn watch(&self, backlog: Arc<dyn BacklogReading>, health: Arc<dyn HealthService>, clock: Arc<dyn Clock>, runtime: &Handle) {
        self.0.watched.get_or_init(|| Watched { backlog: WatchedBacklog::new(backlog, health, runtime.clone()), clock });
    }

    /// Waits until metrics are recorded. What is done before is not counted, and threads keep their counters, so a process waits for it
    /// before its first request or job.
    pub fn wait(&self) {
        self.0.recording.wait();
    }

    /// What the process did in the last hour.
    pub fn vitals(&self) -> Arc<dyn VitalsReading> {
        let history: Arc<dyn VitalsReading> = self.0.history.clone();
        history
    }

    /// What renders the metrics.
    pub fn text(&self) -> MetricsText {
        let metrics = self.clone();
        Arc::new(move || metrics.0.text())
    }
}

impl Parts {
    fn text(&self) -> String {
        let mut text = Exposition::after(self.recording.text());
        text.labelled("derslik_build_info", "version", [(env!("CARGO_PKG_VERSION"), 1)]);
        text.single("derslik_pool_connections", self.connections);
        if let Some(sizes) = self.database.file_sizes() {
            text.single("derslik_sqlite_file_bytes", sizes.database);
            text.single("derslik_sqlite_wal_bytes", sizes.log);
        }
        if let Some(watched) = self.watched.get() {
            watched.add(&mut text);
        }
        process::add(&mut text, self.started);
        text.finish()
    }
}

impl Watched {
    fn add(&self, text: &mut Exposition) {
        let Some(Found { is_up, backlog }) = self.backlog.latest() else { return };
        text.single("derslik_database_up", u8::from(is_up));
        let Some(backlog) = backlog else { return };
        text.labelled("derslik_jobs_queue", "state", [("scheduled", backlog.scheduled_jobs), ("running", backlog.running_jobs)]);
        text.single("derslik_jobs_oldest_due_seconds", self.overdue(&backlog).as_secs_f64());
        let projections = backlog.projections.iter().map(|lag| (lag.projection, lag.pending));
        text.labelled("derslik_projection_pending", "projection", projections);
    }

    /// The queue as it was found lately. `None` before the first read, and after one that failed.
    fn queue(&self) -> Option<Queue> {
        let backlog = self.backlog.recent(BACKLOG_AGE)?.backlog?;
        Some(Queue { scheduled: backlog.scheduled_jobs, running: backlog.running_jobs, overdue: self.overdue(&backlog) })
    }

    /// How long the job is overdue that has waited longest.
    fn overdue(&self, backlog: &Backlog) -> Duration {
        backlog.next_due.map_or(Duration::ZERO, |due| self.clock.now().since(due))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use derslik_ports::StoreError;
    use derslik_ports::inbound::operators::{MockBacklogReading, ProjectionBacklog};
    use derslik_ports::inbound::{HealthNote, HealthPart, HealthState, MockHealthService, PartHealth, Readiness};
    use derslik_ports::mocks::StoppedClock;
    use derslik_ports::outbound::Reason;
    use derslik_testkit::builders::now;

    use super::catalogue::{CATALOGUE, Kind, Metric};
    use super::*;

    impl Metrics {
        fn new(recording: Recording, database: DatabaseUrl, connections: u32, started: Timestamp) -> Self {
            Self(Arc::new(Parts { recording, database, connections, started, history: Arc::default(), watched: Arc::default() }))
        }
    }

    fn backlog() -> Backlog {
        let projections =
            ["search_index", "session_ends", "session_creators"].map(|projection| ProjectionBacklog { projection, pending: 4 });
        Backlog { scheduled_jobs: 12, running_jobs: 3, next_due: Some(now().minutes_before(2)), projections: projections.to_vec() }
    }

    /// The health of a process whose database is in that state.
    pub(super) fn health(state: HealthState) -> MockHealthService {
        let mut health = MockHealthService::new();
        health.expect_readiness().returning(move || Readiness {
            parts: vec![PartHealth { part: HealthPart::Database, state, since: now(), note: HealthNote::Silent }],
        });
        health
    }

    fn metrics(
        state: HealthState,
        recording: Recording,
        read: fn() -> Result<Backlog, StoreError>,
        database: DatabaseUrl,
        runtime: &Handle,
    ) -> Metrics {
        let mut reading = MockBacklogReading::new();
        reading.expect_backlog().returning(read);
        let metrics = Metrics::new(recording, database, 6, now());
        metrics.watch(Arc::new(reading), Arc::new(health(state)), Arc::new(StoppedClock(now())), runtime);
        metrics
    }

    /// The text once the backlog has been read.
    fn text_of(metrics: &Metrics) -> String {
        loop {
            let text = metrics.0.text();
            if text.contains("derslik_database_up") {
                return text;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_process_that_waits_for_its_database_shows_the_rest() {
        let text = Metrics::new(Recording::none(), DatabaseUrl::Sqlite("none".into()), 6, now()).text()();
        assert!(text.contains("\nderslik_pool_connections 6\n") && !text.contains("derslik_database_up"), "{text}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn the_backlog_is_rendered_with_the_time_that_jobs_are_overdue() {
        let url = DatabaseUrl::Postgres("postgres://u@nowhere/none".to_owned());
        let text = text_of(&metrics(HealthState::Ok, Recording::none(), || Ok(backlog()), url, &Handle::current()));
        for line in [
            "derslik_database_up 1",
            "derslik_pool_connections 6",
            "derslik_jobs_queue{state=\"scheduled\"} 12",
            "derslik_jobs_queue{state=\"running\"} 3",
            "derslik_jobs_oldest_due_seconds 120",
            "derslik_projection_pending{projection=\"session_ends\"} 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
        assert!(!text.contains("derslik_sqlite_"), "{text}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_sample_has_the_queue_once_it_has_been_read() {
        let url = DatabaseUrl::Sqlite("none".into());
        let metrics = metrics(HealthState::Ok, Recording::none(), || Ok(backlog()), url, &Handle::current());
        let watched = metrics.0.watched.get().unwrap();
        let queue = loop {
            match watched.queue() {
                Some(queue) => break queue,
                None => tokio::task::yield_now().await,
            }
        };
        assert_eq!(queue, Queue { scheduled: 12, running: 3, overdue: Duration::from_secs(120) });
        assert!(metrics.vitals().last_hour().is_empty());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_database_that_fails_is_down_and_has_no_backlog() {
        let url = DatabaseUrl::Sqlite("none".into());
        let metrics = metrics(HealthState::Failing, Recording::none(), || Err(Reason::Unreachable.into()), url, &Handle::current());
        let text = text_of(&metrics);
        assert!(text.contains("\nderslik_database_up 0\n"), "{text}");
        assert!(text.contains("\nderslik_sqlite_wal_bytes 0\n"), "{text}");
        assert!(!text.contains("derslik_jobs_queue"), "{text}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_database_whose_connections_are_all_held_is_up_and_has_no_backlog() {
        let url = DatabaseUrl::Sqlite("none".into());
        let metrics = metrics(HealthState::Ok, Recording::none(), || Err(Reason::Crowded.into()), url, &Handle::current());
        let text = text_of(&metrics);
        assert!(text.contains("\nderslik_database_up 1\n"), "{text}");
        assert!(!text.contains("derslik_jobs_queue"), "{text}");
    }

    /// Records each metric of the adapters once, and looks for each metric of the catalogue in the text.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn every_metric_of_the_catalogue_is_rendered_with_its_type_and_its_help() {
        let (recorder, recording) = Recording::local();
        ::metrics::with_local_recorder(&recorder, || {
            recorder::describe();
            CATALOGUE.iter().filter(|metric| metric.is_recorded).for_each(record);
        });
        let url = DatabaseUrl::Sqlite("none".into());
        let text = text_of(&metrics(HealthState::Ok, recording, || Ok(backlog()), url, &Handle::current()));
        let types: BTreeSet<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).map(str::to_owned).collect();
        let expected: BTreeSet<_> = CATALOGUE
            .iter()
            .filter(|metric| cfg!(target_os = "linux") || !metric.name.starts_with("process_"))
            .map(|metric| format!("{} {}", metric.name, metric.kind.name()))
            .collect();
        assert_eq!(types, expected);
        for metric in CATALOGUE.iter().filter(|metric| metric.is_recorded || metric.name == "derslik_jobs_queue") {
            assert!(text.contains(&format!("# HELP {} {}\n", metric.name, metric.help)), "{}: {text}", metric.name);
        }
    }

    fn record(metric: &Metric) {
        let labels: Vec<_> = metric.labels.iter().map(|label| ::metrics::Label::new(*label, "one")).collect();
        match metric.kind {
            Kind::Counter => ::metrics::counter!(metric.name, labels).increment(1),
            Kind::Gauge => ::metrics::gauge!(metric.name, labels).set(1.0),
            Kind::Histogram(_) => ::metrics::histogram!(metric.name, labels).record(0.5),
        }
    }
}
