//! The `test-postgres` program: the environment of its command, and that no cluster outlives it.

#![cfg(test)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use derslik_testkit::postgres::TEST_DATABASE_URL;
use diesel::{Connection, PgConnection};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

/// The program with a separate folder for its cluster, so that leftovers are visible.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_test-postgres"));
    command.env_remove(TEST_DATABASE_URL).env("TMPDIR", folder).stdin(Stdio::null());
    command
}

/// A folder that the user of root's cluster may enter.
fn open_folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::Builder::new().prefix("tp").tempdir_in("/tmp").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    folder
}

fn left_in(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn shell(script: &str) -> Output {
    let folder = open_folder();
    let output = program(folder.path()).args(["run", "--", "/bin/sh", "-c", script]).output().unwrap();
    assert_eq!(left_in(folder.path()), Vec::<PathBuf>::new());
    output
}

/// Starts the program with a command that prints the server's URL and then waits until its parent ends.
fn start(folder: &Path) -> (Child, String) {
    let script = r#"trap 'exit 9' TERM; echo "$TEST_DATABASE_URL"; while kill -0 $PPID 2>/dev/null; do sleep 0.1; done"#;
    let mut child = program(folder).args(["run", "--", "/bin/sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
    (child, url.trim_end().to_owned())
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn gives_the_command_a_server_and_passes_its_exit_code_on() {
    let output = shell("echo \"$TEST_DATABASE_URL\"; exit 7");

    assert_eq!(output.status.code(), Some(7));
    assert!(output.stdout.starts_with(b"postgres://postgres@127.0.0.1:"));
}

#[test]
fn reports_a_command_ended_by_a_signal_as_a_shell_does() {
    assert_eq!(shell("kill -9 $$").status.code(), Some(137));
}

#[test]
fn leaves_a_given_server_alone() {
    let folder = open_folder();

    let mut command = program(folder.path());
    command.env(TEST_DATABASE_URL, "postgres://elsewhere/x").args(["run", "--", "/bin/sh", "-c", "echo \"$TEST_DATABASE_URL\""]);

    assert_eq!(command.output().unwrap().stdout, b"postgres://elsewhere/x\n");
}

#[test]
fn says_what_to_do_without_a_command_or_a_server() {
    let folder = open_folder();

    let usage = program(folder.path()).arg("run").output().unwrap();
    let missing = program(folder.path()).env("PG_BIN", folder.path()).args(["run", "--", "true"]).output().unwrap();

    assert!(String::from_utf8_lossy(&usage.stderr).contains("usage: test-postgres run"));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("install one"), "{missing:?}");
    assert_eq!((usage.status.code(), missing.status.code()), (Some(1), Some(1)));
    assert_eq!(left_in(folder.path()), Vec::<PathBuf>::new());
}

#[test]
fn passes_a_termination_on_and_stops_the_cluster_after_it() {
    let folder = open_folder();
    let (mut child, url) = start(folder.path());
    assert!(PgConnection::establish(&url).is_ok());

    Command::new("/bin/sh").args(["-c", "kill -s TERM \"$1\"", "kill"]).arg(child.id().to_string()).status().unwrap();

    assert_eq!(child.wait().unwrap().code(), Some(9));
    assert!(PgConnection::establish(&url).is_err());
    assert_eq!(left_in(folder.path()), Vec::<PathBuf>::new());
}

#[test]
fn no_cluster_outlives_a_killed_owner() {
    let folder = open_folder();
    let (mut child, url) = start(folder.path());

    child.kill().unwrap();
    child.wait().unwrap();

    wait_until("the watchdog removes the cluster", || left_in(folder.path()).is_empty());
    assert!(PgConnection::establish(&url).is_err());
}
