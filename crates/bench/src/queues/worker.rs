//! The process of the worker: the job engine of the service with its defaults, its own connections and its own log, but with
//! handlers that do nothing. They use an action that no other part of the benchmark enqueues. A new action would have to be
//! known to the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use async_trait::async_trait;
use clap::Args;
use derslik::config::LogConfig;
use derslik::system::{SystemClock, SystemIds};
use derslik::telemetry;
use derslik_domain::id::Id;
use derslik_domain::job::{Action, Failure, NewJob, Progress, ReferenceId};
use derslik_ports::outbound::{Clock, StoreError, UnitOfWork};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_worker::{Registry, Runner, Settings, Task, TaskHandler, WorkerPorts};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::{ACCOUNT, CONCURRENCY};

/// The arguments of the process.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Work {
    /// The maximum number of jobs that a claim takes, or a write completes
    #[arg(long)]
    pub(super) batch: u16,
    /// The maximum number of jobs that run at once
    #[arg(long, default_value_t = CONCURRENCY)]
    pub(super) concurrency: u16,
    /// The number of jobs to make and do; with 0 another process makes them, and each is reported
    #[arg(long, default_value_t = 0)]
    pub(super) jobs: u32,
}

/// Does nothing, and reports when all jobs are done.
struct Idle {
    left: AtomicU32,
    ran: UnboundedSender<String>,
}

#[async_trait]
impl TaskHandler for Idle {
    async fn run(&self, _task: Task) -> Result<Option<Progress>, Failure> {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            let _heard = self.ran.send("ran".to_owned());
        }
        Ok(None)
    }
}

/// Reports each job.
struct Tell(UnboundedSender<String>);

#[async_trait]
impl TaskHandler for Tell {
    async fn run(&self, task: Task) -> Result<Option<Progress>, Failure> {
        let _heard = self.0.send(task.job.reference.as_str().to_owned());
        Ok(None)
    }
}

/// A job that does nothing.
pub(super) fn idle_job(number: u32) -> Result<NewJob> {
    Ok(NewJob::assign_calendar_id(ReferenceId::new(number.to_string())?, SystemClock.now()))
}

/// Works until standard input ends, whose first line is the URL of the database.
///
/// # Errors
/// When the database can't be reached.
pub(crate) async fn serve(work: Work) -> Result<()> {
    telemetry::start(&LogConfig::default(), false)?;
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    let url: DatabaseUrl = input.next_line().await?.context("no database was named")?.parse()?;
    let uow = DieselUnitOfWork::new(&url, PoolSettings::default(), &Handle::current());
    let (ran, mut heard) = unbounded_channel();
    let registry = match work.jobs {
        0 => Registry::default().with_task(Action::AssignCalendarId, Tell(ran)),
        jobs => Registry::default().with_task(Action::AssignCalendarId, Idle { left: AtomicU32::new(jobs), ran }),
    };
    let ports = WorkerPorts { uow: uow.clone(), clock: Arc::new(SystemClock), ids: Arc::new(SystemIds), job_notify: uow.wake_ups()? };
    let settings = Settings { batch: work.batch, concurrency: work.concurrency, sweep: None, ..Settings::default() };
    let stop = CancellationToken::new();
    let worker = tokio::spawn(Runner::new(ports, registry, settings)?.run(stop.clone()));
    tell("ready")?;
    loop {
        tokio::select! {
            line = heard.recv() => tell(&line.context("the worker has ended")?)?,
            line = input.next_line() => match line? {
                Some(_) => {
                    enqueue(&uow, work.jobs).await?;
                    tell("enqueued")?;
                }
                None => break,
            },
        }
    }
    stop.cancel();
    worker.await?;
    Ok(())
}

async fn enqueue(uow: &DieselUnitOfWork, jobs: u32) -> Result<()> {
    let new = (0..jobs).map(idle_job).collect::<Result<Vec<_>>>()?;
    let made: Result<usize, StoreError> =
        uow.write(Id::new(ACCOUNT), move |stores| stores.jobs().enqueue_many(Id::new(ACCOUNT), &new)).await;
    anyhow::ensure!(made? == usize::try_from(jobs)?, "not all jobs were made");
    Ok(())
}

fn tell(line: &str) -> Result<()> {
    use std::io::Write;
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    Ok(output.flush()?)
}
