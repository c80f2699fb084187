//! One job after the other over HTTP, and the select behind it, prepared and without the service.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use tokio_postgres::Statement;

use crate::http::{self, Connection};
use crate::jobs::{COLUMNS, KEY, PATH};
use crate::load::{Client, Load, Rig, Subject};
use crate::rows::ACCOUNT;

pub(super) const NAME: &str = "get_job";
pub(super) const LIMIT: &str = "select_job";

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct GetJob;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct SelectJob;

struct Reader {
    connection: Connection,
    jobs: Arc<[i64]>,
}

struct Selector {
    client: tokio_postgres::Client,
    statement: Statement,
    jobs: Arc<[i64]>,
}

#[async_trait]
impl Load for GetJob {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "GET /jobs/{jobId}"
    }

    fn subject(&self) -> Subject {
        Subject::Service
    }

    fn connections(&self) -> usize {
        16
    }

    fn rows_of_a_request(&self) -> u32 {
        1
    }

    async fn prepare(&self, rig: &Rig) -> Result<()> {
        rig.jobs().await.map(drop)
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        let connection = Connection::open(rig.service.address()).await?;
        Ok(Box::new(Reader { connection, jobs: rig.jobs().await? }))
    }
}

#[async_trait]
impl Client for Reader {
    async fn request(&mut self) -> Result<()> {
        let job = fastrand::choice(&*self.jobs).context("no jobs to read")?;
        // The service answers 404 if the id does not exist, so the status is enough to check.
        self.connection.exchange(&http::get(&format!("{PATH}/{job}"), Some(KEY))).await?.expect(200)
    }
}

#[async_trait]
impl Load for SelectJob {
    fn name(&self) -> &'static str {
        LIMIT
    }

    fn title(&self) -> &'static str {
        "SELECT of the same job, prepared"
    }

    fn subject(&self) -> Subject {
        Subject::Database
    }

    fn connections(&self) -> usize {
        8
    }

    fn rows_of_a_request(&self) -> u32 {
        1
    }

    async fn prepare(&self, rig: &Rig) -> Result<()> {
        rig.jobs().await.map(drop)
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        let client = rig.database.connect().await?;
        let statement = client.prepare(&format!("SELECT {COLUMNS} FROM jobs WHERE account_id = $1 AND id = $2")).await?;
        Ok(Box::new(Selector { client, statement, jobs: rig.jobs().await? }))
    }
}

#[async_trait]
impl Client for Selector {
    async fn request(&mut self) -> Result<()> {
        let job = *fastrand::choice(&*self.jobs).context("no jobs to read")?;
        let row = self.client.query_one(&self.statement, &[&ACCOUNT, &job]).await?;
        ensure!(row.try_get::<_, i64>(0)? == job, "another job than the one that was asked for");
        Ok(())
    }
}
