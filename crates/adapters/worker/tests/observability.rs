//! The logs and metrics of a worker: each documented metric, and one line of the log for the end of each job.
#![cfg(test)]

mod memory;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use derslik_domain::id::Id;
use derslik_domain::job::{Event, LeaseTerm, LeaseToken, WorkerId};
use derslik_testkit::builders::{account, now};
use memory::{Memory, VirtualClock, fill, start, until_all_ended};
use metrics::{Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;

/// All recorded values, by the name of the metric and its labels.
#[derive(Debug, Clone, Default)]
struct Recorded(Arc<Mutex<BTreeMap<String, Vec<f64>>>>);

/// One metric of them.
struct Metric {
    name: String,
    all: Recorded,
}

impl Recorded {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<f64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn metric(&self, key: &Key) -> Arc<Metric> {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = [key.name().to_owned(), labels.join(",")].join(" ").trim_end().to_owned();
        Arc::new(Metric { name, all: self.clone() })
    }

    /// The values of a metric.
    fn of(&self, name: &str) -> Vec<f64> {
        self.lock().get(name).cloned().unwrap_or_default()
    }
}

impl Metric {
    fn note(&self, value: f64) {
        self.all.lock().entry(self.name.clone()).or_default().push(value);
    }
}

impl CounterFn for Metric {
    fn increment(&self, value: u64) {
        self.note(f64::from(u32::try_from(value).unwrap()));
    }

    fn absolute(&self, value: u64) {
        CounterFn::increment(self, value);
    }
}

impl GaugeFn for Metric {
    fn increment(&self, value: f64) {
        self.note(value);
    }

    fn decrement(&self, value: f64) {
        self.note(-value);
    }

    fn set(&self, value: f64) {
        self.note(value);
    }
}

impl HistogramFn for Metric {
    fn record(&self, value: f64) {
        self.note(value);
    }
}

impl Recorder for Recorded {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.metric(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.metric(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.metric(key))
    }
}

/// All lines of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

impl Log {
    fn lines_with(&self, part: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap();
        text.lines().filter(|line| line.contains(part)).map(str::to_owned).collect()
    }
}

const JOBS: i64 = 60;

#[tokio::test(start_paused = true)]
async fn what_a_worker_does_is_measured_and_logged() {
    let (recorded, log) = (Recorded::default(), Log::default());
    let _measured = metrics::set_default_local_recorder(&recorded);
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let _logged = tracing::subscriber::set_default(subscriber);
    let memory = Memory::new(0, 7);
    fill(&memory, JOBS);
    // A worker that has died holds one of the jobs.
    let dead = Event::Claim {
        worker: WorkerId::new(Uuid::from_u128(1)),
        token: LeaseToken::new(Uuid::from_u128(1)),
        term: LeaseTerm::new(LeaseTerm::SHORTEST).unwrap(),
    };
    let orphan = memory.tables().jobs[&(account().id, Id::new(2))].clone().apply(dead, now()).unwrap().0;
    memory.tables.lock().unwrap().jobs.insert((account().id, orphan.id), orphan);
    let (clock, stop) = (Arc::new(VirtualClock(Instant::now())), CancellationToken::new());
    let worker = start(&memory, &clock, &stop);
    until_all_ended(&memory).await;
    stop.cancel();
    worker.await.unwrap();

    let count = |name: &str| recorded.of(name).len();
    let (mut jobs_in_all, mut further_attempts) = (0, 0);
    for (action, jobs) in [("assign_calendar_id", 30), ("delete_user_data", 30)] {
        assert_eq!(count(&format!("derslik_jobs_ended_total action={action},outcome=completed")), jobs, "{recorded:?}");
        assert_eq!(count(&format!("derslik_jobs_run_seconds action={action}")), jobs);
        jobs_in_all += jobs;
        let retries = recorded.of(&format!("derslik_jobs_retries_total action={action}"));
        further_attempts += retries.iter().filter(|by| **by > 0.0).count();
    }
    // The claim of the dead worker was not measured here.
    let claims = count("derslik_jobs_start_lag_seconds") + 1;
    assert_eq!(claims, jobs_in_all + further_attempts, "each attempt but the first follows a failed one");
    assert!(further_attempts > 0, "some fail by chance");
    // An alert sees the first failure of a process only if the counter was 0 before.
    assert_eq!(recorded.of("derslik_jobs_rescued_total action=assign_calendar_id"), [0.0, 1.0]);
    assert_eq!(recorded.of("derslik_jobs_rescued_total action=delete_user_data"), [0.0]);
    assert_eq!(recorded.of("derslik_jobs_ended_total action=delete_user_data,outcome=failed").first(), Some(&0.0));
    assert!(count("derslik_jobs_claim_seconds") > 0);

    let ended = log.lines_with("job ended");
    assert_eq!(ended.len(), usize::try_from(JOBS).unwrap(), "one line for each");
    for number in 1..=JOBS {
        let own: Vec<_> = ended.iter().filter(|line| line.contains(&format!(" job={number} "))).collect();
        let [line] = own.as_slice() else { panic!("job {number}: {own:?}") };
        for field in [&format!("account={}", account().id), "action=", "outcome=\"completed\"", "attempts=", "ran_ms="] {
            assert!(line.contains(field), "{field}: {line}");
        }
    }
}
