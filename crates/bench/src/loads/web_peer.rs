//! Careful services on two frameworks that a team might take instead, with the same two calls on the same table; their sources are in
//! `crates/bench/peers`. Each runs only while it is measured, with a process for each core. Where a framework can't be installed, its
//! figures are left out.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use tokio::process::Command;

use super::Pair;
use super::batch_create::{self, BatchCreate};
use super::get_session::{self, GetSession};
use crate::load::{Clients, Load, Rig, drive};
use crate::meter::{Measured, Meter, Size};
use crate::queues::{Installation, Talk};
use crate::report::{Figures, Goal};

const FASTIFY_BATCH: &str = "fastify_batch";
const FASTIFY_GET: &str = "fastify_get";
const FASTAPI_BATCH: &str = "fastapi_batch";
const FASTAPI_GET: &str = "fastapi_get";

/// The service over each of them.
pub(crate) const PAIRS: [Pair; 4] = [
    Pair { load: batch_create::NAME, limit: FASTIFY_BATCH, goal: None },
    Pair { load: get_session::NAME, limit: FASTIFY_GET, goal: None },
    Pair { load: batch_create::NAME, limit: FASTAPI_BATCH, goal: None },
    Pair { load: get_session::NAME, limit: FASTAPI_GET, goal: None },
];

/// The length of the unmeasured warm-up, as a part of the measured time. Both languages compile while they run.
const RAMP: f64 = 0.5;

const NODE_PROGRAM: &str = "web.mjs";
const PYTHON_PROGRAM: &str = "web.py";
const REQUIREMENTS: &str = include_str!("../../peers/requirements.txt");
const PYTHON_FILES: [(&str, &str); 2] = [("requirements.txt", REQUIREMENTS), (PYTHON_PROGRAM, include_str!("../../peers/web.py"))];
/// A file that is written last: a copy of the requirements that everything was installed from.
const STAMP: &str = "installed";
const PIP: [&str; 10] = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--no-input",
    "--no-deps",
    "--only-binary=:all:",
    "--requirement",
    "requirements.txt",
];

/// One of the two calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// A batch that creates sessions.
    Batch,
    /// One session.
    Get,
}

/// See the module.
#[derive(Debug)]
pub(super) struct WebPeer {
    name: &'static str,
    title: &'static str,
    is_node: bool,
    call: Call,
    installed: OnceLock<Installed>,
}

/// Where its program is.
#[derive(Debug)]
enum Installed {
    Node(Installation),
    Python(PathBuf),
}

impl WebPeer {
    /// The service on Fastify.
    pub(super) const fn fastify(call: Call) -> Self {
        let (name, title) = match call {
            Call::Batch => (FASTIFY_BATCH, "the same batch of 100, Fastify"),
            Call::Get => (FASTIFY_GET, "the same GET, Fastify"),
        };
        Self { name, title, is_node: true, call, installed: OnceLock::new() }
    }

    /// The service on `FastAPI`.
    pub(super) const fn fastapi(call: Call) -> Self {
        let (name, title) = match call {
            Call::Batch => (FASTAPI_BATCH, "the same batch of 100, FastAPI"),
            Call::Get => (FASTAPI_GET, "the same GET, FastAPI"),
        };
        Self { name, title, is_node: false, call, installed: OnceLock::new() }
    }

    /// Starts it on the database of the rig, and returns where it listens.
    async fn start(&self, rig: &Rig, logs: &Path) -> Result<(Talk, SocketAddr)> {
        let mut command = match self.installed.get().context("it is not installed")? {
            Installed::Node(installation) => installation.command(NODE_PROGRAM),
            Installed::Python(folder) => {
                let mut command = Command::new(python_of(folder));
                command.arg(PYTHON_PROGRAM).current_dir(folder);
                command
            }
        };
        command.arg(std::thread::available_parallelism()?.to_string());
        let mut talk = Talk::start(command, &logs.join(format!("{}.log", self.name)), rig.database.url()).await?;
        let port: u16 = talk.hear().await?.parse()?;
        Ok((talk, SocketAddr::from((Ipv4Addr::LOCALHOST, port))))
    }

    /// Connections to it, ready to send requests.
    async fn connect(&self, rig: &Rig, address: SocketAddr) -> Result<Clients> {
        let mut clients = Clients::with_capacity(self.parallel());
        for _ in 0..self.parallel() {
            clients.push(match self.call {
                Call::Batch => batch_create::connect(address, rig.database.counters()).await?,
                Call::Get => get_session::connect(address, rig.database.stock().await?).await?,
            });
        }
        Ok(clients)
    }
}

#[async_trait]
impl Measured for WebPeer {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn parallel(&self) -> usize {
        match self.call {
            Call::Batch => BatchCreate.connections(),
            Call::Get => GetSession.connections(),
        }
    }

    fn goal(&self) -> Option<Goal> {
        None
    }

    async fn install(&self, folder: &Path) -> Result<()> {
        let installed = if self.is_node {
            Installed::Node(Installation::prepare(folder).await?)
        } else {
            Installed::Python(install_python(&folder.join("python")).await?)
        };
        self.installed.get_or_init(|| installed);
        Ok(())
    }

    async fn measure(&self, rig: &Rig, size: Size) -> Result<Figures> {
        let logs = tempfile::tempdir()?;
        let (talk, address) = self.start(rig, logs.path()).await?;
        let rows = match self.call {
            Call::Batch => {
                BatchCreate.prepare(rig).await?;
                BatchCreate.rows_of_a_request()
            }
            Call::Get => {
                GetSession.prepare(rig).await?;
                GetSession.rows_of_a_request()
            }
        };
        let clients = self.connect(rig, address).await?;
        let (clients, _) = drive(clients, Duration::from_secs_f64(size.seconds * RAMP)).await?;
        let meter = Meter::start(Some(talk.pid()?), &rig.database)?;
        let (clients, latencies) = drive(clients, Duration::from_secs_f64(size.seconds)).await?;
        let figures = meter.finish(&rig.database, u32::try_from(latencies.len())?, rows, latencies)?;
        drop(clients);
        if self.call == Call::Batch {
            BatchCreate.check(rig).await?;
        }
        talk.end().await?;
        Ok(figures)
    }
}

fn python_of(folder: &Path) -> PathBuf {
    folder.join("venv/bin/python")
}

/// Installs the framework in an environment of its own, unless it is there.
async fn install_python(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    for (name, text) in PYTHON_FILES {
        fs::write(folder.join(name), text)?;
    }
    let stamp = folder.join(STAMP);
    if fs::read(&stamp).ok().as_deref() != Some(REQUIREMENTS.as_bytes()) {
        let environment = folder.join("venv");
        if environment.exists() {
            fs::remove_dir_all(&environment)?;
        }
        run(folder, Path::new("python3"), &["-m", "venv", "venv"]).await?;
        run(folder, &python_of(folder), &PIP).await?;
        fs::write(&stamp, REQUIREMENTS)?;
    }
    Ok(folder.to_owned())
}

async fn run(folder: &Path, program: &Path, arguments: &[&str]) -> Result<()> {
    let log_path = folder.join("install.log");
    let log = File::create(&log_path)?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let status = command.process_group(0).kill_on_drop(true).status().await.context("Python with venv is missing")?;
    if !status.success() {
        bail!("Python could not install it, see {}", log_path.display());
    }
    Ok(())
}
