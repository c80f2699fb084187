//! The worker of the service: how many jobs it does in a second, and how soon it starts one.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use async_trait::async_trait;
use derslik_domain::id::Id;
use derslik_ports::outbound::{Enqueued, StoreError, UnitOfWork};
use derslik_storage::{DieselUnitOfWork, PoolSettings};
use tokio::process::Command;
use tokio::runtime::Handle;
use tokio::time::sleep;

use super::talk::Talk;
use super::worker::idle_job;
use super::{ACCOUNT, CONCURRENCY, Queues, check_done, is_live};
use crate::load::Rig;
use crate::meter::{Measured, Meter, Size};
use crate::report::{Figures, Goal};

const LIVE: &str = "SELECT EXISTS (SELECT FROM jobs WHERE account_id = $1 AND ended_at IS NULL)";
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// How fast the worker drains a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Engine {
    /// Its name for programs.
    pub(crate) name: &'static str,
    /// Its name for readers.
    pub(crate) title: &'static str,
    /// The maximum number of jobs that a claim takes, or a write completes.
    pub(crate) batch: u16,
    /// The maximum number of jobs that run at once.
    pub(crate) concurrency: u16,
}

/// How soon the worker starts a job that another process has enqueued.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StartLag;

async fn start(queues: &Queues, name: &str, arguments: &[String]) -> Result<Talk> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("job-worker").args(arguments).env_clear();
    let mut talk = Talk::start(command, &queues.log(name), &queues.ours.url).await?;
    talk.expect("ready").await?;
    Ok(talk)
}

#[async_trait]
impl Measured for Engine {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn parallel(&self) -> usize {
        self.concurrency.into()
    }

    fn goal(&self) -> Option<Goal> {
        None
    }

    async fn measure(&self, rig: &Rig, size: Size) -> Result<Figures> {
        let client = rig.queues.ours().await?;
        let live = client.prepare(LIVE).await?;
        let settings = [("--batch", u32::from(self.batch)), ("--concurrency", self.concurrency.into()), ("--jobs", size.jobs)];
        let arguments: Vec<_> = settings.into_iter().flat_map(|(name, value)| [name.to_owned(), value.to_string()]).collect();
        let mut talk = start(&rig.queues, self.name, &arguments).await?;
        talk.say("go").await?;
        talk.expect("enqueued").await?;
        let meter = Meter::start(Some(talk.pid()?), &rig.database)?;
        talk.expect("ran").await?;
        while is_live(&client, &live).await? {
            sleep(BETWEEN_LOOKS).await;
        }
        let figures = meter.finish(&rig.database, size.jobs, 1, Vec::new())?;
        talk.end().await?;
        check_done(&client, size.jobs).await?;
        Ok(figures)
    }
}

#[async_trait]
impl Measured for StartLag {
    fn name(&self) -> &'static str {
        "start_lag"
    }

    fn title(&self) -> &'static str {
        "from the commit of a job to its start"
    }

    fn parallel(&self) -> usize {
        CONCURRENCY.into()
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::P99(100.0))
    }

    async fn measure(&self, rig: &Rig, size: Size) -> Result<Figures> {
        /// The longest wait between two jobs; half of it on average.
        const LONGEST_PAUSE_MICROS: u64 = 20_000;
        let client = rig.queues.ours().await?;
        let mut talk = start(&rig.queues, "start_lag", &["--batch".to_owned(), "100".to_owned()]).await?;
        let settings = PoolSettings { connections: 1, ..PoolSettings::default() };
        let uow = DieselUnitOfWork::new(&rig.queues.ours.url.parse()?, settings, &Handle::current());
        let (mut lags, mut number) = (Vec::new(), 0);
        // The first job is not measured, since it includes opening the connections.
        lag(&uow, &mut talk, &mut number).await?;
        let meter = Meter::start(Some(talk.pid()?), &rig.database)?;
        let start = Instant::now();
        while start.elapsed().as_secs_f64() < size.seconds {
            sleep(Duration::from_micros(fastrand::u64(..LONGEST_PAUSE_MICROS))).await;
            lags.push(lag(&uow, &mut talk, &mut number).await?);
        }
        let figures = meter.finish(&rig.database, u32::try_from(lags.len())?, 1, lags)?;
        talk.end().await?;
        check_done(&client, number).await?;
        Ok(figures)
    }
}

async fn lag(uow: &DieselUnitOfWork, talk: &mut Talk, number: &mut u32) -> Result<Duration> {
    let job = idle_job(*number)?;
    let made: Result<Enqueued, StoreError> = uow.write(Id::new(ACCOUNT), move |stores| stores.jobs().enqueue(Id::new(ACCOUNT), &job)).await;
    let committed = Instant::now();
    made.context("the job was not made")?;
    talk.expect(&number.to_string()).await?;
    *number += 1;
    Ok(committed.elapsed())
}
