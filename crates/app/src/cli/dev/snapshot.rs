//! `derslik dev snapshot`

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use serde_json::Value;

use super::client::{Client, Method, segment, shown};
use super::{Failure, Output};
use crate::backup::new_file::NewFile;

#[derive(Debug, Subcommand)]
pub(super) enum SnapshotCommand {
    /// Takes a snapshot. It is kept as long as the service runs.
    Take(SnapshotArgs),
    /// Lists the snapshots of an account.
    List {
        /// The id of the account, or its name.
        #[arg(long, value_name = "ACCOUNT")]
        account: String,
    },
    /// Brings the account back to a snapshot.
    Restore(SnapshotArgs),
    /// Forgets a snapshot.
    Remove(SnapshotArgs),
    /// Writes a snapshot into a new file: a backup of a database with this account alone, which `derslik restore` takes as well.
    Save {
        #[command(flatten)]
        of: SnapshotArgs,
        /// The file.
        file: PathBuf,
    },
    /// Keeps the content of such a file as a snapshot, also for another account. When it is restored, the account keeps its name and its
    /// keys.
    Load {
        #[command(flatten)]
        of: SnapshotArgs,
        /// The file.
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct SnapshotArgs {
    /// The name of the snapshot.
    name: String,
    /// The id of the account, or its name.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
}

impl SnapshotArgs {
    fn path(&self, client: &Client) -> Result<String, Failure> {
        Ok(format!("/accounts/{}/snapshots/{}", client.account(&self.account)?, segment(&self.name)))
    }
}

impl SnapshotCommand {
    pub(super) fn run(&self, client: &Client, output: Output) -> Result<(), Failure> {
        match self {
            Self::Take(of) => {
                let snapshot = client.send_json(Method::Put, &of.path(client)?, "")?;
                output.print(|| shown(&snapshot), || snapshot.clone())
            }
            Self::List { account } => {
                let answer = client.send_json(Method::Get, &format!("/accounts/{}/snapshots", client.account(account)?), "")?;
                let snapshots = answer.get("snapshots").and_then(Value::as_array).cloned().unwrap_or_default();
                output.print_list(&snapshots, shown, Value::clone)
            }
            Self::Restore(of) => client.send(Method::Post, &format!("{}/restore", of.path(client)?), "").map(drop),
            Self::Remove(of) => client.send(Method::Delete, &of.path(client)?, "").map(drop),
            Self::Save { of, file } => {
                let bytes = client.send_bytes(Method::Get, &of.path(client)?, b"")?;
                write(file, &bytes).map_err(Failure::Usage)
            }
            Self::Load { of, file } => {
                let bytes = read(file).map_err(Failure::Usage)?;
                let snapshot = client.send_bytes(Method::Put, &of.path(client)?, &bytes)?;
                let snapshot: Value = serde_json::from_slice(&snapshot).context("the answer is not JSON").map_err(Failure::Other)?;
                output.print(|| shown(&snapshot), || snapshot.clone())
            }
        }
    }
}

/// Writes a new file.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let (new, mut file) = NewFile::create(path)?;
    file.write_all(bytes).with_context(|| format!("{} can't be written", path.display()))?;
    new.keep(&file).map(drop)
}

/// A file that is not empty: without a body, the request would take a snapshot.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
    if bytes.is_empty() { Err(anyhow!("{} is empty", path.display())) } else { Ok(bytes) }
}
