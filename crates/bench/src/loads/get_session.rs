//! One session after the other over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use async_trait::async_trait;
use uuid::Uuid;

use crate::http::{self, Connection};
use crate::load::{Client, Load, Rig, Subject};
use crate::rows::BEARER;

pub(super) const NAME: &str = "get_session";

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct GetSession;

struct Reader {
    connection: Connection,
    guids: Arc<[Uuid]>,
    request: Vec<u8>,
    guid_at: usize,
}

#[async_trait]
impl Load for GetSession {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "GET /session/{guid}"
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
        rig.database.stock().await.map(drop)
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        connect(rig.service.address(), rig.database.stock().await?).await
    }
}

/// A connection to a service at that address, ready to read these sessions.
pub(super) async fn connect(address: SocketAddr, guids: Arc<[Uuid]>) -> Result<Box<dyn Client>> {
    const PATH: &str = "/xapi/v2/session/";
    let connection = Connection::open(address).await?;
    let request = http::get(&format!("{PATH}{:X}", Uuid::nil().hyphenated()), Some(BEARER));
    let guid_at = "GET ".len() + PATH.len();
    Ok(Box::new(Reader { connection, guids, request, guid_at }))
}

#[async_trait]
impl Client for Reader {
    async fn request(&mut self) -> Result<()> {
        let guid = fastrand::choice(&*self.guids).context("no sessions to read")?.hyphenated();
        let place = self.request.get_mut(self.guid_at..).and_then(|rest| rest.first_chunk_mut());
        let place: &mut [u8; 36] = place.context("no place for the GUID")?;
        guid.encode_upper(place);
        // The service answers 404 if the GUID does not exist, so the status is enough to check.
        self.connection.exchange(&self.request).await?.expect(200)
    }
}
