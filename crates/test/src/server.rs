//! The service as a child process. It ends together with this process, however that ends.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use serde_json::{Value, json};

use crate::account::document;
use crate::control::{Control, list};
use crate::process::{Log, Process, how};
use crate::{Account, Clock, Error};

const ARGUMENTS: [&str; 9] =
    ["serve", "--temporary", "--exit-with-stdin", "--print", "json", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"];
/// Settings of the surroundings are not meant for the service of a test.
const FOREIGN: [&str; 2] = ["DERSLIK_", "OTEL_"];
const FOREIGN_NAMES: [&str; 4] = ["DATABASE_URL", "DATABASE_URL_FILE", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"];

/// A running service, with an empty database of its own on free ports. It ends when this is dropped, or with this process.
#[derive(Debug)]
pub struct Server {
    process: Arc<Process>,
    address: SocketAddr,
    operations: SocketAddr,
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

    /// The URL of the operations listener, which has test control.
    pub fn operations(&self) -> String {
        format!("http://{}", self.operations)
    }

    /// The clock of all accounts that have none of their own.
    pub fn clock(&self) -> Clock {
        Clock(self.control.below("/clock"))
    }

    /// Makes an account, whose clock stands still.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn account(&self) -> Result<Account, Error> {
        self.account_with(&json!({})).await
    }

    /// Makes an account, whose clock stands still, of an object with `name`, `time_to_live_seconds` and `seed`, which is a text or the
    /// path of a file as for [`Account::seed`], or an object.
    ///
    /// # Errors
    /// [`Error::Refused`] for other members, a name that another account has, or a mistake in the seed.
    pub async fn account_with(&self, wanted: &Value) -> Result<Account, Error> {
        let mut wanted = wanted.clone();
        if let Some(seed) = wanted.get_mut("seed")
            && let Some(text) = seed.as_str()
        {
            *seed = Value::String(document(text)?);
        }
        let made = self.control.post("/accounts", &wanted).await?;
        let account = Account::new(self.address, &self.control, made)?;
        account.clock().freeze(None).await?;
        Ok(account)
    }

    /// The accounts that have not ended.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn accounts(&self) -> Result<Vec<Value>, Error> {
        list(&mut self.control.get("/accounts").await?, "accounts")
    }

    /// Brings all accounts back to their first content.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn reset(&self) -> Result<(), Error> {
        self.control.post_nothing("/reset").await.map(drop)
    }

    /// The last requests whose account is not known: their credential is missing or wrong.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn unmatched(&self) -> Result<Vec<Value>, Error> {
        list(&mut self.control.get("/journal/unmatched").await?, "entries")
    }

    /// Ends the service, and waits for that.
    ///
    /// # Errors
    /// [`Error::Io`] if nothing can wait for it.
    pub async fn stop(self) -> Result<(), Error> {
        Ok(tokio::task::spawn_blocking(move || drop(self)).await.map_err(io::Error::from)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.stop();
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
    let log = Log::default();
    let reader = thread::spawn({
        let log = log.clone();
        move || log.fill(BufReader::new(stderr))
    });
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    if line.is_empty() {
        let status = child.wait()?;
        reader.join().ok();
        return Err(Error::Ended { how: how(status), log: log.text() });
    }
    let printed: Value = serde_json::from_str(&line)?;
    let (address, operations) = (address(&printed, "url")?, address(&printed, "operations")?);
    let process = Arc::new(Process::new(child, log));
    Ok(Server { control: Control::new(operations, Arc::clone(&process)), process, address, operations })
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
}
