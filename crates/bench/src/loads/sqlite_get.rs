//! One session after the other over HTTP from a service on SQLite, at random among few or many. All but one of the sessions are copies,
//! made in the file, so that many take some seconds.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::get_session::{self, GetSession};
use crate::load::{Clients, Load, Rig, drive};
use crate::meter::{Measured, Meter, Size};
use crate::process::Service;
use crate::report::{Figures, Goal};
use crate::sqlite::written_by;

pub(super) const FEW: &str = "sqlite_get_session";
pub(super) const MANY: &str = "sqlite_get_session_500k";

/// The length of the unmeasured warm-up, as a part of the measured time.
const RAMP: f64 = 0.5;

/// See the module.
#[derive(Debug)]
pub(super) struct SqliteGetSession {
    name: &'static str,
    title: &'static str,
    sessions: u32,
    stock: OnceCell<Stock>,
}

/// The file with the sessions, which is made at its first use.
#[derive(Debug)]
struct Stock {
    folder: TempDir,
    guids: Arc<[Uuid]>,
}

impl SqliteGetSession {
    /// Reads among 1 000, 50 000 and 500 000 sessions.
    pub(super) fn among_few_and_many() -> [Self; 3] {
        [
            (FEW, "GET /session/{guid}, SQLite, 1 000", 1_000),
            ("sqlite_get_session_50k", "GET /session/{guid}, SQLite, 50 000", 50_000),
            (MANY, "GET /session/{guid}, SQLite, 500 000", 500_000),
        ]
        .map(|(name, title, sessions)| Self { name, title, sessions, stock: OnceCell::new() })
    }

    async fn fill(&self, rig: &Rig) -> Result<Stock> {
        let folder = tempfile::tempdir()?;
        let service = Service { folder: folder.path().to_owned(), ..rig.on_sqlite.clone() };
        let (mut file, sessions) = (written_by(&service, 1).await?, self.sessions);
        let guids = tokio::task::spawn_blocking(move || {
            file.copy_up_to(sessions)?;
            file.guids()
        });
        Ok(Stock { folder, guids: guids.await??.into() })
    }
}

#[async_trait]
impl Measured for SqliteGetSession {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn parallel(&self) -> usize {
        GetSession.connections()
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::Rate(28_000.0))
    }

    async fn measure(&self, rig: &Rig, size: Size) -> Result<Figures> {
        let stock = self.stock.get_or_try_init(|| self.fill(rig)).await?;
        let service = Service { folder: stock.folder.path().to_owned(), ..rig.on_sqlite.clone() };
        let server = service.start().await?.server;
        let mut clients = Clients::with_capacity(self.parallel());
        for _ in 0..self.parallel() {
            clients.push(get_session::connect(server.address(), Arc::clone(&stock.guids)).await?);
        }
        let (clients, _) = drive(clients, Duration::from_secs_f64(size.seconds * RAMP)).await?;
        let meter = Meter::start(Some(server.pid()), &rig.database)?;
        let (_clients, latencies) = drive(clients, Duration::from_secs_f64(size.seconds)).await?;
        meter.finish(&rig.database, u32::try_from(latencies.len())?, 1, latencies)
    }
}
