//! The service as a child process. It ends together with this process, however that ends.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::{Value, json};

use crate::control::Control;
use crate::{Account, Error};

const ARGUMENTS: [&str; 9] =
    ["serve", "--temporary", "--exit-with-stdin", "--print", "json", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"];
/// Settings of the surroundings are not meant for the service of a test.
const FOREIGN: [&str; 2] = ["DERSLIK_", "OTEL_"];
const FOREIGN_NAMES: [&str; 4] = ["DATABASE_URL", "DATABASE_URL_FILE", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"];
/// How many lines of the log a failed start shows.
const LAST_LINES: usize = 50;

/// A running service, with an empty database of its own on free ports. It ends when this is dropped, or with this process.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    control: Control,
}

impl Server {
    /// Starts a service, and waits until it takes requests.
    ///
    /// # Errors
    /// [`Error::NoProgram`], or [`Error::Ended`] with the log.
    pub async fn launch() -> Result<Self, Error> {
        tokio::task::spawn_blocking(launch).await.map_err(io::Error::from)?
    }

    /// The URL of the service, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes an account, whose clock runs.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn account(&self) -> Result<Account, Error> {
        let made = self.control.post("/accounts", &json!({})).await?;
        Account::new(self.address, &self.control, made)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The service ends at the end of its input, and removes its files.
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

fn launch() -> Result<Server, Error> {
    let mut command = Command::new(program().ok_or(Error::NoProgram)?);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_foreign(name)) {
        command.env_remove(name);
    }
    command.args(ARGUMENTS).env("DERSLIK_LOG__FILTER", "warn");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdout, stderr) = (child.stdout.take().ok_or(Error::Malformed)?, child.stderr.take().ok_or(Error::Malformed)?);
    // A full pipe would stop the service.
    let log = thread::spawn(move || last_lines(BufReader::new(stderr)));
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    if line.is_empty() {
        child.wait()?;
        return Err(Error::Ended { log: log.join().unwrap_or_default() });
    }
    let printed: Value = serde_json::from_str(&line)?;
    let (address, operations) = (address(&printed, "url")?, address(&printed, "operations")?);
    Ok(Server { child, address, control: Control::new(operations) })
}

/// The program: the one that `DERSLIK_BIN` names, or one in a folder above this program, or one on `PATH`.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("DERSLIK_BIN") {
        return Some(named.into());
    }
    let this = std::env::current_exe().unwrap_or_default();
    let built = this.ancestors().skip(1).take(3).map(|folder| folder.join("derslik")).find(|path| path.is_file());
    let path: OsString = std::env::var_os("PATH").unwrap_or_default();
    built.or_else(|| std::env::split_paths(&path).map(|folder| folder.join("derslik")).find(|path| path.is_file()))
}

fn is_foreign(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    FOREIGN.iter().any(|prefix| name.starts_with(prefix)) || FOREIGN_NAMES.contains(&&*name)
}

fn last_lines(log: impl BufRead) -> String {
    let mut lines = VecDeque::new();
    for line in log.lines().map_while(Result::ok) {
        if lines.len() == LAST_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
    Vec::from(lines).join("\n")
}

/// An address from what the service printed.
fn address(printed: &Value, name: &'static str) -> Result<SocketAddr, Error> {
    let url = printed.get(name).and_then(Value::as_str).and_then(|url| url.strip_prefix("http://"));
    url.and_then(|address| address.parse().ok()).ok_or(Error::Missing(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_from_what_the_service_prints() {
        let printed = json!({"url": "http://127.0.0.1:8080", "operations": null});
        assert_eq!(address(&printed, "url").unwrap(), SocketAddr::from(([127, 0, 0, 1], 8080)));
        assert!(matches!(address(&printed, "operations"), Err(Error::Missing("operations"))));
    }

    #[test]
    fn settings_of_the_surroundings_are_left_out() {
        for name in ["DERSLIK_PROFILE", "OTEL_SDK_DISABLED", "DATABASE_URL"] {
            assert!(is_foreign(OsStr::new(name)), "{name}");
        }
        assert!(!is_foreign(OsStr::new("PATH")) && !is_foreign(OsStr::new("TMPDIR")));
    }

    #[test]
    fn a_log_is_cut_to_its_last_lines() {
        let log: String = (0..60).map(|line| line.to_string()).collect::<Vec<_>>().join("\n");
        let kept = last_lines(log.as_bytes());
        assert!(kept.starts_with("10\n") && kept.ends_with("\n59"), "{kept}");
    }
}
