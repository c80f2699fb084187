//! One run: what is started, in which order the loads are measured, and what is made of the figures. It must not know what
//! a load does.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use derslik_testkit::postgres::{Durability, PostgresServer};

use crate::footprint::{self, mebibytes};
use crate::http::Connection;
use crate::load::{Drive, Load, Rig, Subject, drive};
use crate::loads::{self, PAIRS};
use crate::postgres::Database;
use crate::process::{self, Server, Service};
use crate::report::{Figures, Footprint, LoadReport, Machine, Ratio, Report, Summary};
use crate::rows::{BatchRequest, Columns};

const DATABASE: &str = "derslik";
const CHECKED_ROWS: usize = 100;
/// Part of the time of a load that goes before it unmeasured, for caches and plans.
const RAMP: f64 = 0.2;

/// What to measure.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The service's program.
    pub(crate) program: PathBuf,
    /// How often each load is measured.
    pub(crate) rounds: u32,
    /// For how many seconds each time.
    pub(crate) seconds: f64,
    /// The names of the loads; none means all of them.
    pub(crate) loads: Vec<String>,
    /// Whether start and memory are measured.
    pub(crate) footprint: bool,
}

/// Measures everything. All that it starts ends with the future, also when that is dropped early.
///
/// # Errors
/// When something does not start, or any request fails.
pub(crate) async fn run(plan: &Plan) -> Result<Report> {
    let loads = chosen(&plan.loads)?;
    progress("starting PostgreSQL");
    // The last to be dropped, when nobody is connected any more.
    let cluster = tokio::task::spawn_blocking(|| PostgresServer::start(Durability::Durable)).await??;
    let url = new_database(&cluster).await?;
    let folder = tempfile::tempdir()?;

    let footprint = if plan.footprint { measure_footprint(plan, &url, &folder).await? } else { Vec::new() };
    let service = Service { program: plan.program.clone(), database_url: Some(url.clone()), folder: folder.path().join("service") };
    let rig = Rig { service: service.start().await?.server, database: Database::open(&url).await?, bare: Server::start_bare()? };
    check_rows(&rig).await?;

    let mut figures: Vec<Vec<Figures>> = loads.iter().map(|_| Vec::new()).collect();
    for round in 0..plan.rounds {
        let mut order: Vec<_> = loads.iter().zip(&mut figures).collect();
        // Every second round goes backwards, so that no load is always the one that follows another.
        if round % 2 == 1 {
            order.reverse();
        }
        for (load, figures) in order {
            let measured = measure(load.as_ref(), &rig, plan.seconds).await.with_context(|| format!("{} failed", load.name()))?;
            progress(&format!("round {} of {}: {} {:.0}/s", round + 1, plan.rounds, load.name(), measured.requests_per_second));
            figures.push(measured);
        }
    }

    let loads = loads.iter().zip(figures).map(|(load, rounds)| load_report(load.as_ref(), rounds)).collect::<Result<Vec<_>>>()?;
    Ok(Report { machine: machine(&rig).await?, rounds: plan.rounds, seconds: plan.seconds, footprint, ratios: ratios(&loads), loads })
}

fn chosen(names: &[String]) -> Result<Vec<Box<dyn Load>>> {
    let mut loads = loads::all();
    let known: Vec<_> = loads.iter().map(|load| load.name()).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        anyhow::bail!("there is no load {name}, only {}", known.join(", "));
    }
    loads.retain(|load| names.is_empty() || names.iter().any(|name| name == load.name()));
    Ok(loads)
}

async fn new_database(cluster: &PostgresServer) -> Result<String> {
    let maintenance = Database::open(&cluster.maintenance_url()).await?;
    maintenance.connect().await?.batch_execute(&format!("CREATE DATABASE {DATABASE}")).await?;
    Ok(cluster.url(DATABASE))
}

async fn measure_footprint(plan: &Plan, url: &str, folder: &tempfile::TempDir) -> Result<Vec<Footprint>> {
    progress("measuring start and memory");
    footprint::measure(&plan.program, url, folder.path()).await
}

/// Makes sure that a batch over HTTP and a bare insert leave the same rows, or comparing them would mean nothing.
async fn check_rows(rig: &Rig) -> Result<()> {
    rig.database.empty().await?;
    let mut connection = Connection::open(rig.service.address()).await?;
    connection.exchange(BatchRequest::new(CHECKED_ROWS)?.numbered(0)).await?.expect(200)?;
    let by_service = rig.database.rows().await?;

    rig.database.empty().await?;
    let client = rig.database.connect().await?;
    let mut columns = Columns::new(CHECKED_ROWS)?;
    columns.number(0)?;
    columns.insert(&client, &client.prepare(Columns::INSERT).await?).await?;
    let by_insert = rig.database.rows().await?;

    ensure!(by_service.len() == CHECKED_ROWS, "the service stored {} rows of {CHECKED_ROWS}", by_service.len());
    let differing = by_service.iter().zip(&by_insert).find(|(service, insert)| service != insert);
    if let Some((service, insert)) = differing {
        anyhow::bail!("the bare insert does not write what the service writes:\n{insert}\n{service}");
    }
    Ok(())
}

async fn measure(load: &dyn Load, rig: &Rig, seconds: f64) -> Result<Figures> {
    let mut clients = Vec::with_capacity(load.connections());
    for _ in 0..load.connections() {
        clients.push(load.connect(rig).await?);
    }
    load.prepare(rig).await?;
    let (clients, _) = drive(clients, Duration::from_secs_f64(seconds * RAMP)).await?;

    let server = match load.subject() {
        Subject::Service => Some(&rig.service),
        Subject::Bare => Some(&rig.bare),
        Subject::Database => None,
    };
    if let Some(server) = server {
        server.forget_peak();
    }
    let before = Cpu::now(server, &rig.database)?;
    let (clients, drive) = drive(clients, Duration::from_secs_f64(seconds)).await?;
    let used = Cpu::now(server, &rig.database)?.since(before);
    let peak = server.map(Server::peak_memory).transpose()?;
    drop(clients);
    load.check(rig).await?;
    figures(load, drive, used, peak)
}

/// How much time everybody has used so far.
#[derive(Clone, Copy, Debug)]
struct Cpu {
    server: Option<Duration>,
    database: Duration,
    generator: Duration,
    machine: Duration,
}

impl Cpu {
    fn now(server: Option<&Server>, database: &Database) -> Result<Self> {
        Ok(Self {
            server: server.map(Server::cpu).transpose()?,
            database: database.cpu()?,
            generator: process::own_cpu()?,
            machine: process::machine_cpu()?,
        })
    }

    fn since(self, before: Self) -> Self {
        Self {
            server: self.server.zip(before.server).map(|(now, before)| now.saturating_sub(before)),
            database: self.database.saturating_sub(before.database),
            generator: self.generator.saturating_sub(before.generator),
            machine: self.machine.saturating_sub(before.machine),
        }
    }

    /// The time of everybody who has nothing to do with the load.
    fn others(self) -> Duration {
        self.machine.saturating_sub(self.server.unwrap_or_default() + self.database + self.generator)
    }
}

fn figures(load: &dyn Load, mut drive: Drive, used: Cpu, peak: Option<u32>) -> Result<Figures> {
    drive.latencies.sort_unstable();
    let requests = f64::from(u32::try_from(drive.latencies.len())?);
    let rate = requests / drive.elapsed.as_secs_f64();
    let rows = load.rows_of_a_request();
    let microseconds_each = |time: Duration| time.as_secs_f64() * 1e6 / requests;
    Ok(Figures {
        requests_per_second: rate,
        rows_per_second: (rows > 1).then(|| rate * f64::from(rows)),
        p50_ms: percentile(&drive.latencies, 50)?.as_secs_f64() * 1e3,
        p99_ms: percentile(&drive.latencies, 99)?.as_secs_f64() * 1e3,
        server_cpu_us: used.server.map(microseconds_each),
        database_cpu_us: microseconds_each(used.database),
        generator_cpu_us: microseconds_each(used.generator),
        server_peak_mib: peak.map(mebibytes),
        other_cores: used.others().as_secs_f64() / drive.elapsed.as_secs_f64(),
    })
}

/// The value that so many in a hundred of the sorted ones do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Result<Duration> {
    let position = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(position).copied().context("not one request was answered")
}

fn load_report(load: &dyn Load, rounds: Vec<Figures>) -> Result<LoadReport> {
    let summary = Summary::of(&rounds).context("no round was measured")?;
    Ok(LoadReport { name: load.name(), title: load.title(), connections: load.connections(), summary, rounds })
}

fn ratios(loads: &[LoadReport]) -> Vec<Ratio> {
    let find = |name| loads.iter().find(|load| load.name == name);
    PAIRS.iter().filter_map(|pair| Ratio::of(find(pair.load)?, find(pair.limit)?, pair.goal)).collect()
}

async fn machine(rig: &Rig) -> Result<Machine> {
    Ok(Machine {
        cores: std::thread::available_parallelism()?.get(),
        system: std::env::consts::OS,
        processor: std::env::consts::ARCH,
        postgresql: rig.database.version().await?,
        service: env!("CARGO_PKG_VERSION"),
    })
}

fn progress(text: &str) {
    // Without standard error there is nobody to tell.
    let _written = writeln!(std::io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let sorted: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 50).unwrap(), Duration::from_millis(100));
        assert_eq!(percentile(&sorted, 99).unwrap(), Duration::from_millis(198));
        assert_eq!(percentile(&sorted[..1], 99).unwrap(), Duration::from_millis(1));
        assert!(percentile(&[], 50).is_err());
    }

    #[test]
    fn an_unknown_load_is_named_with_those_that_there_are() {
        let error = chosen(&["batch_crate".to_owned()]).err().unwrap().to_string();
        assert!(error.contains("no load batch_crate, only batch_create, "), "{error}");
    }

    #[test]
    fn every_compared_load_exists() {
        let known: Vec<_> = loads::all().iter().map(|load| load.name()).collect();
        for pair in PAIRS {
            assert!(known.contains(&pair.load) && known.contains(&pair.limit), "{pair:?}");
        }
    }
}
