//! `derslik dev snapshot`

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::client::{Client, Method, shown};
use super::{Failure, Output};

#[derive(Debug, Subcommand)]
pub(super) enum SnapshotCommand {
    /// Takes a snapshot. It is kept as long as the service runs.
    Take(SnapshotArgs),
    /// Lists the snapshots of an account.
    List {
        /// The id of the account.
        #[arg(long, value_name = "ID")]
        account: String,
    },
    /// Brings the account back to a snapshot.
    Restore(SnapshotArgs),
    /// Forgets a snapshot.
    Remove(SnapshotArgs),
    /// Writes a snapshot into a file: a line of JSON for each row, as a backup has it.
    Save {
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
    /// The id of the account.
    #[arg(long, value_name = "ID")]
    account: String,
}

impl SnapshotArgs {
    fn path(&self) -> String {
        format!("/accounts/{}/snapshots/{}", self.account, self.name)
    }
}

impl SnapshotCommand {
    pub(super) fn run(&self, client: &Client, output: Output) -> Result<(), Failure> {
        match self {
            Self::Take(of) => {
                let snapshot = client.send_json(Method::Put, &of.path(), "")?;
                output.print(|| shown(&snapshot), || snapshot.clone())
            }
            Self::List { account } => {
                let answer = client.send_json(Method::Get, &format!("/accounts/{account}/snapshots"), "")?;
                let snapshots = answer.get("snapshots").and_then(Value::as_array).cloned().unwrap_or_default();
                output.print_list(&snapshots, shown, Value::clone)
            }
            Self::Restore(of) => client.send(Method::Post, &format!("{}/restore", of.path()), "").map(drop),
            Self::Remove(of) => client.send(Method::Delete, &of.path(), "").map(drop),
            Self::Save { of, file } => {
                let rows = client.send(Method::Get, &of.path(), "")?;
                let written = std::fs::write(file, rows).with_context(|| format!("{} can't be written", file.display()));
                written.map_err(Failure::Usage)
            }
        }
    }
}
