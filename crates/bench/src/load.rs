//! What a load is, and how its connections are driven for a time. It must not know any load.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use async_trait::async_trait;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use crate::meter::{Measured, Meter, Size};
use crate::postgres::Database;
use crate::process::Server;
use crate::queues::Queues;
use crate::report::{Figures, Goal};
use crate::{courses, jobs};

/// Everything that is running while loads are measured.
#[derive(Debug)]
pub(crate) struct Rig {
    /// The database of the service, and of the loads that go past it.
    pub(crate) database: Database,
    /// The service.
    pub(crate) service: Server,
    /// A server that does nothing but answer.
    pub(crate) bare: Server,
    /// What is read, once it is there.
    pub(crate) stock: Stock,
    /// Where jobs are queued whose speed is measured.
    pub(crate) queues: Queues,
}

/// What stands in the database to be read, made when it is first asked for.
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

/// Whose time and memory a load is about, besides the database's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The service.
    Service,
    /// The server that does nothing but answer.
    Bare,
    /// Nobody: the load goes straight to the database.
    Database,
}

/// One kind of request, sent over some connections, each of which waits for an answer before it asks again.
#[async_trait]
pub(crate) trait Load: Send + Sync {
    /// Its name in the report for programs and on the command line.
    fn name(&self) -> &'static str;

    /// What it does, for readers.
    fn title(&self) -> &'static str;

    /// Who answers.
    fn subject(&self) -> Subject;

    /// The connections that ask at the same time.
    fn connections(&self) -> usize;

    /// The rows that one request writes or reads.
    fn rows_of_a_request(&self) -> u32;

    /// Brings the rig into the state in which every round of this load starts.
    ///
    /// # Errors
    /// Whatever stands in the way.
    async fn prepare(&self, rig: &Rig) -> Result<()>;

    /// One connection, ready to ask.
    ///
    /// # Errors
    /// Whatever stands in the way.
    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>>;

    /// What it should come to.
    fn goal(&self) -> Option<Goal> {
        None
    }

    /// Makes sure after a round that what was acknowledged was done.
    ///
    /// # Errors
    /// When it was not.
    async fn check(&self, _rig: &Rig) -> Result<()> {
        Ok(())
    }
}

/// Part of the time of a load that goes before it unmeasured, for caches and plans.
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
        // Before there are connections, which the service would not leave idle for that long.
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

/// Lets every connection ask again and again for `time`, and waits for the last answers. Tells how long each took.
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
