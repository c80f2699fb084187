//! One session after the other over HTTP, from a service whose connections to the database have TLS. That service runs only while it
//! is measured, since two services would share the work in the background.

use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;

use super::get_session::{self, GetSession};
use crate::load::{Load, Rig, drive};
use crate::meter::{Measured, Meter, Size};
use crate::report::{Figures, Goal};

pub(super) const NAME: &str = "get_session_encrypted";

/// The length of the unmeasured warm-up, as a part of the measured time. In it the service makes its connections.
const RAMP: f64 = 0.5;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct GetSessionEncrypted;

#[async_trait]
impl Measured for GetSessionEncrypted {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "GET /session/{guid}, TLS to the database"
    }

    fn parallel(&self) -> usize {
        GetSession.connections()
    }

    fn goal(&self) -> Option<Goal> {
        None
    }

    async fn measure(&self, rig: &Rig, size: Size) -> Result<Figures> {
        GetSession.prepare(rig).await?;
        let service = rig.encrypted.start().await?.server;
        let mut clients = Vec::with_capacity(self.parallel());
        for _ in 0..self.parallel() {
            clients.push(get_session::connect(service.address(), rig.database.stock().await?).await?);
        }
        let (clients, _) = drive(clients, Duration::from_secs_f64(size.seconds * RAMP)).await?;
        let meter = Meter::start(Some(service.pid()), &rig.database)?;
        let (_clients, latencies) = drive(clients, Duration::from_secs_f64(size.seconds)).await?;
        meter.finish(&rig.database, u32::try_from(latencies.len())?, 1, latencies)
    }
}
