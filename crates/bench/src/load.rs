//! The interface of a load, and the driver of its connections. This module must not know any load.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use async_trait::async_trait;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use crate::meter::{Measured, Meter, Size};
use crate::postgres::Database;
use crate::process::{Server, Service};
use crate::queues::Queues;
use crate::report::{Figures, Goal};
use crate::{courses, jobs};

/// The programs that run while loads are measured.
#[derive(Debug)]
pub(crate) struct Rig {
    /// The database of the service, and of the loads that bypass the service.
    pub(crate) database: Database,
    /// The service.
    pub(crate) service: Server,
    /// The service again, not started, with TLS to the same database.
    pub(crate) encrypted: Service,
    /// The service on SQLite, not started.
    pub(crate) on_sqlite: Service,
    /// The file of the authority that has signed the certificate of the database.
    pub(crate) authority: PathBuf,
    /// A server that only answers.
    pub(crate) bare: Server,
    /// The objects that loads read, made at their first use.
    pub(crate) stock: Stock,
    /// The queues of jobs.
    pub(crate) queues: Queues,
}

/// The objects in the database that loads read, made at their first use.
#[derive(Debug, Default)]
pub(crate) struct Stock {
    courses: OnceCell<Arc<[i64]>>,
    jobs: OnceCell<Arc<[i64]>>,
}

impl Rig {
    /// The ids of the courses.
    ///
    /// # Errors
    /// When they can't be made.
    pub(crate) async fn courses(&self) -> Result<Arc<[i64]>> {
        self.stock.courses.get_or_try_init(|| courses::stock(self)).await.cloned()
    }

    /// The ids of the jobs.
    ///
    /// # Errors
    /// When they can't be made.
    pub(crate) async fn jobs(&self) -> Result<Arc<[i64]>> {
        self.stock.jobs.get_or_try_init(|| jobs::stock(self)).await.cloned()
    }
}

/// The process whose time and memory a load measures, besides the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The service.
    Service,
    /// The server that only answers.
    Bare,
    /// None: the load bypasses the service.
    Database,
}

/// One kind of request, sent over several connections. Each waits for the answer before it sends the next request.
#[async_trait]
pub(crate) trait Load: Send + Sync {
    /// Its name in the report for programs and on the command line.
    fn name(&self) -> &'static str;

    /// Its name for readers.
    fn title(&self) -> &'static str;

    /// The process that answers.
    fn subject(&self) -> Subject;

    /// The number of concurrent connections.
    fn connections(&self) -> usize;

    /// The number of rows that one request writes or reads.
    fn rows_of_a_request(&self) -> u32;

    /// Brings the rig into the state in which every round of this load starts.
    ///
    /// # Errors
    /// When the state can't be reached.
    async fn prepare(&self, rig: &Rig) -> Result<()>;

    /// One connection, ready to send requests.
    ///
    /// # Errors
    /// When no connection can be made.
    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>>;

    /// The goal of the load, if it has one.
    fn goal(&self) -> Option<Goal> {
        None
    }

    /// Checks after a round that all acknowledged requests were carried out.
    ///
    /// # Errors
    /// When they were not.
    async fn check(&self, _rig: &Rig) -> Result<()> {
        Ok(())
    }
}

/// The length of the unmeasured warm-up for caches and plans, as a part of the measured time.
const RAMP: f64 = 0.2;

#[async_trait]
impl<L: Load> Measured for L {
    fn name(&self) -> &'static str {
        Load::name(self)
    }

    fn title(&self) -> &'static str {
        Load::title(self)
    }

    fn parallel(&self) -> usize {
        self.connections()
    }

    fn goal(&self) -> Option<Goal> {
        Load::goal(self)
    }

    async fn measure(&self, rig: &Rig, size: Size) -> Result<Figures> {
        // This comes before the connections, which the service would close if they were idle for that long.
        self.prepare(rig).await?;
        let mut clients = Vec::with_capacity(self.connections());
        for _ in 0..self.connections() {
            clients.push(self.connect(rig).await?);
        }
        let (clients, _) = drive(clients, Duration::from_secs_f64(size.seconds * RAMP)).await?;
        let server = match self.subject() {
            Subject::Service => Some(rig.service.pid()),
            Subject::Bare => Some(rig.bare.pid()),
            Subject::Database => None,
        };
        let meter = Meter::start(server, &rig.database)?;
        let (clients, latencies) = drive(clients, Duration::from_secs_f64(size.seconds)).await?;
        let figures = meter.finish(&rig.database, u32::try_from(latencies.len())?, self.rows_of_a_request(), latencies)?;
        drop(clients);
        self.check(rig).await?;
        Ok(figures)
    }
}

/// One connection of a load.
#[async_trait]
pub(crate) trait Client: Send {
    /// Sends one request and waits for the answer.
    ///
    /// # Errors
    /// When the answer is not the expected one: a run with failures measures nothing.
    async fn request(&mut self) -> Result<()>;
}

/// The connections of a load.
pub(crate) type Clients = Vec<Box<dyn Client>>;

/// Sends requests on every connection for `time`, and waits for the last answers. Returns the duration of each.
///
/// # Errors
/// The first failure of any connection.
pub(crate) async fn drive(clients: Clients, time: Duration) -> Result<(Clients, Vec<Duration>)> {
    let start = Instant::now();
    let mut driven = JoinSet::new();
    for client in clients {
        driven.spawn(drive_one(client, start, time));
    }
    let mut clients = Clients::with_capacity(driven.len());
    let mut all = Vec::new();
    while let Some(ended) = driven.join_next().await {
        let (client, mut latencies) = ended??;
        clients.push(client);
        all.append(&mut latencies);
    }
    Ok((clients, all))
}

async fn drive_one(mut client: Box<dyn Client>, start: Instant, time: Duration) -> Result<(Box<dyn Client>, Vec<Duration>)> {
    let mut latencies = Vec::with_capacity(4096);
    let mut asked = start.elapsed();
    while asked < time {
        client.request().await?;
        let answered = start.elapsed();
        latencies.push(answered.saturating_sub(asked));
        asked = answered;
    }
    Ok((client, latencies))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Answering(u32);

    #[async_trait]
    impl Client for Answering {
        async fn request(&mut self) -> Result<()> {
            tokio::task::yield_now().await;
            self.0 = self.0.checked_sub(1).ok_or_else(|| anyhow::anyhow!("no more answers"))?;
            Ok(())
        }
    }

    #[tokio::test]
    async fn counts_the_requests_of_all_connections() {
        let clients: Clients = vec![Box::new(Answering(u32::MAX)), Box::new(Answering(u32::MAX))];
        let start = Instant::now();
        let (clients, latencies) = drive(clients, Duration::from_millis(20)).await.unwrap();

        assert_eq!(clients.len(), 2);
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert!(latencies.iter().sum::<Duration>() <= start.elapsed() * 2);
    }

    #[tokio::test]
    async fn one_failure_fails_the_load() {
        let clients: Clients = vec![Box::new(Answering(u32::MAX)), Box::new(Answering(1))];
        let error = drive(clients, Duration::from_secs(5)).await.err().unwrap();
        assert_eq!(error.to_string(), "no more answers");
    }
}
