//! `derslik health`: asks the operations listener of a running process. It needs no other program, so that it works in an image without
//! a shell.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};
use clap::Args;
use serde_json::{Value, json};

use super::{Failure, Output};
use crate::config::{Config, Flags};

/// How long the listener may take to accept the connection, and to answer. A process that can't reach its database answers within a
/// second.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 64 * 1024;

#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// Ask whether the process can do its work, not only whether it lives.
    #[arg(long)]
    ready: bool,
    /// The operations listener [default: the one that the settings name], as `http://127.0.0.1:8081`.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// An answer of the listener.
struct Answer {
    status: u16,
    body: String,
}

/// Asks, and fails with exit code 1 if there is no answer, or another one than yes.
pub(super) fn run(file: Option<&PathBuf>, flags: &Flags, args: &HealthArgs, output: Output) -> Result<(), Failure> {
    let asked = target(file, flags, args.url.as_deref())
        .and_then(|(host, address)| ask(&host, address, if args.ready { "/readyz" } else { "/healthz" }, ANSWER_TIMEOUT));
    let Answer { status, body } = asked.map_err(Failure::Other)?;
    let body: Value = serde_json::from_str(&body).unwrap_or_else(|_| json!({ "status": status.to_string() }));
    // The exit code is the answer, also where standard output is closed.
    output.print(|| text(&body), || body.clone()).ok();
    if status == 200 { Ok(()) } else { Err(Failure::Other(anyhow!("the process answers {status}"))) }
}

/// The host as a request names it, and the address to connect to: those of the URL, or those that the settings name.
pub(super) fn target(file: Option<&PathBuf>, flags: &Flags, url: Option<&str>) -> anyhow::Result<(String, SocketAddr)> {
    if let Some(url) = url {
        return from_url(url);
    }
    let config = Config::load_with_origins(file, flags)?.config;
    let Some(address) = config.ops_of_serve()? else { bail!("ops.listen is off: there is no listener to ask") };
    ensure!(address.port() != 0, "the operations listener takes a free port: name it with --url");
    let address = SocketAddr::new(reachable(address.ip()), address.port());
    Ok((address.to_string(), address))
}

/// An address of this machine at which a listener on that address is reached.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

fn from_url(url: &str) -> anyhow::Result<(String, SocketAddr)> {
    let rest =
        url.strip_prefix("http://").with_context(|| format!("--url must begin with http://, as http://127.0.0.1:8081, not {url:?}"))?;
    let host = rest.trim_end_matches('/');
    ensure!(!host.contains(['/', '?', '#', '@']), "--url must name a host and a port alone, as http://127.0.0.1:8081, not {url:?}");
    let mut addresses = host.to_socket_addrs().with_context(|| format!("{host} can't be resolved; it must have a port"))?;
    let address = addresses.next().with_context(|| format!("{host} has no address"))?;
    Ok((host.to_owned(), address))
}

/// One request on a new connection, which is answered within that time.
fn ask(host: &str, address: SocketAddr, path: &str, limit: Duration) -> anyhow::Result<Answer> {
    let unreachable = || format!("no answer from http://{address}{path}");
    let late = || anyhow!("no answer within {} s from http://{address}{path}", limit.as_secs());
    let until = Instant::now() + limit;
    let mut stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT).with_context(unreachable)?;
    stream.set_write_timeout(Some(CONNECT_TIMEOUT)).with_context(unreachable)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).with_context(unreachable)?;
    let mut answer = Vec::new();
    // A listener that sends one byte now and then must not hold the command up for good.
    while u64::try_from(answer.len()).is_ok_and(|length| length < LONGEST_ANSWER) {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(late());
        }
        stream.set_read_timeout(Some(left)).with_context(unreachable)?;
        let mut part = [0; 4096];
        let length = match stream.read(&mut part) {
            // The kinds that the systems have for a read that takes too long.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Err(late()),
            read => read.with_context(unreachable)?,
        };
        if length == 0 {
            break;
        }
        answer.extend(part.iter().take(length));
    }
    parse(&answer).with_context(|| format!("http://{address} does not answer as Derslik does"))
}

/// The status and the body of an answer that ended with its connection.
fn parse(answer: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut words = head.lines().next()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    let status = words.next()?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

/// The status, and a line for each part.
fn text(body: &Value) -> String {
    let word = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let parts = body.get("parts").and_then(Value::as_object).into_iter().flatten();
    let lines = parts.map(|(name, part)| format!("{name:9} {:8} {}", word(part.get("state")), word(part.get("note"))));
    [word(body.get("status"))].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_status_and_a_body() {
        let parsed = |answer: &str| parse(answer.as_bytes()).map(|answer| (answer.status, answer.body));
        assert_eq!(parsed("HTTP/1.1 503 Service Unavailable\r\na: b\r\n\r\n{}"), Some((503, "{}".to_owned())));
        for broken in ["", "HTTP/1.1 200 OK\r\n", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1\r\n\r\n"] {
            assert_eq!(parsed(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn a_listener_that_is_silent_is_told_with_the_time_that_it_had() {
        // The system accepts the connection, and no program answers.
        let silent = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = silent.local_addr().unwrap();
        let error = ask("localhost", address, "/healthz", Duration::from_secs(1)).err().unwrap();
        assert_eq!(format!("{error:#}"), format!("no answer within 1 s from http://{address}/healthz"));
    }

    #[test]
    fn a_url_names_a_host_and_a_port() {
        for (url, expected) in [("http://127.0.0.1:8081", "127.0.0.1:8081"), ("http://[::1]:1/", "[::1]:1")] {
            let (host, address) = from_url(url).unwrap();
            assert_eq!((host.as_str(), address.to_string().as_str()), (expected, expected));
        }
        for url in ["https://127.0.0.1:8081", "127.0.0.1:8081", "http://127.0.0.1", "http://127.0.0.1:8081/readyz", "http://u@127.0.0.1:1"]
        {
            assert!(from_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_settings_name_an_address_of_this_machine() {
        let found = |listen: &str| {
            let flags = Flags { ops: Some(crate::config::OpsFlags { listen: listen.to_owned() }), ..Flags::default() };
            target(None, &flags, None).map(|(_, address)| address.to_string()).ok()
        };
        assert_eq!(found("0.0.0.0:9000").as_deref(), Some("127.0.0.1:9000"));
        assert_eq!(found("[::]:9000").as_deref(), Some("[::1]:9000"));
        assert_eq!(found("10.0.0.7:9000").as_deref(), Some("10.0.0.7:9000"));
        assert_eq!([found("off"), found("127.0.0.1:0")], [None, None]);
    }

    #[test]
    fn the_text_has_a_line_for_each_part() {
        let body = json!({ "status": "not ready", "parts": { "database": { "state": "failing", "note": "it does not answer" } } });
        assert_eq!(text(&body), "not ready\ndatabase  failing  it does not answer");
    }
}
