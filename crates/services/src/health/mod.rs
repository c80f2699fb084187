//! The readiness of a process: what its parts look like, from a look at the database that all callers share.

mod judge;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{HealthPart, HealthService, HealthState, PartHealth, Phase, Readiness};
use derslik_ports::outbound::{Clock, DatabaseProbe};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use self::judge::{Judgement, Look, judge};

/// For how long a look at the database is valid. So the database sees one look in this time at the most.
const VALIDITY: Duration = Duration::from_secs(1);

/// How long a caller waits for a look. Afterwards the database counts as silent. Together with [`VALIDITY`], a state shows within
/// two seconds of its beginning.
const PATIENCE: Duration = Duration::from_millis(950);

/// The readiness of this process. All callers share one look at the database.
pub struct Health {
    probe: Arc<dyn DatabaseProbe>,
    clock: Arc<dyn Clock>,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    phase: Phase,
    /// When the last look began.
    begun: Option<Instant>,
    /// Open for as long as that look is under way.
    under_way: Option<watch::Receiver<()>>,
    last: Look,
    /// Each part with its state, and since when it has it.
    states: BTreeMap<HealthPart, (HealthState, Timestamp)>,
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health").field("phase", &lock(&self.shared).phase).finish_non_exhaustive()
    }
}

impl Health {
    /// The readiness of a process that is starting.
    pub fn new(probe: Arc<dyn DatabaseProbe>, clock: Arc<dyn Clock>) -> Self {
        let shared = Shared { phase: Phase::Starting, begun: None, under_way: None, last: Look::Silent, states: BTreeMap::new() };
        Self { probe, clock, shared: Arc::new(Mutex::new(shared)) }
    }

    /// Begins a look if the last one is too old and none is under way. Returns the look that is under way, and until when it is
    /// waited for.
    fn look(&self) -> Option<(watch::Receiver<()>, Instant)> {
        let mut shared = lock(&self.shared);
        let now = Instant::now();
        let is_due = shared.begun.is_none_or(|begun| now.duration_since(begun) >= VALIDITY);
        if is_due && !shared.is_under_way() {
            // The look is a task of its own: a caller that leaves must not make the next one begin another.
            let (end, under_way) = watch::channel(());
            let (probe, state) = (Arc::clone(&self.probe), Arc::clone(&self.shared));
            tokio::spawn(async move {
                let look = Look::from(probe.probe().await);
                lock(&state).last = look;
                // Ends the wait of the callers. A panic above ends it as well.
                drop(end);
            });
            shared.last = Look::Silent;
            shared.begun = Some(now);
            shared.under_way = Some(under_way);
        }
        let until = shared.begun? + PATIENCE;
        let under_way = shared.under_way.clone().filter(|_| shared.is_under_way())?;
        Some((under_way, until))
    }
}

impl Shared {
    fn is_under_way(&self) -> bool {
        // The sender never sends, so only its end can be seen.
        self.under_way.as_ref().is_some_and(|under_way| under_way.has_changed().is_ok())
    }

    /// Notes the state of a part, and logs it if it is another one than before.
    fn note(&mut self, judgement: Judgement, now: Timestamp) -> PartHealth {
        let Judgement { part, state, note } = judgement;
        let since = match self.states.get(&part) {
            Some((before, since)) if *before == state => *since,
            before => {
                let was_bad = before.is_some_and(|(before, _)| *before != HealthState::Ok);
                log(part, state, was_bad, &note);
                self.states.insert(part, (state, now));
                now
            }
        };
        PartHealth { part, state, since, note }
    }
}

/// Logs a new state of a part. The process logs its own start and stop.
fn log(part: HealthPart, state: HealthState, was_bad: bool, note: &str) {
    match state {
        _ if part == HealthPart::Process => {}
        HealthState::Failing | HealthState::Warning => tracing::warn!(?part, ?state, note, "a part of the service needs attention"),
        HealthState::Ok if was_bad => tracing::info!(?part, note, "a part of the service has recovered"),
        HealthState::Ok | HealthState::Unknown => {}
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl HealthService for Health {
    fn enter(&self, phase: Phase) {
        lock(&self.shared).phase = phase;
    }

    async fn readiness(&self) -> Readiness {
        if let Some((mut under_way, until)) = self.look() {
            // Both ends of the wait say the same: what there is now is judged.
            timeout_at(until, under_way.changed()).await.ok();
        }
        let now = self.clock.now();
        let mut shared = lock(&self.shared);
        let judgements = judge(shared.phase, &shared.last, now);
        Readiness { parts: judgements.into_iter().map(|judgement| shared.note(judgement, now)).collect() }
    }
}
