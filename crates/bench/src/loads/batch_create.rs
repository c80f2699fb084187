//! Batches of creations over HTTP.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use async_trait::async_trait;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::http::Connection;
use crate::load::{Client, Load, Rig, Subject};
use crate::postgres::Counters;
use crate::rows::BatchRequest;

pub(super) const NAME: &str = "batch_create";
pub(super) const SESSIONS: u32 = 100;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchCreate;

struct Creator {
    connection: Connection,
    request: BatchRequest,
    counters: Counters,
}

#[derive(Deserialize)]
struct Outcome {
    approved: Vec<IgnoredAny>,
    rejected: Vec<IgnoredAny>,
}

#[async_trait]
impl Load for BatchCreate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "POST /session/batch, 100 creates"
    }

    fn subject(&self) -> Subject {
        Subject::Service
    }

    fn connections(&self) -> usize {
        8
    }

    fn rows_of_a_request(&self) -> u32 {
        SESSIONS
    }

    async fn prepare(&self, rig: &Rig) -> Result<()> {
        rig.database.empty().await
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        connect(rig.service.address(), rig.database.counters()).await
    }

    async fn check(&self, rig: &Rig) -> Result<()> {
        rig.database.check_written().await
    }
}

/// A connection to a service at that address, ready to create sessions. It has created some already.
pub(super) async fn connect(address: SocketAddr, counters: Counters) -> Result<Box<dyn Client>> {
    let mut connection = Connection::open(address).await?;
    let mut request = BatchRequest::new(usize::try_from(SESSIONS)?)?;
    let answer = connection.exchange(request.numbered(counters.take_numbers(SESSIONS.into()))).await?;
    answer.expect(200)?;
    let outcome: Outcome = serde_json::from_slice(answer.body)?;
    ensure!(outcome.rejected.is_empty() && outcome.approved.len() == usize::try_from(SESSIONS)?, "not all sessions were approved");
    counters.add_written(SESSIONS.into());
    Ok(Box::new(Creator { connection, request, counters }))
}

#[async_trait]
impl Client for Creator {
    async fn request(&mut self) -> Result<()> {
        let request = self.request.numbered(self.counters.take_numbers(SESSIONS.into()));
        // The status is 200 only if all items are approved.
        self.connection.exchange(request).await?.expect(200)?;
        self.counters.add_written(SESSIONS.into());
        Ok(())
    }
}
