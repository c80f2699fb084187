//! All jobs of a project over HTTP, and the select of the same rows, prepared and without the service.

use anyhow::{Result, ensure};
use async_trait::async_trait;
use tokio_postgres::Statement;

use crate::http::{self, Connection};
use crate::jobs::{COLUMNS, KEY, LISTED, PATH, PROJECT};
use crate::load::{Client, Load, Rig, Subject};
use crate::report::Goal;
use crate::rows::ACCOUNT;

pub(super) const NAME: &str = "list_jobs";
pub(super) const LIMIT: &str = "select_jobs";

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListJobs;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct SelectJobs;

struct Lister {
    connection: Connection,
    request: Vec<u8>,
}

struct Selector {
    client: tokio_postgres::Client,
    statement: Statement,
}

#[async_trait]
impl Load for ListJobs {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "GET /jobs, 1 000 jobs"
    }

    fn subject(&self) -> Subject {
        Subject::Service
    }

    fn connections(&self) -> usize {
        8
    }

    fn rows_of_a_request(&self) -> u32 {
        LISTED.into()
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Rate(500.0))
    }

    async fn prepare(&self, rig: &Rig) -> Result<()> {
        rig.jobs().await.map(drop)
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        rig.jobs().await?;
        let mut connection = Connection::open(rig.service.address()).await?;
        let request = http::get(PATH, Some(KEY));
        let answer = connection.exchange(&request).await?;
        answer.expect(200)?;
        let list: serde_json::Value = serde_json::from_slice(answer.body)?;
        let listed = list.get("data").and_then(|jobs| jobs.as_array()).map_or(0, Vec::len);
        ensure!(listed == usize::from(LISTED), "{listed} jobs were listed");
        Ok(Box::new(Lister { connection, request }))
    }
}

#[async_trait]
impl Client for Lister {
    async fn request(&mut self) -> Result<()> {
        self.connection.exchange(&self.request).await?.expect(200)
    }
}

#[async_trait]
impl Load for SelectJobs {
    fn name(&self) -> &'static str {
        LIMIT
    }

    fn title(&self) -> &'static str {
        "SELECT of the same 1 000 jobs, prepared"
    }

    fn subject(&self) -> Subject {
        Subject::Database
    }

    fn connections(&self) -> usize {
        4
    }

    fn rows_of_a_request(&self) -> u32 {
        LISTED.into()
    }

    async fn prepare(&self, rig: &Rig) -> Result<()> {
        rig.jobs().await.map(drop)
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        let client = rig.database.connect().await?;
        let statement = client
            .prepare(&format!("SELECT {COLUMNS} FROM jobs WHERE account_id = $1 AND project_id = $2 AND project_id > 0 ORDER BY id"))
            .await?;
        Ok(Box::new(Selector { client, statement }))
    }
}

#[async_trait]
impl Client for Selector {
    async fn request(&mut self) -> Result<()> {
        let rows = self.client.query(&self.statement, &[&ACCOUNT, &PROJECT]).await?;
        ensure!(rows.len() == usize::from(LISTED), "{} jobs were selected", rows.len());
        Ok(())
    }
}
