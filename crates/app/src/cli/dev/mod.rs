//! `derslik dev`: test control of a running service of profile `dev`, through its operations listener.

mod client;
mod clock;
mod faults;
mod journal;
mod snapshot;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Failure, Output};
use crate::config::Flags;

use client::{Client, Method, shown};
use clock::ClockCommand;
use faults::FaultsCommand;
use journal::JournalCommand;
use snapshot::SnapshotCommand;

#[derive(Debug, Args)]
pub(super) struct DevArgs {
    /// The operations listener [default: the one that the settings name], as `http://127.0.0.1:8081`.
    #[arg(long, value_name = "URL", global = true)]
    url: Option<String>,
    #[command(subcommand)]
    command: DevCommand,
}

#[derive(Debug, Subcommand)]
enum DevCommand {
    /// Accounts of tests.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Brings accounts back to the state in which they were made. Their keys stay valid.
    Reset(ResetArgs),
    /// The time by which objects go.
    #[command(subcommand)]
    Clock(ClockCommand),
    /// The content of an account as a document.
    #[command(subcommand)]
    Seed(SeedCommand),
    /// States of an account under names.
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
    /// What goes wrong on purpose in the requests and the jobs of an account.
    #[command(subcommand)]
    Faults(FaultsCommand),
    /// The requests that were sent for an account, without their secrets.
    #[command(subcommand)]
    Journal(JournalCommand),
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// Makes an account with keys for all three APIs, a project, and a person for each role.
    Create(CreateArgs),
    /// Lists the accounts that have not ended.
    List,
    /// Ends an account.
    End {
        /// Its id, or its name.
        id: String,
    },
}

#[derive(Debug, Args)]
struct CreateArgs {
    /// The name [default: one that no other account has].
    #[arg(long)]
    name: Option<String>,
    /// After how many seconds of real time the account ends by itself [default: never].
    #[arg(long, value_name = "SECONDS")]
    time_to_live: Option<u64>,
    /// A file with its first content, in YAML or JSON.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ResetArgs {
    /// The id of the account, or its name [default: all accounts].
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
}

#[derive(Debug, Subcommand)]
enum SeedCommand {
    /// Adds the content of a file, in YAML or JSON, to an account.
    Add {
        /// The file.
        file: PathBuf,
        /// The id of the account, or its name.
        #[arg(long, value_name = "ACCOUNT")]
        account: String,
    },
    /// Prints the content of an account as YAML.
    Export {
        /// The id of the account, or its name.
        #[arg(long, value_name = "ACCOUNT")]
        account: String,
    },
}

/// Runs the command. It needs no database, and no settings but the address of the listener.
pub(super) fn run(file: Option<&PathBuf>, flags: &Flags, args: &DevArgs, output: Output) -> Result<(), Failure> {
    let client = Client::to(file, flags, args.url.as_deref())?;
    match &args.command {
        DevCommand::Account(command) => command.run(&client, output),
        DevCommand::Reset(ResetArgs { account: None }) => client.send(Method::Post, "/reset", "").map(drop),
        DevCommand::Reset(ResetArgs { account: Some(account) }) => {
            client.send(Method::Post, &format!("/accounts/{}/reset", client.account(account)?), "").map(drop)
        }
        DevCommand::Clock(command) => command.run(&client, output),
        DevCommand::Seed(command) => command.run(&client, output),
        DevCommand::Snapshot(command) => command.run(&client, output),
        DevCommand::Faults(command) => command.run(&client, output),
        DevCommand::Journal(command) => command.run(&client, output),
    }
}

impl AccountCommand {
    fn run(&self, client: &Client, output: Output) -> Result<(), Failure> {
        match self {
            Self::Create(CreateArgs { name, time_to_live, seed }) => {
                let seed = seed.as_deref().map(read).transpose()?;
                let body = json!({ "name": name, "time_to_live_seconds": time_to_live, "seed": seed });
                let account = client.send_json(Method::Post, "/accounts", &body.to_string())?;
                output.print_once(|| shown(&account), || account.clone(), || withdraw(client, &account))
            }
            Self::List => {
                let answer = client.send_json(Method::Get, "/accounts", "")?;
                let accounts = answer.get("accounts").and_then(Value::as_array).cloned().unwrap_or_default();
                output.print_list(&accounts, shown, Value::clone)
            }
            Self::End { id } => client.send(Method::Delete, &format!("/accounts/{}", client.account(id)?), "").map(drop),
        }
    }
}

impl SeedCommand {
    fn run(&self, client: &Client, output: Output) -> Result<(), Failure> {
        match self {
            Self::Add { file, account } => {
                let counts = client.send_json(Method::Post, &format!("/accounts/{}/seed", client.account(account)?), &read(file)?)?;
                output.print(|| shown(&counts), || counts.clone())
            }
            Self::Export { account } => {
                let document = client.send(Method::Get, &format!("/accounts/{}/seed", client.account(account)?), "")?;
                output.print(|| document.trim_end().to_owned(), || json!({ "document": document }))
            }
        }
    }
}

/// Ends a new account whose keys could not be printed, since no one has them. Returns what became of it.
fn withdraw(client: &Client, account: &Value) -> String {
    let id = account.get("id").and_then(Value::as_str).unwrap_or_default();
    match client.send(Method::Delete, &format!("/accounts/{id}"), "") {
        Ok(_) => "the keys of the new account could not be printed, and the account has ended".to_owned(),
        Err(failure) => {
            let (_, error) = failure.parts();
            format!("the keys of the new account could not be printed, and it is still there ({error:#}): `derslik dev account end {id}`")
        }
    }
}

/// A text file that the command line names.
fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display())).map_err(Failure::Usage)
}
