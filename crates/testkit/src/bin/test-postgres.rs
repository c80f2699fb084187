//! `test-postgres run [--durable] -- COMMAND…`: runs a command with a private PostgreSQL in `TEST_DATABASE_URL`.
//!
//! A test runner with one process per test starts one cluster this way instead of one per process. This program must not
//! know the command.

#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};

use derslik_testkit::postgres::{Durability, PostgresError, PostgresServer, TEST_DATABASE_URL};
use thiserror::Error;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: test-postgres run [--durable] -- COMMAND [ARGUMENT…]";

#[derive(Debug, Error)]
enum RunError {
    #[error("{USAGE}")]
    Usage,
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error("cannot run {command}: {source}")]
    Command { command: String, source: io::Error },
    #[error("cannot wait for the command: {0}")]
    Wait(#[from] io::Error),
}

fn main() -> ExitCode {
    match run(env::args_os().skip(1)) {
        Ok(code) => code,
        Err(error) => {
            // If standard error is closed, only the exit code reports the error.
            let _written = writeln!(io::stderr(), "test-postgres: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: impl Iterator<Item = OsString>) -> Result<ExitCode, RunError> {
    let durability = parse_options(&mut arguments)?;
    let program = arguments.next().ok_or(RunError::Usage)?;
    let mut command = Command::new(&program);
    command.args(arguments);

    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    let _guard = runtime.enter();
    // Before the cluster starts: from here on a signal ends the command first and the cluster after it.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;

    let server = start_unless_given(durability)?;
    if let Some(server) = &server {
        command.env(TEST_DATABASE_URL, server.maintenance_url());
    }
    let child = command.spawn().map_err(|source| RunError::Command { command: program.display().to_string(), source })?;
    let id = child.id();

    let status = runtime.block_on(async {
        let mut ended = tokio::task::spawn_blocking(move || wait(child));
        loop {
            tokio::select! {
                status = &mut ended => break status.map_err(io::Error::other)?,
                _ = terminate.recv() => forward(id)?,
                _ = hang_up.recv() => forward(id)?,
                // The terminal has sent the signal to the command as well.
                _ = interrupt.recv() => {}
            }
        }
    })?;
    drop(server);
    Ok(exit_code(status))
}

fn parse_options(arguments: &mut impl Iterator<Item = OsString>) -> Result<Durability, RunError> {
    let mut next = || arguments.next().and_then(|argument| argument.into_string().ok());
    if next().as_deref() != Some("run") {
        return Err(RunError::Usage);
    }
    match next().as_deref() {
        Some("--") => Ok(Durability::Fast),
        Some("--durable") if next().as_deref() == Some("--") => Ok(Durability::Durable),
        _ => Err(RunError::Usage),
    }
}

fn start_unless_given(durability: Durability) -> Result<Option<PostgresServer>, PostgresError> {
    let given = env::var_os(TEST_DATABASE_URL).is_some_and(|url| !url.is_empty());
    if given { Ok(None) } else { PostgresServer::start(durability).map(Some) }
}

fn wait(mut child: Child) -> io::Result<ExitStatus> {
    child.wait()
}

/// Sends SIGTERM to the command. The standard library has only SIGKILL, which would leave it no chance to clean up.
fn forward(id: u32) -> io::Result<()> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "kill -s TERM \"$1\"", "kill"]).arg(id.to_string()).stdin(Stdio::null());
    shell.status().map(drop)
}

/// As a shell reports it: the command's own code, or 128 and the signal that ended it.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
