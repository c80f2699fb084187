//! Backups and restores by the commands that operators use, beside a running service, on both databases and from one to the other.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]

mod archive;
mod ended;
mod full;
mod load;
mod refused;
mod sealed;
#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Output};

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use support::process::{Running, derslik, url_text};
use support::{DATABASES, Open, Place, run};
use tempfile::TempDir;

const SEARCH: &str = "/xapi/v2/session/search";
const BATCH: &str = "/xapi/v2/session/batch";

type Case = (&'static str, fn(Open) -> Result<(), Failed>);

const CASES: [Case; 9] = [
    ("a_backup_under_load_is_a_prefix_of_what_each_client_wrote", load::prefix),
    ("a_backup_goes_to_the_other_database_and_back_and_is_the_same", load::there_and_back),
    ("erasures_and_revocations_after_a_backup_are_not_undone", ended::by_list),
    ("a_person_who_was_deleted_after_a_backup_does_not_sign_in_after_its_restore", ended::deleted_people),
    ("without_a_list_every_credential_ends_and_the_command_says_so", ended::without_a_list),
    ("the_seals_of_the_audit_log_are_verified_after_a_restore", sealed::verified_after_restores),
    ("an_existing_file_is_not_touched_and_a_new_one_is_private", refused::existing_file),
    ("a_database_in_use_is_not_restored_into", refused::in_use),
    ("an_interrupted_restore_is_not_served", refused::interrupted),
];

fn main() -> ExitCode {
    let mut trials = vec![
        Trial::test("damaged_backups_are_refused_and_nothing_is_created", refused::damaged),
        Trial::test("a_backup_that_a_signal_ends_leaves_no_file_behind", refused::by_a_signal),
        Trial::test("a_list_of_another_installation_or_from_before_the_backup_is_refused", refused::lists),
    ];
    for (name, open) in DATABASES {
        trials.extend(CASES.map(|(behaviour, case)| Trial::test(format!("{name}::{behaviour}"), move || case(open))));
        trials.extend(full::trial(name, open));
    }
    run(trials)
}

fn check(holds: bool, about: &dyn std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{about:?}").into()) }
}

/// A database of a kind without rows, and its URL as the program takes it.
fn new_database(open: Open) -> Result<(String, Place), Failed> {
    let (url, place) = open()?;
    Ok((url_text(&url), place))
}

/// The other kind of database.
fn other(open: Open) -> Open {
    let [(_, sqlite), (_, postgres)] = DATABASES;
    if std::ptr::fn_addr_eq(open, sqlite) { postgres } else { sqlite }
}

/// A folder for files, and the path of one that does not exist.
fn new_file() -> Result<(TempDir, PathBuf), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("okul.tar.zst");
    Ok((folder, file))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

/// Runs a command on a database.
fn command(url: &str, arguments: &[&str]) -> Result<Output, Failed> {
    Ok(derslik(arguments).args(["--database-url", url]).output()?)
}

/// Runs a command on a database that must succeed, and returns what it printed as JSON.
fn done(url: &str, arguments: &[&str]) -> Result<Value, Failed> {
    let output = derslik(arguments).args(["--database-url", url, "--json"]).output()?;
    check(output.status.success(), &(arguments, &output))?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Runs a command that must be refused, and returns what it says.
fn refusal(url: &str, code: i32, arguments: &[&str]) -> Result<String, Failed> {
    let output = command(url, arguments)?;
    check(output.status.code() == Some(code), &(arguments, &output))?;
    Ok(String::from_utf8(output.stderr)?)
}

/// Serves a database that has accounts, without adding any.
fn serve(url: &str) -> Result<Running, Failed> {
    Running::spawn(derslik(&["serve", "--json", "--listen", "127.0.0.1:0", "--database-url", url]))
}
