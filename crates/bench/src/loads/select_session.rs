//! The select behind `get_session`, prepared and without the service: the minimal cost of reading a session.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use tokio_postgres::Statement;
use uuid::Uuid;

use crate::load::{Client, Load, Rig, Subject};
use crate::postgres::Database;
use crate::rows::ACCOUNT;

pub(super) const NAME: &str = "select_session";

const SELECT: &str = "SELECT guid, name, description, tags, start_at, start_civil, timezone, duration_minutes, lang, status, \
     replay_status, options, allow_recording, inaccessible_replay, created_by, updated_by, created_at, updated_at \
     FROM sessions WHERE account_id = $1 AND guid = $2 AND status >= 0 LIMIT $3";

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct SelectSession;

pub(super) struct Selector {
    client: tokio_postgres::Client,
    statement: Statement,
    guids: Arc<[Uuid]>,
}

impl Selector {
    pub(super) async fn connect(database: &Database) -> Result<Self> {
        let client = database.connect().await?;
        let statement = client.prepare(SELECT).await?;
        Ok(Self { client, statement, guids: database.stock().await? })
    }
}

#[async_trait]
impl Load for SelectSession {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "SELECT of the same row, prepared"
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
        rig.database.stock().await.map(drop)
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        Ok(Box::new(Selector::connect(&rig.database).await?))
    }
}

#[async_trait]
impl Client for Selector {
    async fn request(&mut self) -> Result<()> {
        let guid = *fastrand::choice(&*self.guids).context("no sessions to read")?;
        let row = self.client.query_one(&self.statement, &[&ACCOUNT, &guid, &1_i64]).await?;
        ensure!(row.try_get::<_, Uuid>(0)? == guid, "another session than the one that was asked for");
        Ok(())
    }
}
