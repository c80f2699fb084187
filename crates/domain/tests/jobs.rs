//! Jobs under random schedules: one job against a small model of the rules, and a fleet of workers that die, stall and come
//! back. The clock is a number, and a step may set it back.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that goes wrong may panic")]

use std::collections::BTreeMap;
use std::time::Duration;

use derslik_domain::id::{JobId, ProjectId};
use derslik_domain::job::{
    Attempts, Event, Failure, FailureReason, Jitter, Job, JobState, JobStatus, LeaseTerm, LeaseToken, NewJob, Progress, ReferenceId,
    RetryPolicy, TransitionError, WorkerId, next_utc_midnight,
};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

const SECOND: i64 = 1_000_000;
/// 2021-06-17T07:09:15.277Z.
const CREATED: i64 = 1_623_913_755_277_000;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn token(number: u128) -> LeaseToken {
    LeaseToken::new(Uuid::from_u128(number))
}

fn worker(number: u128) -> WorkerId {
    WorkerId::new(Uuid::from_u128(number))
}

fn erasure(id: i64) -> Job {
    let user = ReferenceId::new(format!("user-{id}@example.com")).unwrap();
    NewJob::delete_user_data(ProjectId::new(1), user, at(CREATED)).into_job(JobId::new(id))
}

fn policy(attempts: u16) -> RetryPolicy {
    RetryPolicy::new(Attempts::new(attempts), Duration::from_secs(15), Duration::from_secs(15 * 60)).unwrap()
}

/// The token that a worker shows.
#[derive(Debug, Clone, Copy)]
enum Shown {
    /// The token of the last claim.
    Latest,
    /// The token of an earlier claim, or one that no claim had.
    Other(Index),
}

#[derive(Debug, Clone)]
enum Step {
    Wait(i64),
    WaitUntilDue,
    SetClockBack(i64),
    Claim,
    Heartbeat(Shown),
    Progress(Shown),
    Succeed(Shown),
    Fail(Shown, FailureReason, u32),
    Release(Shown),
    Cancel,
    Expire,
    RunNow,
    Retry,
}

fn any_shown() -> impl Strategy<Value = Shown> {
    prop_oneof![3 => Just(Shown::Latest), 1 => any::<Index>().prop_map(Shown::Other)]
}

fn any_step() -> impl Strategy<Value = Step> {
    let reason = prop_oneof![
        4 => Just(FailureReason::Transient),
        2 => Just(FailureReason::Panicked),
        1 => Just(FailureReason::Permanent),
    ];
    prop_oneof![
        6 => (0..20 * SECOND).prop_map(Step::Wait),
        4 => Just(Step::WaitUntilDue),
        1 => (0..7_200 * SECOND).prop_map(Step::SetClockBack),
        10 => Just(Step::Claim),
        4 => any_shown().prop_map(Step::Heartbeat),
        2 => any_shown().prop_map(Step::Progress),
        1 => any_shown().prop_map(Step::Succeed),
        6 => (any_shown(), reason, any::<u32>()).prop_map(|(shown, reason, bits)| Step::Fail(shown, reason, bits)),
        3 => any_shown().prop_map(Step::Release),
        1 => Just(Step::Cancel),
        5 => Just(Step::Expire),
        1 => Just(Step::RunNow),
        3 => Just(Step::Retry),
    ]
}

/// A second, plain implementation of the rules.
#[derive(Debug, Clone, PartialEq)]
struct Model {
    status: JobStatus,
    due: i64,
    attempts: u16,
    /// The token of the current run.
    holder: Option<u128>,
    lease_end: i64,
}

/// The outcome that the model expects for an event.
#[derive(Debug)]
enum Expected {
    /// The event is accepted, and the job is then like this.
    Taken(Model),
    /// The same, but due between the two instants.
    TakenWithin(Model, i64, i64),
    /// The event changes nothing.
    Refused,
}

impl Model {
    fn ended(&self, status: JobStatus) -> Self {
        Self { status, holder: None, ..self.clone() }
    }

    fn back(&self, due: i64, attempts: u16) -> Self {
        Self { status: JobStatus::Scheduled, due, attempts, holder: None, ..self.clone() }
    }

    fn expect(&self, event: &Event, now: i64, limit: u16) -> Expected {
        let holds = |token: &LeaseToken| self.status == JobStatus::Running && self.holder == Some(token.get().as_u128());
        let (scheduled, running) = (self.status == JobStatus::Scheduled, self.status == JobStatus::Running);
        let lease_end = now + 15 * SECOND;
        match event {
            Event::Claim { token, .. } if scheduled && now >= self.due => Expected::Taken(Self {
                status: JobStatus::Running,
                attempts: self.attempts + 1,
                holder: Some(token.get().as_u128()),
                lease_end,
                ..self.clone()
            }),
            Event::Heartbeat { token, .. } if holds(token) => Expected::Taken(Self { lease_end, ..self.clone() }),
            Event::Succeed { token } if holds(token) => Expected::Taken(self.ended(JobStatus::Completed)),
            Event::Release { token } if holds(token) => Expected::Taken(self.back(self.due, self.attempts - 1)),
            Event::Fail { token, failure, .. } if holds(token) => self.expect_of_failure(failure.reason, now, limit),
            Event::LeaseExpired { .. } if running && (now >= self.lease_end || self.lease_end > now + 30 * SECOND) => {
                self.expect_of_failure(FailureReason::LeaseExpired, now, limit)
            }
            Event::Cancel if scheduled || running || self.status == JobStatus::Failed => Expected::Taken(self.ended(JobStatus::Cancelled)),
            Event::RunNow if scheduled => Expected::Taken(self.back(self.due.min(now), self.attempts)),
            Event::Retry if self.status == JobStatus::Failed => Expected::Taken(self.back(now, 0)),
            Event::Claim { .. }
            | Event::Heartbeat { .. }
            | Event::Succeed { .. }
            | Event::Fail { .. }
            | Event::Release { .. }
            | Event::Cancel
            | Event::LeaseExpired { .. }
            | Event::RunNow
            | Event::Retry => Expected::Refused,
        }
    }

    fn expect_of_failure(&self, reason: FailureReason, now: i64, limit: u16) -> Expected {
        if reason == FailureReason::Permanent || self.attempts == limit {
            return Expected::Taken(self.ended(JobStatus::Failed));
        }
        let delay = match (reason, self.attempts) {
            (FailureReason::LeaseExpired, _) => 0,
            (_, 1) => 15 * SECOND,
            (_, 2) => 60 * SECOND,
            (_, 3) => 240 * SECOND,
            (_, _) => 900 * SECOND,
        };
        let (soonest, latest) = ((now + delay * 4 / 5).max(self.due), (now + delay).max(self.due));
        Expected::TakenWithin(self.back(latest, self.attempts), soonest, latest)
    }

    /// The job in the terms of the model; values that its state does not hold come from this model.
    fn seen(&self, state: &JobState) -> Self {
        let seen = Self { status: state.status(), attempts: state.attempts().get(), holder: None, ..self.clone() };
        match state {
            JobState::Scheduled { at, .. } => Self { due: at.micros(), ..seen },
            JobState::Running(run) => {
                Self { due: run.due.micros(), holder: Some(run.lease.token.get().as_u128()), lease_end: run.lease.until.micros(), ..seen }
            }
            JobState::Cancelled(_) | JobState::Failed(_) | JobState::Completed(_) => seen,
        }
    }
}

/// One job, its model, and the clock.
struct Rig {
    job: Job,
    model: Model,
    now: i64,
    limit: u16,
    tokens: u128,
    ends: Vec<JobStatus>,
}

impl Rig {
    fn new(limit: u16) -> Self {
        let job = erasure(1);
        let due = job.start_at.micros();
        let model = Model { status: JobStatus::Scheduled, due, attempts: 0, holder: None, lease_end: 0 };
        Self { job, model, now: CREATED, limit, tokens: 0, ends: Vec::new() }
    }

    fn token(&self, shown: Shown) -> LeaseToken {
        match shown {
            Shown::Latest => token(self.tokens),
            // No claim has the token zero.
            Shown::Other(index) => token(u128::try_from(index.index(usize::try_from(self.tokens).unwrap().max(1))).unwrap()),
        }
    }

    /// Moves the clock, or makes an event of the step.
    fn event(&mut self, step: &Step) -> Option<Event> {
        let (term, retry) = (LeaseTerm::DEFAULT, policy(self.limit));
        match *step {
            Step::Wait(micros) => self.now += micros,
            Step::WaitUntilDue => self.now = self.now.max(self.model.due),
            Step::SetClockBack(micros) => self.now -= micros,
            Step::Claim => {
                self.tokens += 1;
                return Some(Event::Claim { worker: worker(1), token: token(self.tokens), term });
            }
            Step::Heartbeat(shown) | Step::Progress(shown) => return Some(Event::Heartbeat { token: self.token(shown), term }),
            Step::Succeed(shown) => return Some(Event::Succeed { token: self.token(shown) }),
            Step::Fail(shown, reason, bits) => {
                let (token, failure) = (self.token(shown), Failure::new(reason, "it went wrong"));
                return Some(Event::Fail { token, failure, retry, jitter: Jitter::from_random(bits) });
            }
            Step::Release(shown) => return Some(Event::Release { token: self.token(shown) }),
            Step::Cancel => return Some(Event::Cancel),
            Step::Expire => return Some(Event::LeaseExpired { term, retry }),
            Step::RunNow => return Some(Event::RunNow),
            Step::Retry => return Some(Event::Retry),
        }
        None
    }

    fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let Some(event) = self.event(step) else { return Ok(()) };
        let before = self.job.clone();
        let expected = self.model.expect(&event, self.now, self.limit);
        let outcome = match (step, &event) {
            (Step::Progress(_), Event::Heartbeat { token, term }) => {
                before.clone().progressed(*token, *term, Progress::Rows(RowCount::new(1)), at(self.now))
            }
            _ => before.clone().apply(event.clone(), at(self.now)).map(|(job, _)| job),
        };
        self.check_the_right_to(&event, &outcome)?;
        match (outcome, expected) {
            (Ok(job), Expected::Taken(model)) => {
                prop_assert_eq!(&model.seen(&job.state), &model);
                (self.job, self.model) = (job, model);
            }
            (Ok(job), Expected::TakenWithin(model, soonest, latest)) => {
                let seen = model.seen(&job.state);
                prop_assert!((soonest..=latest).contains(&seen.due), "due at {}, not within {soonest} to {latest}", seen.due);
                prop_assert_eq!(&Model { due: seen.due, ..model }, &seen);
                (self.job, self.model) = (job, seen);
            }
            (Err(_), Expected::Refused) => {}
            (outcome, expected) => prop_assert!(false, "{event:?} at {}: {outcome:?}, but {expected:?}", self.now),
        }
        self.check_what_came_of(&event, &before)
    }

    /// Independent of the model: no job starts early, and a worker without the current token cannot change the job.
    fn check_the_right_to(&self, event: &Event, outcome: &Result<Job, TransitionError>) -> Result<(), TestCaseError> {
        match event {
            Event::Claim { .. } => prop_assert!(outcome.is_err() || at(self.now) >= self.job.start_at),
            Event::Heartbeat { token, .. } | Event::Succeed { token } | Event::Fail { token, .. } | Event::Release { token } => {
                let current = matches!(self.job.state, JobState::Running(run) if run.lease.token == *token);
                let lost = TransitionError::LeaseLost { status: self.job.status() };
                prop_assert_eq!(outcome.as_ref().err(), (!current).then_some(&lost));
            }
            Event::Cancel | Event::LeaseExpired { .. } | Event::RunNow | Event::Retry => {}
        }
        Ok(())
    }

    /// Independent of the model: attempts are limited, ended jobs stay as they are, and a job reaches only one of the two
    /// ends.
    fn check_what_came_of(&mut self, event: &Event, before: &Job) -> Result<(), TestCaseError> {
        let (was, status) = (before.status(), self.job.status());
        prop_assert!(self.job.state.attempts().get() <= self.limit);
        prop_assert!(self.job.updated_at >= before.updated_at);
        prop_assert!(self.job.failures.iter().len() >= before.failures.iter().len());
        if matches!(was, JobStatus::Cancelled | JobStatus::Completed) {
            prop_assert_eq!(before, &self.job, "{:?} changed a job that had ended", event);
        }
        if let JobState::Scheduled { at: due, .. } = self.job.state {
            prop_assert!(due >= self.job.start_at);
        }
        if was != status && !matches!(status, JobStatus::Scheduled | JobStatus::Running) {
            self.ends.push(status);
        }
        let completed = self.ends.iter().filter(|status| **status == JobStatus::Completed).count();
        prop_assert!(completed <= 1 && (completed == 0 || !self.ends.contains(&JobStatus::Cancelled)));
        Ok(())
    }
}

proptest! {
    #[test]
    fn a_job_does_what_the_model_says_under_any_schedule(
        limit in 1_u16..=6,
        steps in prop::collection::vec(any_step(), 1..200),
    ) {
        let mut rig = Rig::new(limit);
        for step in steps {
            rig.take(&step)?;
        }
    }

    #[test]
    fn from_wherever_a_job_got_to_one_healthy_worker_brings_it_to_its_end(
        limit in 1_u16..=6,
        steps in prop::collection::vec(any_step(), 0..60),
    ) {
        let mut rig = Rig::new(limit);
        for step in steps {
            rig.take(&step)?;
        }
        for step in [Step::Wait(15 * SECOND), Step::Expire, Step::WaitUntilDue, Step::Claim, Step::Succeed(Shown::Latest)] {
            rig.take(&step)?;
        }
        // The lease may have been given before the clock was set back by less than its term, so that it seems valid.
        for step in [Step::Wait(30 * SECOND), Step::Expire, Step::WaitUntilDue, Step::Claim, Step::Succeed(Shown::Latest)] {
            rig.take(&step)?;
        }
        prop_assert!(!matches!(rig.job.status(), JobStatus::Scheduled | JobStatus::Running));
    }
}

/// An event in the fleet.
#[derive(Debug, Clone)]
enum Turn {
    Tick(i64),
    /// A worker claims a batch.
    Claim(Index, usize),
    /// A worker renews every lease that it believes to hold, and drops the lost ones.
    Beat(Index),
    /// A worker finishes the oldest job that it believes to hold. It does so twice if the answer to the first commit got
    /// lost.
    Finish(Index, Option<FailureReason>, bool),
    /// A worker dies: it forgets its jobs, and comes back with a new id.
    Kill(Index),
    /// A worker releases all its jobs.
    Stop(Index),
    Rescue,
    Cancel(Index),
}

fn any_turn() -> impl Strategy<Value = Turn> {
    let failure = prop::option::weighted(0.2, prop::sample::select(vec![FailureReason::Transient, FailureReason::Permanent]));
    prop_oneof![
        6 => (0..12 * SECOND).prop_map(Turn::Tick),
        8 => (any::<Index>(), 1_usize..8).prop_map(|(worker, batch)| Turn::Claim(worker, batch)),
        6 => any::<Index>().prop_map(Turn::Beat),
        8 => (any::<Index>(), failure, prop::bool::weighted(0.1)).prop_map(|(worker, failure, twice)| Turn::Finish(worker, failure, twice)),
        2 => any::<Index>().prop_map(Turn::Kill),
        1 => any::<Index>().prop_map(Turn::Stop),
        3 => Just(Turn::Rescue),
        1 => any::<Index>().prop_map(Turn::Cancel),
    ]
}

/// A worker and the jobs that it believes to hold. A stalled worker gets no turn for a while.
struct Hand {
    id: WorkerId,
    held: Vec<(usize, LeaseToken)>,
}

struct Fleet {
    now: i64,
    jobs: Vec<Job>,
    hands: Vec<Hand>,
    /// How often the effect of a job was committed, which happens together with its completion.
    effects: BTreeMap<usize, u32>,
    tokens: u128,
}

impl Fleet {
    fn new(jobs: i64, hands: u128) -> Self {
        let jobs: Vec<_> = (1..=jobs).map(erasure).collect();
        let hands = (1..=hands).map(|number| Hand { id: worker(number), held: Vec::new() }).collect();
        Self { now: next_utc_midnight(at(CREATED)).micros() - 20 * SECOND, jobs, hands, effects: BTreeMap::new(), tokens: 0 }
    }

    /// Applies an event as a conditional update would, and returns whether it was accepted.
    fn apply(&mut self, place: usize, event: Event) -> bool {
        let Ok((job, _)) = self.jobs[place].clone().apply(event, at(self.now)) else { return false };
        self.jobs[place] = job;
        true
    }

    fn claim(&mut self, hand: usize, batch: usize) {
        self.tokens += 1;
        let (worker, token, term) = (self.hands[hand].id, token(self.tokens), LeaseTerm::DEFAULT);
        let mut claimed = 0;
        for place in 0..self.jobs.len() {
            if claimed < batch && self.apply(place, Event::Claim { worker, token, term }) {
                self.hands[hand].held.push((place, token));
                claimed += 1;
            }
        }
    }

    fn beat(&mut self, hand: usize) {
        let (mut held, term) = (std::mem::take(&mut self.hands[hand].held), LeaseTerm::DEFAULT);
        held.retain(|(place, token)| self.apply(*place, Event::Heartbeat { token: *token, term }));
        self.hands[hand].held = held;
    }

    fn finish(&mut self, hand: usize, reason: Option<FailureReason>, twice: bool) {
        if self.hands[hand].held.is_empty() {
            return;
        }
        let (place, token) = self.hands[hand].held.remove(0);
        for _ in 0..=u8::from(twice) {
            let event = match reason {
                None => Event::Succeed { token },
                Some(reason) => {
                    let failure = Failure::new(reason, "it went wrong");
                    Event::Fail { token, failure, retry: policy(5), jitter: Jitter::NONE }
                }
            };
            if self.apply(place, event) && reason.is_none() {
                *self.effects.entry(place).or_default() += 1;
            }
        }
    }

    fn rescue(&mut self) {
        for place in 0..self.jobs.len() {
            self.apply(place, Event::LeaseExpired { term: LeaseTerm::DEFAULT, retry: policy(5) });
        }
    }

    fn take(&mut self, turn: &Turn) {
        let hands = self.hands.len();
        match turn {
            Turn::Tick(micros) => self.now += micros,
            Turn::Claim(hand, batch) => self.claim(hand.index(hands), *batch),
            Turn::Beat(hand) => self.beat(hand.index(hands)),
            Turn::Finish(hand, failure, twice) => self.finish(hand.index(hands), *failure, *twice),
            Turn::Kill(hand) => {
                self.tokens += 1;
                self.hands[hand.index(hands)] = Hand { id: worker(1_000 + self.tokens), held: Vec::new() };
            }
            Turn::Stop(hand) => {
                for (place, token) in std::mem::take(&mut self.hands[hand.index(hands)].held) {
                    self.apply(place, Event::Release { token });
                }
            }
            Turn::Rescue => self.rescue(),
            Turn::Cancel(job) => {
                self.apply(job.index(self.jobs.len()), Event::Cancel);
            }
        }
    }

    /// Runs one healthy worker until all work is done, and returns the number of rounds of five seconds.
    fn drain(&mut self) -> usize {
        let mut rounds = 0;
        while self.jobs.iter().any(|job| matches!(job.status(), JobStatus::Scheduled | JobStatus::Running)) && rounds < 1_000 {
            self.now += 5 * SECOND;
            self.rescue();
            self.claim(0, usize::MAX);
            while !self.hands[0].held.is_empty() {
                self.finish(0, None, false);
            }
            rounds += 1;
        }
        rounds
    }
}

proptest! {
    #[test]
    fn no_job_is_lost_and_none_takes_effect_twice_however_workers_die(
        jobs in 1_i64..24,
        hands in 1_u128..4,
        turns in prop::collection::vec(any_turn(), 0..300),
    ) {
        let mut fleet = Fleet::new(jobs, hands);
        for turn in turns {
            fleet.take(&turn);
        }
        let rounds = fleet.drain();
        // The longest delay that can remain is the last one of the policy: 15 minutes.
        prop_assert!(rounds <= 15 * 12 + 4, "{rounds} rounds");
        for (place, job) in fleet.jobs.iter().enumerate() {
            let effects = fleet.effects.get(&place).copied().unwrap_or_default();
            prop_assert!(!matches!(job.status(), JobStatus::Scheduled | JobStatus::Running), "lost: {job:?}");
            prop_assert_eq!(effects, u32::from(job.status() == JobStatus::Completed), "{:?}", job);
            prop_assert!(job.updated_at >= job.start_at || job.status() == JobStatus::Cancelled);
        }
    }
}

#[test]
fn of_32_cancels_of_one_job_exactly_one_is_taken() {
    let mut fleet = Fleet::new(1, 1);
    let taken = (0..32).filter(|_| fleet.apply(0, Event::Cancel)).count();
    assert_eq!((taken, fleet.jobs[0].status()), (1, JobStatus::Cancelled));
}

#[test]
fn the_job_of_a_dead_worker_is_with_another_within_20_seconds() {
    let mut fleet = Fleet::new(1, 2);
    fleet.now += 20 * SECOND;
    fleet.claim(0, 1);
    let died_at = fleet.now;
    // Rescuers look every five seconds; in the worst case, one has just looked when the lease ends.
    fleet.now += 4 * SECOND;
    while fleet.hands[1].held.is_empty() {
        fleet.now += 5 * SECOND;
        fleet.rescue();
        fleet.claim(1, 1);
    }
    assert!(fleet.now - died_at <= 20 * SECOND);
    // The first worker was only stalled: its commit is refused now.
    fleet.finish(0, None, false);
    assert!(fleet.effects.is_empty());
}
