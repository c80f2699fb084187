//! Queues with thousands of jobs that do nothing, drained by the worker of the service, by bare statements, and by queues from
//! npm. All are on the same PostgreSQL, each in a separate database. The service does not know about any of them.
//!
//! | file | what it is |
//! |---|---|
//! | `engine` | the worker of the service, and how soon it starts a job |
//! | `worker` | the process in which that worker runs |
//! | `floor` | the bare statements |
//! | `peer` | the queues from npm |
//! | `talk` | the commands to a working process, and its reports |

mod engine;
mod floor;
mod peer;
mod talk;
mod worker;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use derslik_storage::DatabaseUrl;
use derslik_testkit::postgres::PostgresServer;
use tokio::sync::OnceCell;
use tokio_postgres::Client;

pub(crate) use self::engine::{Engine, StartLag};
pub(crate) use self::floor::Floor;
pub(crate) use self::peer::{Installation, Peer};
pub(crate) use self::talk::Talk;
pub(crate) use self::worker::{Work, serve};
use crate::postgres::connect;

/// The account that owns the jobs.
const ACCOUNT: i64 = 1;
/// The number of jobs that a worker does at the same time: the default of the service.
const CONCURRENCY: u16 = 8;

/// The databases of the queues, and the installed peers.
#[derive(Debug)]
pub(crate) struct Queues {
    maintenance_url: String,
    ours: Place,
    theirs: Place,
    folder: PathBuf,
    peers: Option<Installation>,
}

/// A database that is made at its first use.
#[derive(Debug)]
struct Place {
    name: &'static str,
    url: String,
    made: OnceCell<()>,
}

impl Place {
    fn new(cluster: &PostgresServer, name: &'static str) -> Self {
        Self { name, url: cluster.url(name), made: OnceCell::new() }
    }
}

impl Queues {
    /// Queues on that server; logs go to the folder.
    pub(crate) fn new(cluster: &PostgresServer, folder: &Path, peers: Option<Installation>) -> Self {
        Self {
            maintenance_url: cluster.maintenance_url(),
            ours: Place::new(cluster, "queue"),
            theirs: Place::new(cluster, "peers"),
            folder: folder.to_owned(),
            peers,
        }
    }

    async fn make(&self, place: &Place) -> Result<()> {
        let make = || async {
            connect(&self.maintenance_url).await?.batch_execute(&format!("CREATE DATABASE {}", place.name)).await?;
            anyhow::Ok(())
        };
        place.made.get_or_try_init(make).await.map(drop)
    }

    /// The database of the worker and of the bare statements, emptied of jobs.
    async fn ours(&self) -> Result<Client> {
        if !self.ours.made.initialized() {
            self.make(&self.ours).await?;
            let url: DatabaseUrl = self.ours.url.parse()?;
            tokio::task::spawn_blocking(move || url.migrate()).await??;
        }
        let client = connect(&self.ours.url).await?;
        client.batch_execute("TRUNCATE jobs, job_leases, erasure_users").await?;
        client.batch_execute("CHECKPOINT").await?;
        Ok(client)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }
}

/// Checks that this many jobs are done, each at its first attempt, and that all of them are still stored.
async fn check_done(client: &Client, jobs: u32) -> Result<()> {
    let row = client
        .query_one(
            "SELECT count(*), count(*) FILTER (WHERE status = 'completed' AND attempts = 1 AND ended_at >= created_at) FROM jobs",
            &[],
        )
        .await?;
    let (all, done): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    anyhow::ensure!(all == i64::from(jobs) && done == all, "of {jobs} jobs {done} are done and {} are not", all - done);
    Ok(())
}

/// Whether a job waits or runs.
async fn is_live(client: &Client, statement: &tokio_postgres::Statement) -> Result<bool> {
    client.query_one(statement, &[&ACCOUNT]).await?.try_get(0).context("no answer")
}
