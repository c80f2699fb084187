//! An installation whose secrets are canaries, and everything that can be seen of it.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use derslik_storage::DatabaseUrl;
use derslik_testkit::postgres::{Durability, PostgresServer};
use libtest_mimic::Failed;
use serde_json::Value;

use crate::canary::{Canary, found, percent_encoded};
use crate::dump::dump;
use crate::support::process::{Killed, derslik, end_of, send_signal, sqlite_url, until};
use crate::{check, sql};

/// The password of the role, with characters that a URL must encode.
const DATABASE_PASSWORD: &str = "/kanarya5e1bveritabani+=";
const SEAL_KEY: &str = "7c19e0b4d5a8f2363b9e01c7d4f8a2655e0a9b3c7d1f46828e5b0c9a3d7f1e24";
const METRICS_TOKEN: &str = "kanarya93b0d5olcumler";

/// How long an answer or the end of a process may take. Only a failure takes this long.
const EVENT_TIMEOUT: Duration = Duration::from_secs(60);

/// The database, and how the program reaches it.
struct Database {
    /// With all rights, for the search.
    owner: DatabaseUrl,
    /// What the program is told.
    url: String,
    _server: Option<PostgresServer>,
}

/// The installation.
pub(crate) struct Site {
    pub(crate) folder: tempfile::TempDir,
    database: Database,
    log_format: &'static str,
    /// Secrets that may be seen nowhere.
    pub(crate) canaries: Vec<Canary>,
    /// What was seen: the name of each place, and the text there.
    pub(crate) seen: Vec<(String, String)>,
}

/// A running service. Its output goes to files.
pub(crate) struct Served {
    child: Killed,
    pub(crate) address: SocketAddr,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Site {
    pub(crate) fn new(database: &str, log_format: &'static str) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let database = if database == "sqlite" { in_a_file(folder.path())? } else { on_a_server()? };
        secret_file(folder.path(), "url", &database.url)?;
        secret_file(folder.path(), "seal_key", SEAL_KEY)?;
        secret_file(folder.path(), "metrics_token", METRICS_TOKEN)?;
        let canaries = vec![
            Canary::new("the seal key", SEAL_KEY),
            Canary::new("the token of metrics", METRICS_TOKEN),
            Canary::new("the database password", "kanarya5e1bveritabani"),
        ];
        Ok(Self { folder, database, log_format, canaries, seen: Vec::new() })
    }

    /// The program with these arguments and the settings of the installation.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = derslik(arguments);
        command.env("DATABASE_URL_FILE", self.folder.path().join("url"));
        command.env("DERSLIK_AUDIT__SEAL_KEY_FILE", self.folder.path().join("seal_key"));
        command.env("DERSLIK_OPS__METRICS_TOKEN_FILE", self.folder.path().join("metrics_token"));
        command.envs([("DERSLIK_PROFILE", "production"), ("DERSLIK_ALLOW_SQLITE", "true"), ("DERSLIK_LISTEN", "127.0.0.1:0")]);
        command.envs([("DERSLIK_LOG__FILTER", "trace,h2=trace"), ("DERSLIK_LOG__FORMAT", self.log_format)]);
        command
    }

    /// The URL with another password, if the database asks for one.
    pub(crate) fn url_with_password(&self, password: &str) -> Option<String> {
        let (_, place) = self.database.url.strip_prefix("postgres://")?.rsplit_once('@')?;
        Some(format!("postgres://clerk:{password}@{place}"))
    }

    /// Serves with these settings on top.
    pub(crate) fn serve(&self, name: &str, variables: &[(&str, &Path)]) -> Result<Served, Failed> {
        let [stdout, stderr] = ["out", "log"].map(|kind| self.folder.path().join(format!("{name}.{kind}")));
        let mut command = self.program(&["serve", "--json"]);
        command.envs(variables.iter().copied()).stdout(File::create(&stdout)?).stderr(File::create(&stderr)?);
        let mut child = Killed(command.spawn()?);
        until(|| match child.try_wait()? {
            Some(status) => Err(format!("the service ended: {status}\n{}", last_lines(&stderr)?).into()),
            None => Ok(text_of(&stdout)?.ends_with('\n')),
        })?;
        let banner: Value = serde_json::from_str(&text_of(&stdout)?)?;
        let (_, address) = banner["url"].as_str().and_then(|url| url.split_once("://")).ok_or("no address")?;
        Ok(Served { child, address: address.parse()?, stdout, stderr })
    }

    /// Notes what can be seen in a place.
    pub(crate) fn see(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.seen.push((place.into(), text.into()));
    }

    /// Notes the arguments and the environment of a running process, which other users may see.
    pub(crate) fn see_process(&mut self, name: &str, pid: u32) -> Result<(), Failed> {
        for kind in ["cmdline", "environ"] {
            // A process that was started a moment ago has neither, and one that has ended has them no more.
            let mut text = Vec::new();
            until(|| {
                text = std::fs::read(format!("/proc/{pid}/{kind}"))?;
                Ok(!text.is_empty())
            })?;
            self.see(format!("{kind} of {name}"), String::from_utf8_lossy(&text));
        }
        Ok(())
    }

    /// Stops a service, and notes all that it wrote. Returns its log.
    pub(crate) fn end(&mut self, name: &str, mut served: Served) -> Result<String, Failed> {
        self.see_process(name, served.child.id())?;
        send_signal(served.child.id(), "TERM")?;
        check(end_of(&mut served.child, EVENT_TIMEOUT)?.success(), &last_lines(&served.stderr)?)?;
        let log = text_of(&served.stderr)?;
        check(!log.contains("dropped lines"), &"the log is not complete")?;
        let printed = text_of(&served.stdout)?;
        check(printed.lines().count() == 1, &printed)?;
        self.see(format!("standard output of {name}"), printed);
        self.see(format!("log of {name}"), log.clone());
        Ok(log)
    }

    /// Notes everything that the database holds, and what a caller expects there.
    pub(crate) fn see_database(&mut self, expected: &str) -> Result<(), Failed> {
        let text = dump(&self.database.owner)?;
        check(text.contains(expected), &("the dump does not hold", expected))?;
        self.see("database", text);
        Ok(())
    }

    /// Where canaries were seen.
    pub(crate) fn leaks(&self) -> Vec<String> {
        let mut leaks = Vec::new();
        for (place, text) in &self.seen {
            leaks.extend(found(text, &self.canaries).into_iter().map(|leak| format!("{place}: {leak}")));
        }
        leaks
    }
}

impl Served {
    /// The answer to a request, as far as it was received.
    pub(crate) fn ask(&self, head: &str, body: &[u8]) -> Result<String, Failed> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(EVENT_TIMEOUT))?;
        // The service may answer and close before it has read everything. That may also cut off the answer.
        stream.write_all(&[head.as_bytes(), body].concat()).ok();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok();
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// A file that its owner alone may read.
pub(crate) fn secret_file(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Failed> {
    let file = folder.join(name);
    std::fs::write(&file, text)?;
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

fn text_of(file: &Path) -> Result<String, Failed> {
    Ok(String::from_utf8_lossy(&std::fs::read(file)?).into_owned())
}

fn last_lines(file: &Path) -> Result<String, Failed> {
    let text = text_of(file)?;
    let lines: Vec<_> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(20)..].join("\n"))
}

fn in_a_file(folder: &Path) -> Result<Database, Failed> {
    let owner = DatabaseUrl::Sqlite(folder.join("derslik.sqlite"));
    owner.migrate()?;
    Ok(Database { owner, url: sqlite_url(folder), _server: None })
}

/// A server that asks the role of the program for its password. It asks no other role.
fn on_a_server() -> Result<Database, Failed> {
    let server = PostgresServer::start(Durability::Fast)?;
    let owner: DatabaseUrl = server.maintenance_url().parse()?;
    owner.migrate()?;
    let rules = sql::lines(&owner, "SELECT current_setting('hba_file') AS line")?.pop().ok_or("no file of rules")?;
    sql::execute(
        &owner,
        &format!(
            "SET password_encryption = 'scram-sha-256'; CREATE ROLE clerk LOGIN PASSWORD '{DATABASE_PASSWORD}';
             GRANT USAGE ON SCHEMA public TO clerk; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk;
             GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO clerk;
             COPY (VALUES ('host all clerk all scram-sha-256'), ('local all all trust'), ('host all all all trust')) TO '{rules}';
             SELECT pg_reload_conf()"
        ),
    )?;
    let url = server.maintenance_url();
    let (_, place) = url.split_once('@').ok_or("no user in the URL")?;
    let url = format!("postgres://clerk:{}@{place}", percent_encoded(DATABASE_PASSWORD));
    // The server may read the rules a little later.
    let without = format!("postgres://clerk@{place}");
    until(|| Ok(!derslik(&["account", "list", "--database-url", &without]).output()?.status.success()))?;
    Ok(Database { owner, url, _server: Some(server) })
}
