//! Workers on a store in memory that fails now and then, under a clock that the test moves. In spite of all failures, no job is
//! lost, started early, or completed twice.
#![cfg(test)]

mod memory;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use derslik_domain::id::{Id, JobId};
use derslik_domain::job::{Event, JobStatus, NewJob};
use derslik_ports::outbound::{Clock, Ids};
use derslik_testkit::builders::account;
use memory::{Chance, Memory, VirtualClock, fill, reference, start, until_all_ended};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

fn expect_each_done_once(memory: &Memory, jobs: usize) {
    let tables = memory.tables();
    assert!(tables.jobs.values().all(|job| job.status() == JobStatus::Completed));
    assert_eq!(tables.ledger.len(), jobs);
    assert!(tables.ledger.values().all(|count| *count == 1), "{:?}", tables.ledger);
}

/// The seeds of histories: a few beside the other tests, and a thousand from the one that `make prove ARGS=simulation` draws.
fn seeds() -> std::ops::Range<u64> {
    let is_full = std::env::var_os("DERSLIK_PROVE").is_some_and(|size| size == "full");
    let first = std::env::var_os("DERSLIK_PROVE_SEED").and_then(|seed| seed.to_str()?.parse().ok()).unwrap_or(1);
    first..first + if is_full { 1_000 } else { 10 }
}

/// A history of 200 random steps: workers die and are replaced, stop, and time passes; jobs come, and are cancelled.
struct History {
    memory: Memory,
    clock: Arc<VirtualClock>,
    chance: Chance,
    /// Each worker with its own way to the store, and what tells it to stop.
    workers: Vec<(Memory, CancellationToken)>,
    /// Workers that were told to stop, or have died.
    gone: Vec<CancellationToken>,
    jobs: i64,
    cancelled: BTreeSet<JobId>,
}

impl History {
    /// Three workers on 30 jobs, some of which are due within the hour.
    async fn begin(seed: u64) -> Self {
        let chance = Chance(AtomicU64::new(!seed));
        let memory = Memory::new(chance.random_number() % 20, seed);
        fill(&memory, 30);
        let clock = Arc::new(VirtualClock(Instant::now()));
        // The others are due at midnight.
        sleep(Duration::from_secs(10 * 60 * 60 + 30 * 60)).await;
        let mut history = Self { memory, clock, chance, workers: Vec::new(), gone: Vec::new(), jobs: 30, cancelled: BTreeSet::new() };
        for _ in 0..3 {
            history.start_one();
        }
        history
    }

    fn below(&self, most: usize) -> usize {
        let most = u64::try_from(most).expect("a small number");
        usize::try_from(self.chance.random_number() % most).expect("a small number")
    }

    fn start_one(&mut self) {
        let (memory, stop) = (Memory { dead: CancellationToken::new(), ..self.memory.clone() }, CancellationToken::new());
        start(&memory, &self.clock, &stop);
        self.workers.push((memory, stop));
    }

    async fn step(&mut self) {
        match self.below(10) {
            0 => {
                let (memory, stop) = self.workers.remove(self.below(self.workers.len()));
                memory.dead.cancel();
                self.gone.push(stop);
                self.start_one();
            }
            1 => {
                let (_, stop) = self.workers.remove(self.below(self.workers.len()));
                stop.cancel();
                self.start_one();
            }
            2 => self.cancel_one(),
            3 => self.add_one(),
            _ => sleep(Duration::from_millis(self.chance.random_number() % 60_000)).await,
        }
    }

    fn cancel_one(&mut self) {
        let mut tables = self.memory.tables.lock().expect("no panic");
        let live = |status| matches!(status, JobStatus::Scheduled | JobStatus::Running);
        let jobs: Vec<_> = tables.jobs.values().filter(|job| live(job.status())).cloned().collect();
        if jobs.is_empty() {
            return;
        }
        let (cancelled, _) = jobs[self.below(jobs.len())].clone().apply(Event::Cancel, self.clock.now()).expect("it has not ended");
        self.cancelled.insert(cancelled.id);
        tables.jobs.insert((account().id, cancelled.id), cancelled);
    }

    fn add_one(&mut self) {
        self.jobs += 1;
        let job = NewJob::assign_calendar_id(reference(self.jobs), self.clock.now()).into_job(Id::new(self.jobs));
        self.memory.tables.lock().expect("no panic").jobs.insert((account().id, job.id), job);
    }

    /// Lets the workers end everything. Each job was then done once, or cancelled.
    async fn end(self, seed: u64) {
        until_all_ended(&self.memory).await;
        self.workers.iter().map(|(_, stop)| stop).chain(&self.gone).for_each(CancellationToken::cancel);
        let tables = self.memory.tables();
        for job in tables.jobs.values() {
            let (expected, effects) = if self.cancelled.contains(&job.id) { (JobStatus::Cancelled, 0) } else { (JobStatus::Completed, 1) };
            let found = (job.status(), tables.ledger.get(&job.id).copied().unwrap_or_default());
            assert_eq!(found, (expected, effects), "seed {seed}, {job:?}");
        }
        assert_eq!(i64::try_from(tables.jobs.len()), Ok(self.jobs), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn in_every_history_each_job_is_done_once_or_cancelled() {
    for seed in seeds() {
        let mut history = History::begin(seed).await;
        for _ in 0..200 {
            history.step().await;
        }
        history.end(seed).await;
    }
    println!("seeds {:?}", seeds());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_now_and_then_loses_no_job_and_doubles_none() {
    for seed in 1..=5 {
        let memory = Memory::new(10, seed);
        fill(&memory, 60);
        let (clock, stop) = (Arc::new(VirtualClock(Instant::now())), CancellationToken::new());
        let workers: Vec<_> = (0..3).map(|_| start(&memory, &clock, &stop)).collect();
        until_all_ended(&memory).await;
        stop.cancel();
        for worker in workers {
            worker.await.expect("the worker ends");
        }
        expect_each_done_once(&memory, 60);
    }
}

#[tokio::test(start_paused = true)]
async fn the_jobs_of_workers_that_die_are_rescued_by_others() {
    let memory = Memory::new(0, 7);
    fill(&memory, 60);
    let (clock, stop) = (Arc::new(VirtualClock(Instant::now())), CancellationToken::new());
    let survivor = start(&memory, &clock, &stop);
    for _ in 0..20 {
        let doomed = Memory { dead: CancellationToken::new(), ..memory.clone() };
        start(&doomed, &clock, &stop);
        sleep(Duration::from_secs(3)).await;
        doomed.dead.cancel();
    }
    until_all_ended(&memory).await;
    stop.cancel();
    survivor.await.expect("the worker ends");
    expect_each_done_once(&memory, 60);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_told_to_stop_gives_back_what_it_can_not_end() {
    let memory = Memory::new(0, 3);
    fill(&memory, 16);
    let (clock, stop) = (Arc::new(VirtualClock(Instant::now())), CancellationToken::new());
    let worker = start(&memory, &clock, &stop);
    sleep(Duration::from_millis(100)).await;
    assert!(memory.tables().jobs.values().any(|job| job.status() == JobStatus::Running));
    let told = Instant::now();
    stop.cancel();
    worker.await.expect("the worker ends");
    assert!(told.elapsed() <= Duration::from_secs(7));
    assert!(memory.tables().jobs.values().all(|job| job.status() != JobStatus::Running), "no job waits for its lease to end");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_called_off_while_it_runs_stays_so() {
    let memory = Memory::new(0, 11);
    fill(&memory, 8);
    let (clock, stop) = (Arc::new(VirtualClock(Instant::now())), CancellationToken::new());
    let worker = start(&memory, &clock, &stop);
    sleep(Duration::from_millis(100)).await;
    let running: Vec<_> = memory.tables().jobs.into_values().filter(|job| job.status() == JobStatus::Running).collect();
    assert!(!running.is_empty());
    for job in &running {
        let (cancelled, _) = job.clone().apply(Event::Cancel, clock.now()).expect("it runs");
        memory.tables.lock().expect("no panic").jobs.insert((account().id, job.id), cancelled);
    }
    until_all_ended(&memory).await;
    stop.cancel();
    worker.await.expect("the worker ends");
    let tables = memory.tables();
    for job in running {
        assert_eq!(tables.jobs[&(account().id, job.id)].status(), JobStatus::Cancelled);
        assert!(!tables.ledger.contains_key(&job.id));
    }
}
