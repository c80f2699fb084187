//! Keeps what the adapters record.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::catalogue::{CATALOGUE, Kind, Metric};

/// How often the samples of durations are summed up. Until then each sample takes 16 bytes. Every other time, a sample for the
/// charts of the last hour is taken.
const UPKEEP_INTERVAL: Duration = Duration::from_millis(2_500);

/// What was recorded so far. There is nothing before the recorder has started. It first measures the clock of the processor, which takes
/// some milliseconds, so the start of the process goes on meanwhile.
pub(super) struct Recording {
    kept: Arc<OnceLock<PrometheusHandle>>,
    /// Its sender ends once the recorder has started, or has failed to.
    started: Mutex<Receiver<()>>,
}

impl Recording {
    /// Makes the recorder of the process, on a thread that also sums up the samples. Every five seconds, `look` gets what was recorded so
    /// far, in the text format of Prometheus.
    ///
    /// # Errors
    /// If the thread can't be started.
    pub(super) fn start(look: impl FnMut(&str) + Send + 'static) -> std::io::Result<Self> {
        let (kept, (starting, started)) = (Arc::new(OnceLock::new()), channel());
        let recording = Self { kept: Arc::clone(&kept), started: Mutex::new(started) };
        thread::Builder::new().name("metrics".to_owned()).spawn(move || record_into(&kept, starting, look))?;
        Ok(recording)
    }

    /// Waits until the recorder has started, which takes a fifth of a second at the most. What is counted before is lost, and so is all
    /// that a counter counts which was made before and is kept.
    pub(super) fn wait(&self) {
        // Nothing is sent: the wait ends together with the sender.
        self.started.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
    }

    /// What was recorded, in the text format of Prometheus.
    pub(super) fn text(&self) -> String {
        self.kept.get().map(PrometheusHandle::render).unwrap_or_default()
    }
}

fn record_into(kept: &OnceLock<PrometheusHandle>, starting: Sender<()>, mut look: impl FnMut(&str)) {
    let handle = match builder().and_then(PrometheusBuilder::install_recorder) {
        Ok(handle) => handle,
        Err(error) => return tracing::error!(%error, "metrics are not recorded"),
    };
    describe();
    let handle = kept.get_or_init(|| handle);
    drop(starting);
    loop {
        thread::sleep(UPKEEP_INTERVAL);
        handle.run_upkeep();
        thread::sleep(UPKEEP_INTERVAL);
        // The samples are summed up before they are rendered.
        look(&handle.render());
    }
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    CATALOGUE.iter().try_fold(PrometheusBuilder::new(), |builder, metric| match metric.kind {
        Kind::Histogram(bounds) => builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), bounds),
        Kind::Counter | Kind::Gauge => Ok(builder),
    })
}

/// Tells the recorder the meaning of each metric.
pub(super) fn describe() {
    for Metric { name, kind, help, .. } in CATALOGUE.iter().filter(|metric| metric.is_recorded) {
        match kind {
            Kind::Counter => describe_counter!(*name, *help),
            Kind::Gauge => describe_gauge!(*name, *help),
            Kind::Histogram(_) => describe_histogram!(*name, *help),
        }
    }
}

#[cfg(test)]
impl Recording {
    /// A recording of nothing.
    pub(super) fn none() -> Self {
        Self { kept: Arc::default(), started: Mutex::new(channel().1) }
    }

    /// A recorder that is not that of the process, and what it records.
    pub(super) fn local() -> (metrics_exporter_prometheus::PrometheusRecorder, Self) {
        let recorder = builder().unwrap().build_recorder();
        let handle = recorder.handle();
        (recorder, Self { kept: Arc::new(OnceLock::from(handle)), started: Mutex::new(channel().1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_counted_before_the_wait_for_the_recorder_ends() {
        let (starting, started) = channel();
        let recording = Arc::new(Recording { kept: Arc::default(), started: Mutex::new(started) });
        let waiting = Arc::clone(&recording);
        let waiter = thread::spawn(move || {
            waiting.wait();
            waiting.kept.get().is_some()
        });
        recording.kept.get_or_init(|| builder().unwrap().build_recorder().handle());
        drop(starting);
        assert!(waiter.join().unwrap());
        // A recorder that has failed to start is not waited for.
        Recording::none().wait();
    }

    #[test]
    fn durations_are_kept_in_the_buckets_of_the_catalogue() {
        let (recorder, recording) = Recording::local();
        metrics::with_local_recorder(&recorder, || {
            for seconds in [0.005, 0.05, 0.5, 5.0] {
                metrics::histogram!("derslik_jobs_claim_seconds").record(seconds);
            }
        });
        let text = recording.text();
        for line in [
            "derslik_jobs_claim_seconds_bucket{le=\"0.01\"} 1",
            "derslik_jobs_claim_seconds_bucket{le=\"0.1\"} 2",
            "derslik_jobs_claim_seconds_bucket{le=\"1\"} 3",
            "derslik_jobs_claim_seconds_bucket{le=\"+Inf\"} 4",
            "derslik_jobs_claim_seconds_count 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }
}
