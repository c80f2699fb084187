//! A private cluster on this machine and the watchdog that ends it. This module must not know the content of its databases.

use std::fs;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::account::{Account, open_to_all};
use super::binaries::Binaries;
use super::tls::ServerTls;
use super::{Durability, PostgresError};

const PORT_ATTEMPTS: u32 = 5;
const LOG_TAIL_LINES: usize = 15;
/// In bytes. A socket's path has at most 107, which include the names of the cluster's folder and of the socket.
const LONGEST_TEMPORARY_FOLDER: usize = 60;

/// Stops the cluster and removes its folder at the end of input, which comes with the end of the owning process.
const WATCH: &str = r#"cat >/dev/null; "$1" -D "$2/data" -m immediate -s stop >/dev/null 2>&1; rm -rf "$2""#;

/// A running cluster. Dropping it stops it and removes all its files.
#[derive(Debug)]
pub(super) struct Cluster {
    control: Control,
    port: u16,
    _watchdog: Watchdog,
}

impl Cluster {
    /// Starts a cluster. Its messages are in the given language, such as `de`, if the programs have that translation.
    pub(super) fn start(durability: Durability, language: Option<&'static str>, tls: Option<&ServerTls>) -> Result<Self, PostgresError> {
        let folder = temporary_folder()?;
        let account = Account::for_owner_of(folder.path())?;
        let binaries = Binaries::find()?;
        account.check_reach(&binaries.initdb())?;
        account.own(folder.path()).map_err(PostgresError::io("hand the cluster's folder over"))?;

        let control = Control { folder: folder.path().to_owned(), account, binaries, language };
        // From here on the watchdog removes the folder, also when one of the next steps fails.
        let watchdog = Watchdog::start(&control)?;
        drop(folder.keep());
        control.initialise()?;
        if let Some(tls) = tls {
            tls.install(&control.data(), &control.account)?;
        }
        let port = control.start_on_a_free_port(durability, tls)?;
        Ok(Self { control, port, _watchdog: watchdog })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Sends a signal to the server and then to all its processes. A stopped server can't start others in between.
    pub(super) fn signal(&self, signal: Signal) -> Result<(), PostgresError> {
        let postmaster = self.control.postmaster()?;
        let send = |process: Pid| kill_process(process, signal).or_else(|error| if error == Errno::SRCH { Ok(()) } else { Err(error) });
        let told = PostgresError::io("signal the cluster");
        send(postmaster).map_err(std::io::Error::from).map_err(told)?;
        for child in children_of(postmaster).map_err(PostgresError::io("find the cluster's processes"))? {
            send(child).map_err(std::io::Error::from).map_err(PostgresError::io("signal the cluster"))?;
        }
        Ok(())
    }

    pub(super) fn stop_immediate(&self) -> Result<(), PostgresError> {
        self.control.pg_ctl(&["-m", "immediate", "stop"])
    }

    pub(super) fn restart(&self) -> Result<(), PostgresError> {
        if self.control.data().join("postmaster.pid").exists() {
            self.control.pg_ctl(&["-m", "fast", "stop"])?;
        }
        self.control.pg_ctl(&["start"])
    }
}

/// Runs PostgreSQL's programs on one folder.
#[derive(Debug)]
struct Control {
    folder: PathBuf,
    account: Account,
    binaries: Binaries,
    language: Option<&'static str>,
}

impl Control {
    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn postmaster(&self) -> Result<Pid, PostgresError> {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).map_err(PostgresError::io("read the cluster's process"))?;
        let number = text.lines().next().and_then(|line| line.trim().parse().ok());
        number.and_then(Pid::from_raw).ok_or_else(|| PostgresError::io("read the cluster's process")(ErrorKind::InvalidData.into()))
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn initialise(&self) -> Result<(), PostgresError> {
        let mut command = self.account.command(self.binaries.initdb());
        command.args(["-N", "-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8", "-D"]).arg(self.data());
        self.run(command)
    }

    fn start_on_a_free_port(&self, durability: Durability, tls: Option<&ServerTls>) -> Result<u16, PostgresError> {
        let path = self.data().join("postgresql.conf");
        let defaults = fs::read_to_string(&path).map_err(PostgresError::io("read the cluster's settings"))?;
        let of_tls = tls.map(ServerTls::settings).unwrap_or_default();
        let mut attempt = 1;
        loop {
            let port = free_port()?;
            // Opened, not created: the file stays with the user of the cluster.
            let written = OpenOptions::new()
                .write(true)
                .truncate(true)
                .open(&path)
                .and_then(|mut file| file.write_all(format!("{defaults}\n{}{of_tls}", self.settings(port, durability)).as_bytes()));
            written.map_err(PostgresError::io("write the cluster's settings"))?;
            match self.pg_ctl(&["start"]) {
                Ok(()) => return Ok(port),
                // Another process has taken the port meanwhile.
                Err(PostgresError::Command { output, .. }) if attempt < PORT_ATTEMPTS && output.contains("already in use") => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn settings(&self, port: u16, durability: Durability) -> String {
        let folder = self.folder.display().to_string().replace('\'', "''");
        let common =
            format!("listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{folder}'\nmax_connections = 200\n");
        match durability {
            Durability::Fast => format!("{common}fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"),
            Durability::Durable => common,
        }
    }

    fn pg_ctl(&self, arguments: &[&str]) -> Result<(), PostgresError> {
        let mut command = self.account.command(self.binaries.pg_ctl());
        command.args(["-s", "-w", "-t", "60", "-D"]).arg(self.data()).arg("-l").arg(self.log()).args(arguments);
        self.run(command)
    }

    fn run(&self, mut command: Command) -> Result<(), PostgresError> {
        let program = PathBuf::from(command.get_program());
        command.current_dir(&self.folder).env("LC_ALL", "C").stdin(Stdio::null());
        command.envs(self.language.map(|language| ("LANGUAGE", language)));
        let output = command.output().map_err(PostgresError::io("run a program of PostgreSQL"))?;
        if output.status.success() {
            return Ok(());
        }
        let printed = String::from_utf8_lossy(&output.stderr);
        Err(PostgresError::Command { program, status: output.status, output: format!("{}\n{}", printed.trim(), self.end_of_log()) })
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let skipped = log.lines().count().saturating_sub(LOG_TAIL_LINES);
        log.lines().skip(skipped).collect::<Vec<_>>().join("\n")
    }
}

/// A shell that outlives this process just long enough to clean up, however this process ends.
#[derive(Debug)]
struct Watchdog {
    shell: Child,
}

impl Watchdog {
    fn start(control: &Control) -> Result<Self, PostgresError> {
        let mut command = control.account.command("/bin/sh");
        // A separate process group, since Ctrl-C and a test runner's timeout signal the whole group of this process.
        command.args(["-c", WATCH, "watchdog"]).arg(control.binaries.pg_ctl()).arg(&control.folder).process_group(0).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let shell = command.spawn().map_err(PostgresError::io("start the watchdog of the cluster"))?;
        Ok(Self { shell })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // A destructor can't report an error.
        let _ended = self.shell.wait();
    }
}

/// The running child processes of `parent`.
fn children_of(parent: Pid) -> std::io::Result<Vec<Pid>> {
    let is_child = |process: &Pid| {
        let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap_or_default();
        // The name may contain any character and ends at the last parenthesis; the parent is the second field after it.
        let parent_of = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        parent_of.and_then(Pid::from_raw) == Some(parent)
    };
    let numbers = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(numbers.filter_map(Pid::from_raw).filter(is_child).collect())
}

fn temporary_folder() -> Result<TempDir, PostgresError> {
    let preferred = std::env::temp_dir();
    let usable = preferred.as_os_str().len() <= LONGEST_TEMPORARY_FOLDER && open_to_all(&preferred);
    let parent = if usable { preferred.as_path() } else { Path::new("/tmp") };
    tempfile::Builder::new().prefix("pg").tempdir_in(parent).map_err(PostgresError::io("make a folder for the cluster"))
}

fn free_port() -> Result<u16, PostgresError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(PostgresError::io("find a free port"))?;
    Ok(listener.local_addr().map_err(PostgresError::io("find a free port"))?.port())
}
