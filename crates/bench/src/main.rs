//! `derslik-bench`: compares the release build of the service with the best that its database and its framework can do, in one
//! run on one machine. It must not be part of the service.
//!
//! | file | what it is |
//! |---|---|
//! | `run` | starts the programs, and measures the loads in order |
//! | `load` | the interface of a load, and the driver of its connections |
//! | `loads` | the loads, one file each, and which of them are compared |
//! | `queues` | jobs that do nothing, done by the service's worker and by other queues |
//! | `meter` | the CPU time of all processes during a measurement |
//! | `rows` | the sessions that are written, as JSON and as columns |
//! | `courses`, `jobs` | the courses and the jobs that are read |
//! | `footprint` | start and memory |
//! | `http`, `postgres`, `sqlite`, `process` | the client, the databases, the programs |
//! | `report` | tables and JSON |
#![forbid(unsafe_code)]

mod courses;
mod footprint;
mod http;
mod jobs;
mod load;
mod loads;
mod meter;
mod postgres;
mod process;
mod queues;
mod report;
mod rows;
mod run;
mod sqlite;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::loads::CurvesPlan;
use crate::meter::Size;
use crate::queues::Work;
use crate::run::Plan;

const INTERRUPTED: u8 = 130;

/// The allocator of the service, since the service's worker runs in this program too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
#[command(about = "Measures the service against what its database and its framework can do at best.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// How often each load is measured
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// For how many seconds a load is measured in each round
    #[arg(long, default_value_t = 1.5, value_parser = seconds)]
    seconds: f64,
    /// How many jobs each queue is drained of
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    jobs: u32,
    /// Only two short rounds, to check that the benchmark works
    #[arg(long, conflicts_with_all = ["rounds", "seconds", "jobs"])]
    quick: bool,
    /// Measure only these loads, separated by commas, and neither start nor memory
    #[arg(long, value_delimiter = ',')]
    loads: Vec<String>,
    /// The program to measure [default: derslik beside this one]
    #[arg(long, value_name = "PROGRAM")]
    service: Option<PathBuf>,
    /// The file for the figures of all rounds
    #[arg(long, value_name = "FILE", default_value = "target/bench.json")]
    json: PathBuf,
    /// Print the tables as Markdown
    #[arg(long)]
    markdown: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers every request with 1 KB, until its input ends
    #[command(hide = true)]
    BareActix,
    /// Measures how rates change with rows, items, connections and processes, for the charts
    Curves,
    /// Runs jobs that do nothing, until its input ends
    #[command(hide = true)]
    JobWorker(Work),
}

fn main() -> ExitCode {
    match start(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            // If standard error is closed, only the exit code reports the error.
            let _written = writeln!(std::io::stderr(), "derslik-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Some(Command::BareActix) => {
            Builder::new_current_thread().enable_all().build()?.block_on(loads::serve_bare())?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::JobWorker(work)) => {
            // As many threads as the worker has in the service.
            Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(queues::serve(work))?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Curves) => generator()?.block_on(measure_curves(cli)),
        None => generator()?.block_on(measure(cli)),
    }
}

/// The runtime of the load generator. It takes half of the cores and leaves the others to the servers.
fn generator() -> Result<Runtime> {
    let cores = std::thread::available_parallelism()?.get();
    Ok(Builder::new_multi_thread().worker_threads((cores / 2).max(1)).enable_all().build()?)
}

async fn measure(cli: Cli) -> Result<ExitCode> {
    let (rounds, seconds, jobs) = if cli.quick { (2, 0.4, 2_000) } else { (cli.rounds, cli.seconds, cli.jobs) };
    let program = service(cli.service)?;
    // Cargo's target folder, which is kept from one run to the next.
    let peers = std::env::current_exe()?.parent().context("this program is in no folder")?.with_file_name("bench-peers");
    let size = Size { seconds, jobs };
    let plan = Plan { program, rounds, size, peers, footprint: cli.loads.is_empty(), loads: cli.loads };
    // A signal ends the run by dropping its future, which ends everything that it started.
    let report = tokio::select! {
        report = run::run(&plan) => report?,
        ended = interrupted() => return ended,
    };
    write_json(&report, &cli.json)?;
    let text = if cli.markdown { report.markdown() } else { report.text() };
    writeln!(std::io::stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}

async fn measure_curves(cli: Cli) -> Result<ExitCode> {
    let (rounds, seconds, most_rows) = if cli.quick { (1, 0.3, 10_000) } else { (cli.rounds, cli.seconds, 1_000_000) };
    let plan = CurvesPlan { program: service(cli.service)?, rounds, seconds, most_rows };
    let curves = tokio::select! {
        curves = loads::measure_curves(&plan) => curves?,
        ended = interrupted() => return ended,
    };
    write_json(&curves, &cli.json)?;
    Ok(ExitCode::SUCCESS)
}

/// The service's program: the one that was named, or the one beside this program.
fn service(named: Option<PathBuf>) -> Result<PathBuf> {
    let program = match named {
        Some(program) => program,
        None => std::env::current_exe()?.with_file_name("derslik"),
    };
    fs::canonicalize(&program).with_context(|| format!("there is no {}", program.display()))
}

async fn interrupted() -> Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(ExitCode::from(INTERRUPTED))
}

fn write_json(figures: &impl Serialize, path: &Path) -> Result<()> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(path)?;
        serde_json::to_writer_pretty(&mut file, figures)?;
        writeln!(file)?;
        anyhow::Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=60.0).contains(&seconds) => Ok(seconds),
        _ => Err("not between 0.1 and 60".to_owned()),
    }
}
