//! The readiness of a process: what its parts look like, from a look at the database that all callers share.

mod judge;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{HealthNote, HealthPart, HealthService, HealthState, PartHealth, Phase, Readiness};
use derslik_ports::outbound::{Clock, DatabaseProbe, DueTimes};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::{Instant, timeout_at};

use self::judge::{Judgement, Look, judge};

/// For how long a look at the database is valid. So the database sees one look in this time at the most.
const VALIDITY: Duration = Duration::from_secs(1);

/// How long a caller waits for a look. Afterwards the database counts as silent, unless it has answered meanwhile. Together with
/// [`VALIDITY`], a state shows within two seconds of its beginning.
const PATIENCE: Duration = Duration::from_millis(950);

/// The readiness of this process. All callers share one look at the database.
pub struct Health {
    probe: Arc<dyn DatabaseProbe>,
    clock: Arc<dyn Clock>,
    /// The clocks of accounts, once the process knows them.
    clocks: OnceLock<Arc<dyn Clock>>,
    shared: Mutex<State>,
}

/// A look that its callers share.
type SharedLook = Shared<BoxFuture<'static, Look>>;

struct State {
    phase: Phase,
    /// The last look, and when it began.
    last: Option<(SharedLook, Instant)>,
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
        let state = State { phase: Phase::Starting, last: None, states: BTreeMap::new() };
        Self { probe, clock, clocks: OnceLock::new(), shared: Mutex::new(state) }
    }

    /// Judges by these clocks from now on which jobs wait. Accounts with a clock of their own are left out: their jobs become due when a
    /// test moves the clock. Only the first call has an effect.
    pub fn go_by(&self, clocks: Arc<dyn Clock>) {
        self.clocks.set(clocks).ok();
    }

    /// The instants by which it is decided what is due.
    fn due_times(&self) -> DueTimes {
        self.clocks.get().unwrap_or(&self.clock).due_times()
    }

    /// The last look, and until when it is waited for. Begins another one if it is too old and not under way.
    fn look(&self) -> (SharedLook, Instant) {
        let mut state = lock(&self.shared);
        let now = Instant::now();
        let is_valid = |look: &SharedLook, begun| look.peek().is_none() || now.duration_since(begun) < VALIDITY;
        let (look, begun) = match state.last.take() {
            Some((look, begun)) if is_valid(&look, begun) => (look, begun),
            _ => (self.begin_look(), now),
        };
        state.last = Some((look.clone(), begun));
        (look, begun + PATIENCE)
    }

    fn begin_look(&self) -> SharedLook {
        let probe = Arc::clone(&self.probe);
        let left_out: Vec<_> = self.due_times().of_others.into_keys().collect();
        let look = async move { Look::from(probe.probe(left_out).await) };
        // A panic was logged, and is not an answer.
        let look = AssertUnwindSafe(look).catch_unwind().map(|look| look.unwrap_or(Look::Silent)).boxed().shared();
        // It ends without its callers, so that the next one finds its end.
        tokio::spawn(look.clone());
        look
    }
}

impl State {
    /// Notes the state of a part, and logs it if it is another one than before.
    fn note(&mut self, judgement: Judgement, now: Timestamp) -> PartHealth {
        let Judgement { part, state, note } = judgement;
        let since = match self.states.get(&part) {
            Some((before, since)) if *before == state => *since,
            before => {
                let was_bad = before.is_some_and(|(before, _)| *before != HealthState::Ok);
                log(part, state, was_bad, note);
                self.states.insert(part, (state, now));
                now
            }
        };
        PartHealth { part, state, since, note }
    }
}

/// Logs a new state of a part. The process logs its own start and stop.
fn log(part: HealthPart, state: HealthState, was_bad: bool, note: HealthNote) {
    match state {
        _ if part == HealthPart::Process => {}
        HealthState::Failing | HealthState::Warning => tracing::warn!(?part, ?state, %note, "a part of the service needs attention"),
        HealthState::Ok if was_bad => tracing::info!(?part, %note, "a part of the service has recovered"),
        HealthState::Ok | HealthState::Unknown => {}
    }
}

fn lock(shared: &Mutex<State>) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl HealthService for Health {
    fn enter(&self, phase: Phase) {
        lock(&self.shared).phase = phase;
    }

    async fn readiness(&self) -> Readiness {
        let (look, until) = self.look();
        // The look comes first: it has its answer from the thread of the probe, so a runtime that is late finds the answer, not the
        // end of the time.
        let look = timeout_at(until, look).await.unwrap_or(Look::Silent);
        let (now, of_accounts) = (self.clock.now(), self.due_times().of_most);
        let mut state = lock(&self.shared);
        let judgements = judge(state.phase, &look, of_accounts);
        Readiness { parts: judgements.into_iter().map(|judgement| state.note(judgement, now)).collect() }
    }
}
