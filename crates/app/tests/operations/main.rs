//! The operations listener of running processes: what it answers while they start, work, lose their database and stop.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]

mod access;
mod command;
mod database;
mod metrics;
mod phases;
#[path = "../process/sql.rs"]
mod sql;
#[path = "../support/mod.rs"]
mod support;

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, ExitCode};
use std::time::Duration;

use libtest_mimic::Failed;
use serde_json::Value;
use support::process::{Answer, Log, Running, derslik, until};
use support::run;

fn main() -> ExitCode {
    run([access::trials(), command::trials(), database::trials(), metrics::trials(), phases::trials()].into_iter().flatten().collect())
}

fn check(holds: bool, about: &dyn std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{about:?}").into()) }
}

/// A service together with its operations listener.
struct Service {
    running: Running,
    operations: Listener,
}

/// An operations listener.
#[derive(Debug, Clone, Copy)]
struct Listener(SocketAddr);

impl Service {
    /// Serves on free ports, with known keys.
    fn start(database_url: &str, arguments: &[&str]) -> Result<Self, Failed> {
        let mut command = derslik(&["serve", "--fixed-dev-keys", "--json", "--listen", "127.0.0.1:0", "--database-url", database_url]);
        command.args(arguments).env_remove("DERSLIK_OPS__LISTEN");
        Self::spawn(command)
    }

    /// Serves as the command says, which has `--json` among its arguments.
    fn spawn(command: Command) -> Result<Self, Failed> {
        let running = Running::spawn(command)?;
        let banner: Value = serde_json::from_str(&running.banner)?;
        let operations = banner["operations"].as_str().and_then(|url| url.strip_prefix("http://")).ok_or("no operations listener")?;
        let operations = Listener(operations.parse()?);
        Ok(Self { running, operations })
    }
}

impl Listener {
    /// The listener of a process that has no banner, as its log tells it.
    fn of_log(log: &Log) -> Result<Self, Failed> {
        const MARK: &str = "the operations listener answers address=";
        let mut address: Option<SocketAddr> = None;
        until(|| {
            let text = log.text();
            let found = text.lines().find_map(|line| line.split_once(MARK)).and_then(|(_, rest)| rest.split_whitespace().next());
            address = found.map(str::parse).transpose()?;
            Ok(address.is_some())
        })?;
        Ok(Self(address.ok_or("no address")?))
    }

    /// The answer to a request with these lines in its head.
    fn ask(self, path: &str, lines: &[&str]) -> Result<Answer, Failed> {
        let mut stream = TcpStream::connect(self.0)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let head = [&[&*format!("GET {path} HTTP/1.1")], lines, &["", ""]].concat().join("\r\n");
        stream.write_all(head.as_bytes())?;
        Answer::read(&mut stream)
    }

    /// The answer to a request that names this listener.
    fn get(self, path: &str) -> Result<Answer, Failed> {
        self.ask(path, &[&format!("Host: {}", self.0)])
    }

    fn is_alive(self) -> Result<bool, Failed> {
        Ok(self.get("/healthz")?.status == 200)
    }

    /// The readiness as JSON, with the status of the answer.
    fn readiness(self) -> Result<(u16, Value), Failed> {
        let answer = self.get("/readyz")?;
        Ok((answer.status, answer.json()?))
    }

    /// Waits until the process is ready, or is not.
    fn until_ready(self, is_ready: bool) -> Result<Value, Failed> {
        let mut last = Value::Null;
        until(|| {
            let (status, body) = self.readiness()?;
            check(status == if body["status"] == "ready" { 200 } else { 503 }, &(status, &body))?;
            last = body;
            Ok((status == 200) == is_ready)
        })
        .map_err(|error| Failed::from(format!("{error:?}: {last}")))?;
        Ok(last)
    }
}

/// A process without a banner whose log is kept at level info. It has an operations listener where its arguments or its defaults say so.
fn logged(arguments: &[&str]) -> Result<(support::process::Killed, Log), Failed> {
    let mut command = derslik(arguments);
    command.env_remove("DERSLIK_OPS__LISTEN").env("DERSLIK_LOG__FILTER", "info").stdout(std::process::Stdio::null());
    Log::spawn(&mut command)
}
