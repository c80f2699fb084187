//! The cost of the service without load: its start, its memory, and the memory of one large batch. This module must not know
//! the loads.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::sleep;

use crate::http::Connection;
use crate::process::{self, Server, Service};
use crate::report::{Footprint, Spread};
use crate::rows::BatchRequest;

const STARTS: u32 = 5;
const LARGE_BATCHES: u32 = 3;
const LARGE_BATCH: usize = 1_000;
const UNTIL_IDLE: Duration = Duration::from_millis(500);

/// Starts and measures separate services, each in a folder below `folder`; `database_url` is PostgreSQL.
///
/// # Errors
/// When the service does not start or does not take a batch.
pub(crate) async fn measure(program: &Path, database_url: &str, folder: &Path) -> Result<Vec<Footprint>> {
    let mut figures = Vec::new();
    let (mut first, mut again, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..STARTS {
        let folder = folder.join(format!("start-{number}"));
        let service = Service { program: program.to_owned(), database_url: None, folder, has_operations: true };
        let started = service.start().await?;
        first.push(milliseconds(started.ready_after));
        sleep(UNTIL_IDLE).await;
        idle.push(mebibytes(process::memory(started.server.pid())?));
        drop(started);
        again.push(milliseconds(service.start().await?.ready_after));
    }
    figures.push(figure("ready_first", "first start to first answer, SQLite", "ms", first, Some(300.0))?);
    figures.push(figure("ready_again", "later start to first answer, SQLite", "ms", again, Some(300.0))?);
    figures.push(figure("idle_memory", "idle memory, SQLite", "MiB", idle, Some(30.0))?);

    let databases = [
        ("large_batch_postgresql", "extra memory of a batch of 1 000, PostgreSQL", Some(database_url)),
        ("large_batch_sqlite", "extra memory of a batch of 1 000, SQLite", None),
    ];
    for (name, title, url) in databases {
        let mut extra = Vec::new();
        for number in 0..LARGE_BATCHES {
            let folder = folder.join(format!("{name}-{number}"));
            let service = Service { program: program.to_owned(), database_url: url.map(ToOwned::to_owned), folder, has_operations: true };
            extra.push(extra_memory_of_a_large_batch(&service.start().await?.server).await?);
        }
        figures.push(figure(name, title, "MiB", extra, Some(64.0))?);
    }

    let size = u32::try_from(fs::metadata(program)?.len() / 1024)?;
    figures.push(figure("program_size", "size of the program", "MiB", vec![mebibytes(size)], Some(30.0))?);
    Ok(figures)
}

/// The peak of memory above that of a service which has taken one session and holds a connection.
async fn extra_memory_of_a_large_batch(server: &Server) -> Result<f64> {
    let mut connection = Connection::open(server.address()).await?;
    connection.exchange(BatchRequest::new(1)?.numbered(0)).await?.expect(200)?;
    let mut request = BatchRequest::new(LARGE_BATCH)?;
    let before = process::memory(server.pid())?;
    process::forget_peak(server.pid());
    connection.exchange(request.numbered(1)).await?.expect(200)?;
    Ok(mebibytes(process::peak_memory(server.pid())?.saturating_sub(before)))
}

/// Converts KiB to MiB.
pub(crate) fn mebibytes(kibibytes: u32) -> f64 {
    f64::from(kibibytes) / 1024.0
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn figure(name: &'static str, title: &'static str, unit: &'static str, values: Vec<f64>, goal: Option<f64>) -> Result<Footprint> {
    let value = Spread::of(values).context("nothing was measured")?;
    Ok(Footprint { name, title, unit, value, goal })
}
