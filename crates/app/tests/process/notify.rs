//! What the supervisor of a process is told.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::check;
use crate::signals::expect_end;
use crate::support::DEMO;
use crate::support::process::{Log, Running, derslik, send_signal, sqlite_url, until};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("a_supervisor_is_told_that_the_service_is_ready_and_that_it_stops", service),
        Trial::test("a_supervisor_is_told_that_a_worker_is_ready_and_that_it_stops", worker),
        Trial::test("a_supervisor_is_told_nothing_while_the_service_waits_for_its_schema", schema),
        Trial::test("a_service_runs_without_the_supervisor_that_its_environment_names", no_supervisor),
    ]
}

/// The socket of a supervisor, in a folder of its own.
struct Supervisor {
    socket: UnixDatagram,
    folder: tempfile::TempDir,
}

impl Supervisor {
    fn new() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let socket = UnixDatagram::bind(folder.path().join("notify"))?;
        socket.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { socket, folder })
    }

    /// The program with these arguments, which knows the socket.
    fn derslik(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = derslik(arguments);
        command.env("NOTIFY_SOCKET", self.folder.path().join("notify"));
        command
    }

    fn told(&self) -> Result<String, Failed> {
        let mut message = [0; 256];
        let length = self.socket.recv(&mut message)?;
        Ok(String::from_utf8_lossy(&message[..length]).into_owned())
    }

    fn is_told_nothing(&self) -> Result<bool, Failed> {
        self.socket.set_nonblocking(true)?;
        let read = self.socket.recv(&mut [0; 256]);
        self.socket.set_nonblocking(false)?;
        Ok(read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock))
    }
}

fn service() -> Result<(), Failed> {
    let supervisor = Supervisor::new()?;
    let url = sqlite_url(supervisor.folder.path());
    let mut service =
        Running::spawn(supervisor.derslik(&["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--database-url", &url]))?;
    check(supervisor.told()? == "READY=1", &"ready")?;
    let answer = service.post(crate::SEARCH, DEMO, "{}")?;
    check(answer.status == 200, &answer)?;
    check(supervisor.is_told_nothing()?, &"told more")?;
    service.signal("TERM")?;
    check(supervisor.told()? == "STOPPING=1", &"stopping")?;
    check(service.wait()?.code() == Some(0), &"the exit code is not 0")
}

fn worker() -> Result<(), Failed> {
    let supervisor = Supervisor::new()?;
    let url = sqlite_url(supervisor.folder.path());
    let migrated = derslik(&["migrate", "--database-url", &url]).output()?;
    check(migrated.status.success(), &migrated)?;
    let (mut worker, _log) = Log::spawn(&mut supervisor.derslik(&["worker", "--database-url", &url]))?;
    check(supervisor.told()? == "READY=1", &"ready")?;
    send_signal(worker.id(), "TERM")?;
    check(supervisor.told()? == "STOPPING=1", &"stopping")?;
    expect_end(&mut worker, 0)
}

fn schema() -> Result<(), Failed> {
    let supervisor = Supervisor::new()?;
    let url = sqlite_url(supervisor.folder.path());
    let command = |arguments: &[&str]| {
        let mut command = supervisor.derslik(arguments);
        command.args(["--profile", "production", "--database-url", &url]).env("DERSLIK_ALLOW_SQLITE", "true").stdout(Stdio::null());
        command
    };
    let (mut service, log) = Log::spawn(&mut command(&["serve", "--listen", "127.0.0.1:0"]))?;
    until(|| Ok(log.text().contains("derslik migrate")))?;
    check(supervisor.is_told_nothing()?, &"ready without a schema")?;
    check(command(&["migrate"]).status()?.success(), &"migrate")?;
    check(supervisor.told()? == "READY=1", &"ready")?;
    send_signal(service.id(), "TERM")?;
    check(supervisor.told()? == "STOPPING=1", &"stopping")?;
    expect_end(&mut service, 0)
}

fn no_supervisor() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    let mut command = derslik(&["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--database-url", &url]);
    command.env("NOTIFY_SOCKET", folder.path().join("none"));
    let service = Running::spawn(command)?;
    let answer = service.post(crate::SEARCH, DEMO, "{}")?;
    check(answer.status == 200, &answer)
}
