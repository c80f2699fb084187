//! `SELECT 1`, prepared, with and without TLS to the database: the price of TLS where nothing else costs much.

use anyhow::{Result, ensure};
use async_trait::async_trait;
use tokio_postgres::Statement;

use crate::load::{Client, Load, Rig, Subject};

pub(super) const NAME: &str = "select_one_encrypted";
pub(super) const LIMIT: &str = "select_one";

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct SelectOne {
    /// Whether the connections have TLS.
    pub(super) encrypted: bool,
}

struct Selector {
    client: tokio_postgres::Client,
    statement: Statement,
}

#[async_trait]
impl Load for SelectOne {
    fn name(&self) -> &'static str {
        if self.encrypted { NAME } else { LIMIT }
    }

    fn title(&self) -> &'static str {
        if self.encrypted { "SELECT 1, prepared, TLS to the database" } else { "SELECT 1, prepared" }
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

    async fn prepare(&self, _rig: &Rig) -> Result<()> {
        Ok(())
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        let client = if self.encrypted { rig.database.connect_encrypted(&rig.authority).await? } else { rig.database.connect().await? };
        let statement = client.prepare("SELECT 1").await?;
        Ok(Box::new(Selector { client, statement }))
    }
}

#[async_trait]
impl Client for Selector {
    async fn request(&mut self) -> Result<()> {
        let row = self.client.query_one(&self.statement, &[]).await?;
        ensure!(row.try_get::<_, i32>(0)? == 1, "not 1");
        Ok(())
    }
}
