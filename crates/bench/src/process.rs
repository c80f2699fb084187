//! The programs that a run starts, and the kernel's figures of their time and memory. This module must not know what they
//! serve.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::time::sleep;

use crate::http::{self, Connection};

const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN_TRIES: Duration = Duration::from_millis(1);
const LOG_TAIL_LINES: usize = 15;
/// Written to `/proc/PID/clear_refs`, this resets the peak of a process's memory.
const FORGET_THE_PEAK: &str = "5";

/// A server that this program has started. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

/// A service to start, and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    /// The program.
    pub(crate) program: PathBuf,
    /// The URL of its database; `None` for the service's default.
    pub(crate) database_url: Option<String>,
    /// Its folder, which also holds its log.
    pub(crate) folder: PathBuf,
    /// Whether it has its operations listener, and so keeps the journal of requests that tests read by it.
    pub(crate) has_operations: bool,
}

/// A service that has just become ready.
#[derive(Debug)]
pub(crate) struct Started {
    /// The service.
    pub(crate) server: Server,
    /// From the start of the program to its first answer.
    pub(crate) ready_after: Duration,
}

impl Service {
    /// Starts the service with known keys and waits for its first answer.
    ///
    /// # Errors
    /// When the service ends or does not answer in time; the end of its log is part of the text.
    pub(crate) async fn start(&self) -> Result<Started> {
        let port = free_port()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        fs::create_dir_all(&self.folder)?;
        let log_path = self.folder.join("log");
        let log = File::create(&log_path)?;
        let mut command = Command::new(&self.program);
        command.args(["serve", "--fixed-dev-keys", "--listen", &address.to_string(), "--data-dir"]).arg(self.folder.join("data"));
        if !self.has_operations {
            command.args(["--ops-listen", "off"]);
        }
        if let Some(url) = &self.database_url {
            command.args(["--database-url", url]);
        }
        // Neither the environment nor a configuration file in the current folder may change what is measured.
        command.env_clear().current_dir(&self.folder);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let start = Instant::now();
        let mut server = Server::spawn(command, address).with_context(|| format!("cannot start {}", self.program.display()))?;
        loop {
            if answers(address).await {
                return Ok(Started { server, ready_after: start.elapsed() });
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("the service ended with {status}:\n{}", end_of(&log_path));
            }
            if start.elapsed() > PATIENCE {
                bail!("the service did not answer within {PATIENCE:?}:\n{}", end_of(&log_path));
            }
            sleep(BETWEEN_TRIES).await;
        }
    }
}

impl Server {
    /// Starts this program again as the bare server.
    ///
    /// # Errors
    /// When it can't be started, or does not report its address.
    pub(crate) fn start_bare() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare-actix").env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = Self::spawn(command, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).context("cannot start the bare server")?;
        let mut line = String::new();
        let output = server.child.stdout.as_mut().context("the bare server has no output")?;
        BufReader::new(output).read_line(&mut line)?;
        server.address = line.trim().parse().context("the bare server did not say where it listens")?;
        Ok(server)
    }

    fn spawn(mut command: Command, address: SocketAddr) -> Result<Self> {
        // A separate process group: Ctrl-C reaches only this program, which ends its children itself.
        Ok(Self { child: command.process_group(0).spawn()?, address })
    }

    /// The address on which it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both calls fail only for a process that has ended already.
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// The resident memory of a process, in KiB.
///
/// # Errors
/// When the process is gone.
pub(crate) fn memory(pid: u32) -> Result<u32> {
    status(pid, "VmRSS:")
}

/// The most resident memory that a process had since [`forget_peak`], in KiB.
///
/// # Errors
/// When the process is gone.
pub(crate) fn peak_memory(pid: u32) -> Result<u32> {
    status(pid, "VmHWM:")
}

/// Resets the peak of a process's memory. Where the kernel does not permit that, the peak counts from the start of the process.
pub(crate) fn forget_peak(pid: u32) {
    let _forgotten = fs::write(format!("/proc/{pid}/clear_refs"), FORGET_THE_PEAK);
}

/// The sum of [`peak_memory`] of a process and of its living children.
///
/// # Errors
/// When the process is gone.
pub(crate) fn peak_memory_of_family(parent: u32) -> Result<u32> {
    let children = children_of(parent)?.into_iter().filter_map(|(child, _)| peak_memory(child).ok());
    Ok(children.fold(peak_memory(parent)?, u32::saturating_add))
}

/// [`forget_peak`] for a process and its children.
///
/// # Errors
/// When `/proc` can't be read.
pub(crate) fn forget_peak_of_family(parent: u32) -> Result<()> {
    forget_peak(parent);
    children_of(parent)?.into_iter().for_each(|(child, _)| forget_peak(child));
    Ok(())
}

fn status(pid: u32, field: &str) -> Result<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).with_context(|| format!("no {field} in the status"))?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// The CPU time that this program has used.
///
/// # Errors
/// When `/proc` can't be read.
pub(crate) fn own_cpu() -> Result<Duration> {
    cpu_of(std::process::id())
}

/// The CPU time that all programs of the machine have used, plus the time that a virtualization host took from it.
///
/// # Errors
/// When `/proc` can't be read.
pub(crate) fn machine_cpu() -> Result<Duration> {
    let text = fs::read_to_string("/proc/stat")?;
    Ok(duration_of(busy_ticks(&text).context("cannot read the times of the machine")?))
}

/// The CPU time of a process and of all its children, those that have ended included.
///
/// # Errors
/// When the process is gone.
pub(crate) fn cpu_of_family(parent: u32) -> Result<Duration> {
    let head = Stat::read(parent)?;
    let children = children_of(parent)?.into_iter().map(|(_, stat)| stat.own + stat.reaped);
    Ok(duration_of(head.own + head.reaped + children.sum::<u64>()))
}

/// The living children of a process.
fn children_of(parent: u32) -> Result<Vec<(u32, Stat)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // Any process may end while it is read.
        if let Ok(stat) = Stat::read(pid)
            && stat.parent == parent
        {
            found.push((pid, stat));
        }
    }
    Ok(found)
}

/// The parent of a process.
///
/// # Errors
/// When the process is gone.
pub(crate) fn parent_of(pid: u32) -> Result<u32> {
    Ok(Stat::read(pid)?.parent)
}

/// The CPU time of a process, over all its threads.
///
/// # Errors
/// When the process is gone.
fn cpu_of(pid: u32) -> Result<Duration> {
    Ok(duration_of(Stat::read(pid)?.own))
}

fn duration_of(ticks: u64) -> Duration {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_millis(ticks.saturating_mul(1_000) / per_second)
}

/// The busy time in `/proc/stat`: the time that was not free for other programs.
fn busy_ticks(text: &str) -> Option<u64> {
    let all = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = all.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
    // Interrupts are left out: most of them belong to the packets of the measured programs.
    let [user, nice, system, _idle, _waiting, _interrupts, _soft_interrupts, stolen, ..] = ticks.as_slice() else { return None };
    Some(user + nice + system + stolen)
}

/// Fields of `/proc/PID/stat`; times are in clock ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own: u64,
    reaped: u64,
}

impl Stat {
    fn read(pid: u32) -> Result<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        Self::parse(&text).with_context(|| format!("cannot read the times of process {pid}"))
    }

    fn parse(text: &str) -> Option<Self> {
        // The second field is the program's name in parentheses; the name may contain parentheses and spaces itself.
        let (_, fields) = text.rsplit_once(") ")?;
        let mut fields = fields.split_ascii_whitespace();
        let parent = fields.nth(1)?.parse().ok()?;
        let user: u64 = fields.nth(9)?.parse().ok()?;
        let system: u64 = fields.next()?.parse().ok()?;
        let reaped_user: u64 = fields.next()?.parse().ok()?;
        let reaped_system: u64 = fields.next()?.parse().ok()?;
        Some(Self { parent, own: user + system, reaped: reaped_user + reaped_system })
    }
}

/// Whether a server at this address answers as the service does.
async fn answers(address: SocketAddr) -> bool {
    let exchange = async {
        let mut connection = Connection::open(address).await?;
        let answer = connection.exchange(&http::get("/xapi/v2/session/00000000-0000-0000-0000-000000000000", None)).await?;
        anyhow::Ok(matches!(answer.status, 200 | 401))
    };
    exchange.await.unwrap_or(false)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The last lines of a log.
pub(crate) fn end_of(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let mut lines = VecDeque::with_capacity(LOG_TAIL_LINES);
    for line in text.lines() {
        if lines.len() == LOG_TAIL_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
    Vec::from(lines).join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_times_of_a_program_with_an_awkward_name() {
        let text = "42 (a) b (c) S 7 42 42 0 -1 4194304 97 0 0 0 11 22 33 44 20 0 1 0 266214 3133440 390";
        assert_eq!(Stat::parse(text), Some(Stat { parent: 7, own: 33, reaped: 77 }));
        assert_eq!(Stat::parse("42 (cut off) S 7 42"), None);
    }

    #[test]
    fn adds_up_what_keeps_the_cores_busy() {
        assert_eq!(busy_ticks("cpu  100 20 3 4000 50 600 70 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n"), Some(131));
        assert_eq!(busy_ticks("cpu  100 20"), None);
    }

    #[test]
    fn knows_its_own_parent() {
        assert_eq!(parent_of(std::process::id()).unwrap(), std::os::unix::process::parent_id());
    }
}
