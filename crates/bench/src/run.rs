//! One run: the programs that it starts, the order of the loads, and the report. This module must not know what a load
//! does.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use derslik_testkit::certificates::{Authority, Validity};
use derslik_testkit::postgres::{Durability, PostgresServer, ServerTls};

use crate::footprint;
use crate::http::Connection;
use crate::load::{Rig, Stock};
use crate::loads::{self, PAIRS, WEB_PAIRS};
use crate::meter::{Measured, Size};
use crate::postgres::Database;
use crate::process::{Server, Service};
use crate::queues::{Installation, Queues};
use crate::report::{Figures, Footprint, LoadReport, Machine, Ratio, Report, Summary};
use crate::rows::{BatchRequest, Columns};

const DATABASE: &str = "derslik";
const CHECKED_ROWS: usize = 100;

/// The plan of a run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The service's program.
    pub(crate) program: PathBuf,
    /// How often each load is measured.
    pub(crate) rounds: u32,
    /// The size of each round.
    pub(crate) size: Size,
    /// The folder where queues from npm are installed.
    pub(crate) peers: PathBuf,
    /// The names of the loads; an empty list means all.
    pub(crate) loads: Vec<String>,
    /// Whether start and memory are measured.
    pub(crate) footprint: bool,
}

/// Measures everything. All processes that it starts end with the future, also when that is dropped early.
///
/// # Errors
/// When a program does not start, or any request fails.
pub(crate) async fn run(plan: &Plan) -> Result<Report> {
    let mut loads = chosen(&plan.loads)?;
    let (peers, mut left_out) = peers(plan, &mut loads).await;
    left_out.append(&mut install(plan, &mut loads).await);
    progress("starting PostgreSQL");
    let authority = Authority::new("authority of the benchmark");
    let tls = ServerTls { identity: authority.sign("postgres", &["127.0.0.1"], Validity::Now), clients: None, rules: "" };
    // Dropped last, when all connections are closed. Only the loads about TLS use it.
    let cluster = tokio::task::spawn_blocking(move || PostgresServer::start_with_tls(Durability::Durable, &tls)).await??;
    let url = new_database(&cluster).await?;
    let folder = tempfile::tempdir()?;
    let authority_file = folder.path().join("authority.pem");
    fs::write(&authority_file, authority.certificate())?;

    let footprint = if plan.footprint { measure_footprint(plan, &url, &folder).await? } else { Vec::new() };
    let service = Service {
        program: plan.program.clone(),
        database_url: Some(url.clone()),
        folder: folder.path().join("service"),
        has_operations: false,
    };
    let encrypted = Service {
        database_url: Some(format!("{url}?sslmode=verify-full&sslrootcert={}", authority_file.display())),
        folder: folder.path().join("encrypted"),
        ..service.clone()
    };
    let rig = Rig {
        encrypted,
        on_sqlite: Service { database_url: None, folder: folder.path().join("on-sqlite"), ..service.clone() },
        authority: authority_file,
        service: service.start().await?.server,
        database: Database::open(&url).await?,
        bare: Server::start_bare()?,
        stock: Stock::default(),
        queues: Queues::new(&cluster, folder.path(), peers),
    };
    check_rows(&rig).await?;

    let mut figures: Vec<Vec<Figures>> = loads.iter().map(|_| Vec::new()).collect();
    for round in 0..plan.rounds {
        let mut order: Vec<_> = loads.iter().zip(&mut figures).collect();
        // Every second round runs in reverse order, so that a load does not always follow the same other one.
        if round % 2 == 1 {
            order.reverse();
        }
        for (load, figures) in order {
            let measured = load.measure(&rig, plan.size).await.with_context(|| format!("{} failed", load.name()))?;
            progress(&format!("round {} of {}: {} {:.0}/s", round + 1, plan.rounds, load.name(), measured.requests_per_second));
            figures.push(measured);
        }
    }

    let loads = loads.iter().zip(figures).map(|(load, rounds)| load_report(load.as_ref(), rounds)).collect::<Result<Vec<_>>>()?;
    let (Size { seconds, jobs }, machine) = (plan.size, machine(&rig.database).await?);
    Ok(Report { machine, rounds: plan.rounds, seconds, jobs, footprint, ratios: ratios(&loads), loads, left_out })
}

/// Installs the queues from npm if any is to be measured. If that fails, removes them from the loads and returns the reason.
async fn peers(plan: &Plan, loads: &mut Vec<Box<dyn Measured>>) -> (Option<Installation>, Vec<String>) {
    if !loads.iter().any(|load| load.is_peer()) {
        return (None, Vec::new());
    }
    progress("installing the queues from npm unless they are there");
    match Installation::prepare(&plan.peers).await {
        Ok(installation) => (Some(installation), Vec::new()),
        Err(error) => {
            let names: Vec<_> = loads.extract_if(.., |load| load.is_peer()).map(|load| load.name()).collect();
            let left_out = format!("{}: {error:#}", names.join(", "));
            progress(&format!("left out {left_out}"));
            (None, vec![left_out])
        }
    }
}

/// Installs what single loads need. Those for which that fails are removed from the loads, and the reasons returned.
async fn install(plan: &Plan, loads: &mut Vec<Box<dyn Measured>>) -> Vec<String> {
    let mut left_out = Vec::new();
    for load in std::mem::take(loads) {
        match load.install(&plan.peers).await {
            Ok(()) => loads.push(load),
            Err(error) => {
                let reason = format!("{}: {error:#}", load.name());
                progress(&format!("left out {reason}"));
                left_out.push(reason);
            }
        }
    }
    left_out
}

fn chosen(names: &[String]) -> Result<Vec<Box<dyn Measured>>> {
    let mut loads = loads::all();
    let known: Vec<_> = loads.iter().map(|load| load.name()).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        anyhow::bail!("there is no load {name}, only {}", known.join(", "));
    }
    loads.retain(|load| names.is_empty() || names.iter().any(|name| name == load.name()));
    Ok(loads)
}

/// A new database on that server, by its URL.
///
/// # Errors
/// When it can't be made.
pub(crate) async fn new_database(cluster: &PostgresServer) -> Result<String> {
    let maintenance = Database::open(&cluster.maintenance_url()).await?;
    maintenance.connect().await?.batch_execute(&format!("CREATE DATABASE {DATABASE}")).await?;
    Ok(cluster.url(DATABASE))
}

async fn measure_footprint(plan: &Plan, url: &str, folder: &tempfile::TempDir) -> Result<Vec<Footprint>> {
    progress("measuring start and memory");
    footprint::measure(&plan.program, url, folder.path()).await
}

/// Checks that a batch over HTTP and a bare insert leave the same rows: otherwise comparing them would be meaningless.
async fn check_rows(rig: &Rig) -> Result<()> {
    rig.database.empty().await?;
    let mut connection = Connection::open(rig.service.address()).await?;
    connection.exchange(BatchRequest::new(CHECKED_ROWS)?.numbered(0)).await?.expect(200)?;
    let by_service = rig.database.rows().await?;

    rig.database.empty().await?;
    let client = rig.database.connect().await?;
    let mut columns = Columns::new(CHECKED_ROWS)?;
    columns.number(0)?;
    columns.insert(&client, &client.prepare(&Columns::insert_statement(false)).await?).await?;
    let by_insert = rig.database.rows().await?;

    ensure!(by_service.len() == CHECKED_ROWS, "the service stored {} rows of {CHECKED_ROWS}", by_service.len());
    let differing = by_service.iter().zip(&by_insert).find(|(service, insert)| service != insert);
    if let Some((service, insert)) = differing {
        anyhow::bail!("the bare insert does not write what the service writes:\n{insert}\n{service}");
    }
    Ok(())
}

fn load_report(load: &dyn Measured, rounds: Vec<Figures>) -> Result<LoadReport> {
    let summary = Summary::of(&rounds).context("no round was measured")?;
    Ok(LoadReport { name: load.name(), title: load.title(), connections: load.parallel(), goal: load.goal(), summary, rounds })
}

fn ratios(loads: &[LoadReport]) -> Vec<Ratio> {
    let find = |name| loads.iter().find(|load| load.name == name);
    PAIRS.iter().chain(&WEB_PAIRS).filter_map(|pair| Ratio::of(find(pair.load)?, find(pair.limit)?, pair.goal)).collect()
}

/// The machine of the run.
///
/// # Errors
/// When the database is gone.
pub(crate) async fn machine(database: &Database) -> Result<Machine> {
    Ok(Machine {
        cores: std::thread::available_parallelism()?.get(),
        system: std::env::consts::OS,
        processor: std::env::consts::ARCH,
        postgresql: database.version().await?,
        service: env!("CARGO_PKG_VERSION"),
    })
}

/// Tells how far the run is.
pub(crate) fn progress(text: &str) {
    // If standard error is closed, the message is lost.
    let _written = writeln!(std::io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_load_is_named_with_those_that_there_are() {
        let error = chosen(&["batch_crate".to_owned()]).err().unwrap().to_string();
        assert!(error.contains("no load batch_crate, only batch_create, "), "{error}");
    }

    #[test]
    fn every_compared_load_exists() {
        let known: Vec<_> = loads::all().iter().map(|load| load.name()).collect();
        for pair in PAIRS.iter().chain(&WEB_PAIRS) {
            assert!(known.contains(&pair.load) && known.contains(&pair.limit), "{pair:?}");
        }
    }
}
