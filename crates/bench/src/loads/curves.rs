//! How the rates of the service change with the rows that are stored, the items of a batch, the connections, and the processes on one
//! database. It is a run of its own. `scripts/bench-charts` draws its figures.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use async_trait::async_trait;
use derslik_testkit::postgres::{Durability, PostgresServer};
use serde::Serialize;
use tokio_postgres::Client as Postgres;
use uuid::Uuid;

use super::get_session;
use crate::http::Connection;
use crate::load::{Client, Clients, drive};
use crate::postgres::{Counters, Database};
use crate::process::{Server, Service};
use crate::report::{Machine, Spread};
use crate::rows::{BatchRequest, Columns};
use crate::run::{machine, new_database, progress};

const READERS: usize = 16;
const CREATORS: usize = 8;
/// The most sessions that are read, chosen at random.
const READ: i64 = 20_000;
/// The items of a batch where something else changes.
const ITEMS: u32 = 100;
const ROWS: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
const BATCHES: [u32; 4] = [1, 10, 100, 1_000];
const CONNECTIONS: [u32; 4] = [1, 4, 16, 64];
const PROCESSES: [u32; 4] = [1, 2, 3, 4];
/// The length of the unmeasured warm-up, as a part of the measured time.
const RAMP: f64 = 0.3;

/// The plan of a run.
#[derive(Clone, Debug)]
pub(crate) struct CurvesPlan {
    /// The service's program.
    pub(crate) program: PathBuf,
    /// How often each point is measured.
    pub(crate) rounds: u32,
    /// For how many seconds each time.
    pub(crate) seconds: f64,
    /// The most rows that are stored.
    pub(crate) most_rows: u32,
}

/// All figures of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Curves {
    machine: Machine,
    rounds: u32,
    seconds: f64,
    #[serde(rename = "curves")]
    drawn: Vec<Curve>,
}

/// What changes with one quantity.
#[derive(Debug, Serialize)]
struct Curve {
    name: &'static str,
    title: &'static str,
    quantity: &'static str,
    lines: Vec<Line>,
}

/// The figures of one kind of request.
#[derive(Debug, Serialize)]
struct Line {
    title: &'static str,
    unit: &'static str,
    points: Vec<Point>,
}

/// A figure at one size.
#[derive(Debug, Serialize)]
struct Point {
    at: u32,
    value: Spread,
}

/// The database of a run and the place of its services.
struct Site<'a> {
    plan: &'a CurvesPlan,
    url: String,
    folder: &'a Path,
    database: Database,
}

/// A connection that creates sessions.
struct Creator {
    connection: Connection,
    request: BatchRequest,
    items: u32,
    counters: Counters,
}

#[async_trait]
impl Client for Creator {
    async fn request(&mut self) -> Result<()> {
        let request = self.request.numbered(self.counters.take_numbers(self.items.into()));
        // The status is 200 only if all items are approved.
        self.connection.exchange(request).await?.expect(200)
    }
}

/// Measures everything. All processes that it starts end with the future, also when that is dropped early.
///
/// # Errors
/// When a program does not start, or any request fails.
pub(crate) async fn measure(plan: &CurvesPlan) -> Result<Curves> {
    progress("starting PostgreSQL");
    let cluster = tokio::task::spawn_blocking(|| PostgresServer::start(Durability::Durable)).await??;
    let (url, folder) = (new_database(&cluster).await?, tempfile::tempdir()?);
    let first =
        Service { program: plan.program.clone(), database_url: Some(url.clone()), folder: folder.path().join("0"), has_operations: false };
    let service = first.start().await?.server;
    let site = Site { plan, folder: folder.path(), database: Database::open(&url).await?, url };
    let address = service.address();
    let mut curves = vec![site.growth(address).await?, site.items(address).await?, site.connections(address).await?];
    drop(service);
    curves.push(site.processes().await?);
    Ok(Curves { machine: machine(&site.database).await?, rounds: plan.rounds, seconds: plan.seconds, drawn: curves })
}

impl Site<'_> {
    /// The rate of these clients in each round.
    async fn rate(&self, clients: Clients) -> Result<Spread> {
        let CurvesPlan { rounds, seconds, .. } = self.plan;
        let (mut clients, _) = drive(clients, Duration::from_secs_f64(seconds * RAMP)).await?;
        let mut rates = Vec::new();
        for _ in 0..*rounds {
            let (again, latencies) = drive(clients, Duration::from_secs_f64(*seconds)).await?;
            clients = again;
            rates.push(f64::from(u32::try_from(latencies.len())?) / seconds);
        }
        Spread::of(rates).context("no round was measured")
    }

    async fn read_rate(&self, addresses: &[SocketAddr], count: usize, guids: &Arc<[Uuid]>) -> Result<Spread> {
        let mut clients = Clients::new();
        for address in addresses.iter().cycle().take(count) {
            clients.push(get_session::connect(*address, Arc::clone(guids)).await?);
        }
        self.rate(clients).await
    }

    async fn create_rate(&self, addresses: &[SocketAddr], count: usize, items: u32) -> Result<Spread> {
        self.database.empty().await?;
        let mut clients = Clients::new();
        for address in addresses.iter().cycle().take(count) {
            let connection = Connection::open(*address).await?;
            let request = BatchRequest::new(usize::try_from(items)?)?;
            clients.push(Box::new(Creator { connection, request, items, counters: self.database.counters() }));
        }
        self.rate(clients).await
    }

    async fn growth(&self, address: SocketAddr) -> Result<Curve> {
        self.database.empty().await?;
        let client = self.database.connect().await?;
        let mut first = Columns::new(1)?;
        first.number(0)?;
        first.insert(&client, &client.prepare(&Columns::insert_statement(false)).await?).await?;
        let (mut points, mut stored) = (Vec::new(), 1);
        for rows in ROWS.into_iter().filter(|rows| *rows <= self.plan.most_rows) {
            progress(&format!("storing {rows} sessions"));
            copy(&client, rows - stored).await?;
            stored = rows;
            let guids = some(&client).await?;
            points.push(Point { at: rows, value: self.read_rate(&[address], READERS, &guids).await? });
        }
        let lines = vec![Line { title: "GET of a random session", unit: "requests/s", points }];
        Ok(Curve { name: "growth", title: "Reading while the table grows", quantity: "sessions in the table", lines })
    }

    async fn items(&self, address: SocketAddr) -> Result<Curve> {
        let mut points = Vec::new();
        for items in BATCHES {
            progress(&format!("batches of {items}"));
            let batches = self.create_rate(&[address], CREATORS, items).await?;
            let each = f64::from(items);
            let value = Spread { median: batches.median * each, min: batches.min * each, max: batches.max * each };
            points.push(Point { at: items, value });
        }
        let lines = vec![Line { title: "sessions created", unit: "sessions/s", points }];
        Ok(Curve { name: "items", title: "Batches of different sizes", quantity: "items of a batch", lines })
    }

    async fn connections(&self, address: SocketAddr) -> Result<Curve> {
        let guids = self.database.stock().await?;
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for at in CONNECTIONS {
            progress(&format!("{at} connections"));
            reads.push(Point { at, value: self.read_rate(&[address], usize::try_from(at)?, &guids).await? });
        }
        for at in CONNECTIONS {
            writes.push(Point { at, value: self.create_rate(&[address], usize::try_from(at)?, ITEMS).await? });
        }
        Ok(Curve { name: "connections", title: "More clients at once", quantity: "connections", lines: both(reads, writes) })
    }

    async fn processes(&self) -> Result<Curve> {
        let (mut services, mut reads, mut writes) = (Vec::<Server>::new(), Vec::new(), Vec::new());
        for at in PROCESSES {
            progress(&format!("{at} processes"));
            let folder = self.folder.join(at.to_string());
            let (program, database_url) = (self.plan.program.clone(), Some(self.url.clone()));
            let service = Service { program, database_url, folder, has_operations: false };
            services.push(service.start().await?.server);
            let addresses: Vec<_> = services.iter().map(Server::address).collect();
            let guids = self.database.stock().await?;
            reads.push(Point { at, value: self.read_rate(&addresses, READERS, &guids).await? });
            writes.push(Point { at, value: self.create_rate(&addresses, CREATORS, ITEMS).await? });
        }
        let quantity = "processes of the service on one database";
        Ok(Curve { name: "processes", title: "More processes on the same machine", quantity, lines: both(reads, writes) })
    }
}

fn both(reads: Vec<Point>, writes: Vec<Point>) -> Vec<Line> {
    vec![
        Line { title: "GET of a random session", unit: "requests/s", points: reads },
        Line { title: "batches of 100 creates", unit: "batches/s", points: writes },
    ]
}

/// Copies the first session `times` times, each time under another GUID.
async fn copy(client: &Postgres, times: u32) -> Result<()> {
    let statement = format!(
        "INSERT INTO sessions SELECT copied.* FROM (SELECT s AS one FROM sessions s LIMIT 1) AS kept, generate_series(1, {times}), \
         LATERAL jsonb_populate_record(kept.one, jsonb_build_object('guid', gen_random_uuid())) AS copied"
    );
    client.batch_execute(&statement).await?;
    client.batch_execute("VACUUM ANALYZE sessions").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}

/// The GUIDs of some sessions.
async fn some(client: &Postgres) -> Result<Arc<[Uuid]>> {
    let rows = client.query("SELECT guid FROM sessions ORDER BY random() LIMIT $1", &[&READ]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
