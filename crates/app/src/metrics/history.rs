//! What the process did in the last hour, as charts show it. Every few seconds a sample is taken: the difference between what is recorded
//! now and what was recorded before.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::{Vitals, VitalsReading};

/// How many samples are kept: those of an hour, one every five seconds. Each takes about 170 bytes.
const MAX_SAMPLES: usize = 720;

/// The samples of the last hour, the oldest first.
#[derive(Default)]
pub(super) struct History(Mutex<VecDeque<Vitals>>);

impl History {
    fn push(&self, sample: Vitals) {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if samples.len() >= MAX_SAMPLES {
            samples.pop_front();
        }
        samples.push_back(sample);
    }
}

impl VitalsReading for History {
    fn last_hour(&self) -> Vec<Vitals> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
}

/// The jobs that wait or run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Queue {
    pub(super) scheduled: u64,
    pub(super) running: u64,
    /// How long the job is overdue that has waited longest.
    pub(super) overdue: Duration,
}

/// Takes samples, and adds them to a history.
pub(super) struct Sampler<Q> {
    history: Arc<History>,
    connections: u32,
    queue: Q,
    /// The queue as it was last known.
    last_queue: Queue,
    last: Totals,
    taken: Instant,
}

impl<Q: FnMut() -> Option<Queue>> Sampler<Q> {
    /// `connections` is the most connections of the pool. `queue` tells the queue, if it is known.
    pub(super) fn new(history: Arc<History>, connections: u32, queue: Q) -> Self {
        Self { history, connections, queue, last_queue: Queue::default(), last: Totals::default(), taken: Instant::now() }
    }

    /// Takes a sample at the end of a span, in real time. `text` is what was recorded so far, in the text format of Prometheus.
    pub(super) fn sample(&mut self, text: &str, now: Timestamp) {
        let span = self.taken.elapsed();
        self.taken = Instant::now();
        self.sample_of(text, now, span);
    }

    fn sample_of(&mut self, text: &str, at: Timestamp, span: Duration) {
        if let Some(queue) = (self.queue)() {
            self.last_queue = queue;
        }
        let (before, now) = (self.last, Totals::read(text));
        let Queue { scheduled, running, overdue } = self.last_queue;
        self.history.push(Vitals {
            at,
            span,
            sessions: now.sessions.saturating_sub(before.sessions),
            courses: now.courses.saturating_sub(before.courses),
            jobs: now.jobs.saturating_sub(before.jobs),
            refused: now.refused.saturating_sub(before.refused),
            failed: now.failed.saturating_sub(before.failed),
            took: now.took.saturating_sub(before.took),
            slow: now.slow().saturating_sub(before.slow()),
            pool_in_use: now.pool_in_use,
            pool_size: self.connections,
            pool_waited: now.pool_waited.saturating_sub(before.pool_waited),
            scheduled_jobs: scheduled,
            running_jobs: running,
            overdue,
            completed_jobs: now.completed_jobs.saturating_sub(before.completed_jobs),
            failed_jobs: now.failed_jobs.saturating_sub(before.failed_jobs),
        });
        self.last = now;
    }
}

/// What was recorded since the process began, in sums over routes, methods and actions. The connections in use are those of the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Totals {
    sessions: u64,
    courses: u64,
    jobs: u64,
    refused: u64,
    failed: u64,
    took: Duration,
    /// The requests that a duration was recorded of, and those among them that took a tenth of a second at most.
    timed: u64,
    quick: u64,
    pool_in_use: u32,
    pool_waited: Duration,
    completed_jobs: u64,
    failed_jobs: u64,
}

impl Totals {
    /// Reads the text format of Prometheus. Other metrics are passed over.
    fn read(text: &str) -> Self {
        let mut totals = Self::default();
        for line in text.lines().filter(|line| line.starts_with("derslik_")) {
            if let Some((series, value)) = line.rsplit_once(' ') {
                let (name, labels) = series.split_once('{').unwrap_or((series, ""));
                totals.add(name, labels, value);
            }
        }
        totals
    }

    fn add(&mut self, name: &str, labels: &str, value: &str) {
        match name {
            "derslik_http_requests_total" => {
                if let Some(requests) = self.requests_of(labels) {
                    *requests += count(value);
                }
            }
            "derslik_http_errors_total" if labels.contains("status=\"5xx\"") => self.failed += count(value),
            "derslik_http_errors_total" => self.refused += count(value),
            "derslik_http_request_duration_seconds_sum" if is_of_an_api(labels) => self.took += seconds(value),
            "derslik_http_request_duration_seconds_count" if is_of_an_api(labels) => self.timed += count(value),
            "derslik_http_request_duration_seconds_bucket" if is_of_an_api(labels) && labels.contains("le=\"0.1\"") => {
                self.quick += count(value);
            }
            "derslik_pool_in_use" => self.pool_in_use = u32::try_from(count(value)).unwrap_or(u32::MAX),
            "derslik_pool_wait_seconds_sum" => self.pool_waited += seconds(value),
            "derslik_jobs_ended_total" if labels.contains("outcome=\"completed\"") => self.completed_jobs += count(value),
            "derslik_jobs_ended_total" if labels.contains("outcome=\"failed\"") => self.failed_jobs += count(value),
            _ => {}
        }
    }

    fn requests_of(&mut self, labels: &str) -> Option<&mut u64> {
        if labels.contains("dialect=\"sessions\"") {
            Some(&mut self.sessions)
        } else if labels.contains("dialect=\"courses\"") {
            Some(&mut self.courses)
        } else if labels.contains("dialect=\"jobs\"") {
            Some(&mut self.jobs)
        } else {
            None
        }
    }

    const fn slow(&self) -> u64 {
        self.timed.saturating_sub(self.quick)
    }
}

/// Whether a series belongs to one of the three APIs, and not to the endpoint for tokens or to a path of none of them.
fn is_of_an_api(labels: &str) -> bool {
    !labels.contains("dialect=\"none\"")
}

/// A whole number. A gauge may have a part behind a point, which is left out; a negative one counts as 0.
fn count(value: &str) -> u64 {
    value.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or_default()
}

fn seconds(value: &str) -> Duration {
    value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use derslik_testkit::builders::now;

    use super::*;
    use crate::metrics::recorder::Recording;

    const FIRST: &str = r#"# TYPE derslik_http_requests_total counter
derslik_http_requests_total{dialect="sessions",route="/xapi/v2/session",method="POST"} 10
derslik_http_requests_total{dialect="sessions",route="/xapi/v2/session/{id}",method="GET"} 5
derslik_http_requests_total{dialect="courses",route="/v1/courses",method="GET"} 7
derslik_http_requests_total{dialect="none",route="other",method="other"} 100
derslik_http_errors_total{dialect="courses",route="/v1/courses",status="4xx"} 2
derslik_http_errors_total{dialect="jobs",route="/api/v1/projects",status="5xx"} 1
derslik_http_request_duration_seconds_bucket{dialect="courses",route="/v1/courses",le="0.1"} 6
derslik_http_request_duration_seconds_bucket{dialect="courses",route="/v1/courses",le="1"} 7
derslik_http_request_duration_seconds_bucket{dialect="courses",route="/v1/courses",le="+Inf"} 7
derslik_http_request_duration_seconds_sum{dialect="courses",route="/v1/courses"} 0.75
derslik_http_request_duration_seconds_count{dialect="courses",route="/v1/courses"} 7
derslik_http_request_duration_seconds_sum{dialect="none",route="other"} 9
derslik_http_request_duration_seconds_count{dialect="none",route="other"} 9
derslik_pool_in_use 3
derslik_pool_wait_seconds_sum 0.5
derslik_jobs_ended_total{action="prune",outcome="completed"} 4
derslik_jobs_ended_total{action="prune",outcome="failed"} 0
"#;

    fn sampler(queue: impl FnMut() -> Option<Queue>) -> (Arc<History>, Sampler<impl FnMut() -> Option<Queue>>) {
        let history = Arc::<History>::default();
        (Arc::clone(&history), Sampler::new(history, 6, queue))
    }

    #[test]
    fn a_sample_is_what_was_recorded_since_the_one_before() {
        let (history, mut sampler) = sampler(|| None);
        let span = Duration::from_secs(5);
        sampler.sample_of(FIRST, now(), span);
        let second = FIRST.replace("\"POST\"} 10", "\"POST\"} 12").replace("in_use 3", "in_use 1").replace("sum 0.5", "sum 0.75");
        sampler.sample_of(&second.replace("outcome=\"failed\"} 0", "outcome=\"failed\"} 1"), now().plus(span), span);
        let first = Vitals {
            at: now(),
            span,
            sessions: 15,
            courses: 7,
            jobs: 0,
            refused: 2,
            failed: 1,
            took: Duration::from_millis(750),
            slow: 1,
            pool_in_use: 3,
            pool_size: 6,
            pool_waited: Duration::from_millis(500),
            scheduled_jobs: 0,
            running_jobs: 0,
            overdue: Duration::ZERO,
            completed_jobs: 4,
            failed_jobs: 0,
        };
        let nothing = Vitals { sessions: 0, courses: 0, refused: 0, failed: 0, took: Duration::ZERO, slow: 0, completed_jobs: 0, ..first };
        let then = Vitals { at: now().plus(span), sessions: 2, pool_in_use: 1, failed_jobs: 1, ..nothing };
        assert_eq!(history.last_hour(), [first, Vitals { pool_waited: Duration::from_millis(250), ..then }]);
    }

    #[test]
    fn the_queue_stays_as_it_was_last_known() {
        let known = Queue { scheduled: 12, running: 3, overdue: Duration::from_secs(120) };
        let mut found = [Some(known), None].into_iter();
        let (history, mut sampler) = sampler(move || found.next().flatten());
        sampler.sample("", now());
        sampler.sample("", now());
        let queues: Vec<_> =
            history.last_hour().iter().map(|vitals| (vitals.scheduled_jobs, vitals.running_jobs, vitals.overdue)).collect();
        assert_eq!(queues, [(12, 3, Duration::from_secs(120)); 2]);
    }

    #[test]
    fn an_hour_is_kept() {
        let (history, mut sampler) = sampler(|| None);
        for second in 0..=720 {
            sampler.sample("", now().plus(Duration::from_secs(5 * second)));
        }
        let kept = history.last_hour();
        assert_eq!((kept.len(), kept[0].at), (720, now().plus(Duration::from_secs(5))));
    }

    #[test]
    fn what_the_recorder_renders_is_read() {
        let (recorder, recording) = Recording::local();
        metrics::with_local_recorder(&recorder, || {
            let labels = [("dialect", "jobs"), ("route", "/api/v1/projects")];
            metrics::counter!("derslik_http_requests_total", &labels).increment(3);
            metrics::histogram!("derslik_http_request_duration_seconds", &labels).record(0.25);
            metrics::gauge!("derslik_pool_in_use").increment(2.0);
            metrics::histogram!("derslik_pool_wait_seconds").record(0.5);
        });
        let totals = Totals::read(&recording.text());
        let (took, pool_waited) = (Duration::from_millis(250), Duration::from_millis(500));
        assert_eq!(totals, Totals { jobs: 3, took, timed: 1, pool_in_use: 2, pool_waited, ..Totals::default() });
        assert_eq!(totals.slow(), 1);
    }
}
