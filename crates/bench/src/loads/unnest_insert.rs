//! The rows of `batch_create`, inserted by a prepared statement without the service: the minimal cost of a batch. A second load
//! adds the record of the change log, so the difference is the price of that record.

use anyhow::Result;
use async_trait::async_trait;
use tokio_postgres::Statement;

use crate::load::{Client, Load, Rig, Subject};
use crate::postgres::{Counters, Database};
use crate::rows::Columns;

pub(super) const NAME: &str = "unnest_insert";
pub(super) const RECORDED: &str = "recorded_insert";
const SESSIONS: u32 = 100;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnnestInsert {
    /// Whether the statement also writes the record of the change log, as the statement of the service does.
    pub(super) is_recorded: bool,
}

pub(super) struct Inserter {
    client: tokio_postgres::Client,
    statement: Statement,
    columns: Columns,
    counters: Counters,
}

impl Inserter {
    pub(super) async fn connect(database: &Database, is_recorded: bool) -> Result<Self> {
        let client = database.connect().await?;
        let statement = client.prepare(&Columns::insert_statement(is_recorded)).await?;
        Ok(Self { client, statement, columns: Columns::new(usize::try_from(SESSIONS)?)?, counters: database.counters() })
    }
}

#[async_trait]
impl Load for UnnestInsert {
    fn name(&self) -> &'static str {
        if self.is_recorded { RECORDED } else { NAME }
    }

    fn title(&self) -> &'static str {
        if self.is_recorded { "the same INSERT with the record of the change log" } else { "INSERT of the same 100 rows, prepared" }
    }

    fn subject(&self) -> Subject {
        Subject::Database
    }

    fn connections(&self) -> usize {
        4
    }

    fn rows_of_a_request(&self) -> u32 {
        SESSIONS
    }

    async fn prepare(&self, rig: &Rig) -> Result<()> {
        rig.database.copy_change_log().await?;
        rig.database.empty().await
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        Ok(Box::new(Inserter::connect(&rig.database, self.is_recorded).await?))
    }

    async fn check(&self, rig: &Rig) -> Result<()> {
        rig.database.check_written().await
    }
}

#[async_trait]
impl Client for Inserter {
    async fn request(&mut self) -> Result<()> {
        self.columns.number(self.counters.take_numbers(SESSIONS.into()))?;
        self.columns.insert(&self.client, &self.statement).await?;
        self.counters.add_written(SESSIONS.into());
        Ok(())
    }
}
