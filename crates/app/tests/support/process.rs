//! The program as a process, and a client for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use derslik_storage::DatabaseUrl;
use libtest_mimic::Failed;

/// How long a test waits for an expected event. Only a failure takes this long.
const EVENT_TIMEOUT: Duration = Duration::from_secs(60);

/// The interim answer that asks for the body of a request.
const CONTINUE: &[u8; 25] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A running service; it is killed when this is dropped.
pub(crate) struct Running {
    child: Killed,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The output before the service accepted requests.
    pub(crate) banner: String,
}

/// The program with these arguments, without settings from the environment of the tests, and without an operations listener unless
/// `--ops-listen` names one: its default port belongs to another test.
pub(crate) fn derslik(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_derslik"));
    let is_ours = |name: &str| name.starts_with("DERSLIK_") || name.starts_with("OTEL_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    for name in ["DATABASE_URL", "DATABASE_URL_FILE", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"] {
        command.env_remove(name);
    }
    command.args(arguments).env("DERSLIK_LOG__FILTER", "warn").env("DERSLIK_OPS__LISTEN", "off").stdin(Stdio::null());
    command
}

impl Running {
    /// Serves on a free port, with known keys.
    pub(crate) fn start(database_url: &str, arguments: &[&str]) -> Result<Self, Failed> {
        let mut all = vec!["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--database-url", database_url];
        all.extend(arguments);
        Self::spawn(derslik(&all))
    }

    /// Serves as the command says.
    pub(crate) fn spawn(mut command: Command) -> Result<Self, Failed> {
        let mut child = Killed(command.stdout(Stdio::piped()).spawn()?);
        let mut stdout = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut banner = String::new();
        // The banner ends with a search command, or with the note about keys that were shown before; JSON has one line.
        while !banner.contains("/v1/courses -H") && !banner.contains("--fixed-dev-keys") && !banner.starts_with('{') {
            if stdout.read_line(&mut banner)? == 0 {
                return Err(format!("the service ended: {}", child.wait()?).into());
            }
        }
        let line = banner.lines().next().unwrap_or_default();
        let base = ["https://", "http://"].iter().find_map(|scheme| line.rsplit_once(scheme)).ok_or("no address")?.1;
        let base = base.split('"').next().unwrap_or_default();
        Ok(Self { address: base.trim().parse()?, banner, child })
    }

    /// Kills the process, which gets no chance to clean up.
    pub(crate) fn kill(mut self) -> Result<(), Failed> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Sends the process a signal by name.
    pub(crate) fn signal(&self, name: &str) -> Result<(), Failed> {
        send_signal(self.child.id(), name)
    }

    /// Writes to standard input, which the command piped.
    pub(crate) fn write_stdin(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        self.child.stdin.as_mut().ok_or("no standard input")?.write_all(bytes)?;
        Ok(())
    }

    /// Closes the writing end of standard input, if the command piped it. The end of this process would do the same.
    pub(crate) fn close_stdin(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits for the end of the process.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus, Failed> {
        end_of(&mut self.child, EVENT_TIMEOUT)
    }

    /// Whether the process is still running.
    pub(crate) fn is_running(&mut self) -> Result<bool, Failed> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// The reading end of standard error, if the command piped it.
    pub(crate) fn take_stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// The head of a request with a JSON body of that length.
    pub(crate) fn head_of_post(&self, path: &str, bearer: &str, length: usize) -> String {
        let host = self.address;
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n"
        ) + "\r\n"
    }

    /// A request in progress: the service has asked for its body, and no byte of it was sent.
    pub(crate) fn begin_request(&self, path: &str, bearer: &str, length: usize) -> Result<TcpStream, Failed> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(EVENT_TIMEOUT))?;
        let head = self.head_of_post(path, bearer, length);
        stream.write_all(head.replacen("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n", 1).as_bytes())?;
        let mut asked = [0; CONTINUE.len()];
        stream.read_exact(&mut asked)?;
        if asked == *CONTINUE { Ok(stream) } else { Err(format!("{:?}", String::from_utf8_lossy(&asked)).into()) }
    }

    /// One request with a JSON body on a new connection.
    pub(crate) fn post(&self, path: &str, bearer: &str, body: &str) -> Result<Answer, Failed> {
        self.send(&self.head_of_post(path, bearer, body.len()), body.as_bytes())
    }

    /// One request without a body.
    pub(crate) fn get(&self, path: &str, bearer: &str) -> Result<Answer, Failed> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n\r\n"), b"")
    }

    /// Sends raw bytes, and reads until the connection ends.
    pub(crate) fn send(&self, head: &str, body: &[u8]) -> Result<Answer, Failed> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all(head.as_bytes())?;
        // The service may answer and close before it has read everything.
        stream.write_all(body).ok();
        Answer::read(&mut stream)
    }
}

/// The standard error of a process so far.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    /// Starts a command and collects its standard error.
    pub(crate) fn spawn(command: &mut Command) -> Result<(Killed, Self), Failed> {
        let mut child = Killed(command.stderr(Stdio::piped()).spawn()?);
        let stderr = BufReader::new(child.0.stderr.take().ok_or("no standard error")?);
        let log = Self::default();
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                *kept.0.lock().unwrap_or_else(PoisonError::into_inner) += &(line + "\n");
            }
        });
        Ok((child, log))
    }

    /// The text collected so far.
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A process that is killed when this is dropped.
pub(crate) struct Killed(pub(crate) Child);

impl std::ops::Deref for Killed {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl std::ops::DerefMut for Killed {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Sends a process a signal by name.
pub(crate) fn send_signal(pid: u32, name: &str) -> Result<(), Failed> {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status()?;
    if status.success() { Ok(()) } else { Err("no signal was sent".into()) }
}

/// Waits for the end of a process.
pub(crate) fn end_of(child: &mut Child, limit: Duration) -> Result<ExitStatus, Failed> {
    let begin = Instant::now();
    while begin.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err("it did not end".into())
}

/// Waits until the condition holds.
pub(crate) fn until(mut holds: impl FnMut() -> Result<bool, Failed>) -> Result<(), Failed> {
    let begin = Instant::now();
    while !holds()? {
        if begin.elapsed() > EVENT_TIMEOUT {
            return Err("it did not happen in time".into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Reads an answer until the connection ends.
    pub(crate) fn read(stream: &mut TcpStream) -> Result<Self, Failed> {
        let mut bytes = Vec::new();
        // A connection that was reset may have delivered the whole answer before.
        let end = stream.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes)?;
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| format!("no answer: {end:?} {text:?}"))?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no status")?;
        Ok(Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() })
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<serde_json::Value, Failed> {
        Ok(serde_json::from_str(&self.body)?)
    }
}

/// A URL in the form that the program accepts.
pub(crate) fn url_text(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Postgres(url) => url.clone(),
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
    }
}

/// The URL of an `SQLite` file in a folder.
pub(crate) fn sqlite_url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("derslik.sqlite").display())
}
