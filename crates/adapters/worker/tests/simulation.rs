//! Workers on a store in memory that fails now and then, under a clock that the test moves. In spite of all failures, no job is
//! lost, started early, or completed twice.
#![cfg(test)]

mod memory;

use std::sync::Arc;
use std::time::Duration;

use derslik_domain::job::{Event, JobStatus};
use derslik_ports::outbound::Clock;
use derslik_testkit::builders::account;
use memory::{Memory, VirtualClock, fill, start, until_all_ended};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

fn expect_each_done_once(memory: &Memory, jobs: usize) {
    let tables = memory.tables();
    assert!(tables.jobs.values().all(|job| job.status() == JobStatus::Completed));
    assert_eq!(tables.ledger.len(), jobs);
    assert!(tables.ledger.values().all(|count| *count == 1), "{:?}", tables.ledger);
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
