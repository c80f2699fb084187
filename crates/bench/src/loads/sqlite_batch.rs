//! Batches of creations over HTTP to a service on SQLite, and the same rows by a prepared statement without the service: a transaction
//! for each batch, which waits for the disk. SQLite has one writer, so several connections would not insert faster than one.

use std::time::Duration;

use anyhow::{Result, ensure};
use async_trait::async_trait;

use super::batch_create::{self, BatchCreate, SESSIONS};
use crate::load::{Client, Clients, Load, Rig, drive};
use crate::meter::{Measured, Meter, Size};
use crate::postgres::Counters;
use crate::process::Service;
use crate::report::{Figures, Goal};
use crate::rows::Columns;
use crate::sqlite::{SessionsFile, written_by};

pub(super) const NAME: &str = "sqlite_batch_create";
pub(super) const LIMIT: &str = "sqlite_insert";

/// The length of the unmeasured warm-up, as a part of the measured time.
const RAMP: f64 = 0.2;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct SqliteBatchCreate;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct SqliteInsert;

#[async_trait]
impl Measured for SqliteBatchCreate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "POST /session/batch, 100 creates, SQLite"
    }

    fn parallel(&self) -> usize {
        BatchCreate.connections()
    }

    fn goal(&self) -> Option<Goal> {
        None
    }

    async fn measure(&self, rig: &Rig, size: Size) -> Result<Figures> {
        let folder = tempfile::tempdir()?;
        let service = Service { folder: folder.path().to_owned(), ..rig.on_sqlite.clone() };
        let server = service.start().await?.server;
        let counters = Counters::default();
        let mut clients = Clients::with_capacity(self.parallel());
        for _ in 0..self.parallel() {
            clients.push(batch_create::connect(server.address(), counters.clone()).await?);
        }
        let (clients, _) = drive(clients, Duration::from_secs_f64(size.seconds * RAMP)).await?;
        let meter = Meter::start(Some(server.pid()), &rig.database)?;
        let (clients, latencies) = drive(clients, Duration::from_secs_f64(size.seconds)).await?;
        let figures = meter.finish(&rig.database, u32::try_from(latencies.len())?, SESSIONS, latencies)?;
        drop((clients, server));
        check_written(&counters, &mut SessionsFile::open(&service)?)?;
        Ok(figures)
    }
}

#[async_trait]
impl Measured for SqliteInsert {
    fn name(&self) -> &'static str {
        LIMIT
    }

    fn title(&self) -> &'static str {
        "INSERTs of the same 100 rows, prepared, SQLite"
    }

    fn parallel(&self) -> usize {
        1
    }

    fn goal(&self) -> Option<Goal> {
        None
    }

    async fn measure(&self, rig: &Rig, size: Size) -> Result<Figures> {
        let folder = tempfile::tempdir()?;
        let service = Service { folder: folder.path().to_owned(), ..rig.on_sqlite.clone() };
        let columns = Columns::new(usize::try_from(SESSIONS)?)?;
        let mut inserter =
            Inserter { file: written_by(&service, usize::try_from(SESSIONS)?).await?, columns, counters: Counters::default() };
        inserter.check_rows()?;
        let clients: Clients = vec![Box::new(inserter)];
        let (clients, _) = drive(clients, Duration::from_secs_f64(size.seconds * RAMP)).await?;
        let meter = Meter::start(None, &rig.database)?;
        let (_clients, latencies) = drive(clients, Duration::from_secs_f64(size.seconds)).await?;
        meter.finish(&rig.database, u32::try_from(latencies.len())?, SESSIONS, latencies)
    }
}

struct Inserter {
    file: SessionsFile,
    columns: Columns,
    counters: Counters,
}

impl Inserter {
    /// Checks that the bare insert leaves the rows that the service has written, and removes both.
    fn check_rows(&mut self) -> Result<()> {
        let by_service = self.file.rows()?;
        self.file.empty()?;
        self.columns.number(0)?;
        self.file.insert(&self.columns)?;
        let by_insert = self.file.rows()?;
        ensure!(by_service.len() == by_insert.len(), "the service stored {} rows of {}", by_service.len(), by_insert.len());
        let differing = by_service.iter().zip(&by_insert).find(|(service, insert)| service != insert);
        ensure!(differing.is_none(), "the bare insert does not write what the service writes: {differing:?}");
        self.file.empty()
    }
}

#[async_trait]
impl Client for Inserter {
    /// It blocks its thread, on which no other connection waits.
    async fn request(&mut self) -> Result<()> {
        self.columns.number(self.counters.take_numbers(SESSIONS.into()))?;
        self.file.insert(&self.columns)
    }
}

fn check_written(counters: &Counters, file: &mut SessionsFile) -> Result<()> {
    let (written, stored) = (counters.written(), file.count()?);
    ensure!(written == stored, "{written} rows were acknowledged, but {stored} are stored");
    Ok(())
}
