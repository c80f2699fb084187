//! `derslik doctor` and `derslik config` as a process, on set-ups with one fault each and on set-ups without any.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]

mod config;
mod machine;
mod postgres;
#[path = "../process/sql.rs"]
mod sql;
mod sqlite;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};

use libtest_mimic::Failed;
use serde_json::Value;
use support::process::derslik;
use support::run;

fn main() -> ExitCode {
    run([config::trials(), machine::trials(), postgres::trials(), sqlite::trials()].into_iter().flatten().collect())
}

fn check(holds: bool, about: &dyn std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{about:?}").into()) }
}

/// How long the checks may take, in seconds. Only a failure takes this long.
const TIMEOUT: &str = "60";

/// The command on that database. No other setting depends on the machine of the test.
fn doctor(url: &str) -> Command {
    let mut command = derslik(&["doctor", "--json", "--timeout", TIMEOUT, "--database-url", url]);
    command.env("DERSLIK_LISTEN", "127.0.0.1:0").env("DERSLIK_HTTP__MAX_CONNECTIONS", "100");
    // The look for known keys waits for a connection as the service does.
    command.env("DERSLIK_DATABASE__ACQUIRE_TIMEOUT_MS", "60000").env("DERSLIK_DATABASE__CONNECT_TIMEOUT_MS", "60000");
    command
}

/// Runs it, and returns the checks that found a fault, with their states.
fn faults(command: &mut Command) -> Result<BTreeMap<String, String>, Failed> {
    let output = command.output()?;
    let report: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {output:?}"))?;
    let checks = report.get("checks").and_then(Value::as_array).ok_or("no checks")?;
    let mut faults = BTreeMap::new();
    for found in checks {
        let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("state") == "ok" {
            continue;
        }
        check(!text("fix").is_empty() && !text("found").is_empty(), found)?;
        faults.insert(text("check").to_owned(), text("state").to_owned());
    }
    let has_problem = faults.values().any(|state| state == "problem");
    check(output.status.code() == Some(if has_problem { 2 } else { 0 }), &output)?;
    Ok(faults)
}

/// Expects this fault and no other.
fn only(name: &str, state: &str, command: &mut Command) -> Result<(), Failed> {
    let found = faults(command)?;
    let expected = BTreeMap::from([(name.to_owned(), state.to_owned())]);
    check(found == expected, &("expected", expected, "found", found))
}

/// Expects this fault. Others may follow from it.
fn finds(name: &str, state: &str, command: &mut Command) -> Result<(), Failed> {
    let found = faults(command)?;
    check(found.get(name).is_some_and(|found| found == state), &("expected", name, state, "found", found))
}

/// Expects no fault.
fn none(command: &mut Command) -> Result<(), Failed> {
    let found = faults(command)?;
    check(found.is_empty(), &found)
}
