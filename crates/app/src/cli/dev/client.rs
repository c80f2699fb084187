//! Requests to test control of a running service.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow};
use derslik_domain::text::nearest;
use derslik_operations::CONTROL_PATH;
use serde_json::Value;

use super::Failure;
use crate::cli::health;
use crate::cli::output::one_line;
use crate::config::Flags;

/// How long the listener may take to accept the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the listener may be silent. Work on many rows takes long.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(600);

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// Where test control is.
#[derive(Debug)]
pub(super) struct Client {
    host: String,
    address: SocketAddr,
}

impl Client {
    /// Test control of the listener at that URL, or of the one that the settings name.
    pub(super) fn to(file: Option<&PathBuf>, flags: &Flags, url: Option<&str>) -> Result<Self, Failure> {
        let (host, address) = health::target(file, flags, url).map_err(Failure::Usage)?;
        Ok(Self { host, address })
    }

    /// The body of the answer to a request. `path` is below that of test control.
    pub(super) fn send(&self, method: Method, path: &str, body: &str) -> Result<String, Failure> {
        let answer = self.send_bytes(method, path, body.as_bytes())?;
        String::from_utf8(answer).map_err(|_| self.unreadable())
    }

    /// The id of the account of that id or name. A name that looks like an id is not asked for.
    pub(super) fn account(&self, named: &str) -> Result<String, Failure> {
        if named.parse::<i64>().is_ok() {
            return Ok(named.to_owned());
        }
        let answer = self.send_json(Method::Get, "/accounts", "")?;
        let accounts = answer.get("accounts").and_then(Value::as_array).cloned().unwrap_or_default();
        find_account(&accounts, named).map_err(|problem| Failure::Usage(anyhow!(problem)))
    }

    /// As [`send`](Self::send), for bodies that are not text.
    pub(super) fn send_bytes(&self, method: Method, path: &str, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let answer = self.exchange(method, path, body).map_err(Failure::Other)?;
        let (status, body) = parse(&answer).ok_or_else(|| self.unreadable())?;
        if (200..300).contains(&status) {
            return Ok(body.to_owned());
        }
        let body = String::from_utf8_lossy(body);
        match status {
            404 if !body.contains("\"code\"") => Err(Failure::Usage(anyhow!(
                "the service at http://{} has no test control: it runs in production, or is older",
                self.address
            ))),
            400..500 => Err(Failure::Usage(anyhow!("{}", problem(&body)))),
            _ => Err(Failure::Other(anyhow!("{}", problem(&body)))),
        }
    }

    fn unreadable(&self) -> Failure {
        Failure::Other(anyhow!("http://{} does not answer as Derslik does", self.address))
    }

    /// The answer as JSON.
    pub(super) fn send_json(&self, method: Method, path: &str, body: &str) -> Result<Value, Failure> {
        let answer = self.send(method, path, body)?;
        serde_json::from_str(&answer).context("the answer is not JSON").map_err(Failure::Other)
    }

    /// One request on a new connection. Returns all bytes of the answer.
    fn exchange(&self, method: Method, path: &str, body: &[u8]) -> anyhow::Result<Vec<u8>> {
        let Self { host, address } = self;
        let unreachable = || format!("no answer from http://{address}{CONTROL_PATH}{path}");
        let mut stream = TcpStream::connect_timeout(address, CONNECT_TIMEOUT).with_context(unreachable)?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT)).with_context(unreachable)?;
        let (method, length) = (method.name(), body.len());
        let head =
            format!("{method} {CONTROL_PATH}{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).with_context(unreachable)?;
        stream.write_all(body).with_context(unreachable)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).with_context(unreachable)?;
        Ok(answer)
    }
}

/// The status and the body of an answer that ended with its connection. `None` also if its end is missing.
fn parse(answer: &[u8]) -> Option<(u16, &[u8])> {
    const END: &[u8] = b"\r\n\r\n";
    let end = answer.windows(END.len()).position(|found| found == END)?;
    let (head, body) = (std::str::from_utf8(answer.get(..end)?).ok()?, answer.get(end + END.len()..)?);
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    let status = words.next()?.parse().ok()?;
    let length = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let is_whole = length.is_none_or(|(_, length)| length.trim().parse::<usize>() == Ok(body.len()));
    is_whole.then_some((status, body))
}

/// What a problem says, in one line.
fn problem(body: &str) -> String {
    let problem: Value = serde_json::from_str(body).unwrap_or_default();
    let member = |name: &str| problem.get(name).and_then(Value::as_str);
    let line = problem.get("line").and_then(Value::as_u64).map(|line| format!("line {line}: ")).unwrap_or_default();
    let field = member("field").map(|field| format!("{field}: ")).unwrap_or_default();
    let detail = member("detail").or_else(|| member("error")).unwrap_or(body);
    let nearest: String = problem.get("nearest").and_then(Value::as_array).into_iter().flatten().map(near).collect();
    format!("{line}{field}{}{nearest}", one_line(detail))
}

/// A request that comes close to what was expected, and what it has another way, a line each.
fn near(entry: &Value) -> String {
    let text = |value: &Value, name: &str| match value.get(name) {
        Some(Value::String(text)) => one_line(text),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let line = |difference: &Value| {
        let shown = |name: &str| difference.get(name).map(Value::to_string).unwrap_or_default();
        format!("\n    {}: {} was expected, and {} was sent", text(difference, "field"), shown("expected"), shown("found"))
    };
    let differences: String = entry.get("differences").and_then(Value::as_array).into_iter().flatten().map(line).collect();
    format!("\n  request {}, {} {}, differs:{differences}", text(entry, "seq"), text(entry, "method"), text(entry, "path"))
}

/// A text as one segment of a path.
pub(super) fn segment(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'.' if matches!(text, "." | "..") => "%2E".to_owned(),
        _ if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

/// The id of the account of that name.
fn find_account(accounts: &[Value], name: &str) -> Result<String, String> {
    let member = |account: &Value, member: &str| account.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(found) = accounts.iter().find(|account| member(account, "name") == name) {
        return Ok(member(found, "id"));
    }
    let names: Vec<_> = accounts.iter().map(|account| member(account, "name")).collect();
    let meant = nearest(name, names.iter().map(String::as_str)).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
    Err(format!("there is no account {name}{meant}"))
}

/// The members of an object, a line each; a list is shown as JSON.
pub(super) fn shown(value: &Value) -> String {
    let Some(members) = value.as_object() else { return value.to_string() };
    let line = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name:12} {}", one_line(text)),
        other => format!("{name:12} {other}"),
    };
    members.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_with_the_line_and_the_field_at_fault() {
        let body = r#"{"status": 422, "line": 12, "field": "courses.0.owner", "detail": "there is no person \"ali\""}"#;
        assert_eq!(problem(body), "line 12: courses.0.owner: there is no person \"ali\"");
        assert_eq!(problem(r#"{"error": "there is no such page"}"#), "there is no such page");
        assert_eq!(problem("broken"), "broken");
    }

    #[test]
    fn the_nearest_requests_of_a_problem_are_told_a_line_each() {
        let body = r#"{"detail": "no request matches", "nearest": [{"seq": 7, "method": "POST", "path": "/v1/courses", "differences":
            [{"field": "body.name", "expected": "Bob", "found": null}]}]}"#;
        let expected =
            "no request matches\n  request 7, POST /v1/courses, differs:\n    body.name: \"Bob\" was expected, and null was sent";
        assert_eq!(problem(body), expected);
        assert_eq!(problem(r#"{"detail": "no request matches", "nearest": []}"#), "no request matches");
    }

    #[test]
    fn a_name_stays_one_segment_of_a_path() {
        assert_eq!(segment("before-1_a.b"), "before-1_a.b");
        assert_eq!([segment("a?b#c"), segment("../x"), segment("..")], ["a%3Fb%23c", "..%2Fx", "%2E%2E"]);
    }

    #[test]
    fn an_account_is_found_by_its_name() {
        let accounts = [serde_json::json!({ "id": "1329", "name": "demo" }), serde_json::json!({ "id": "1330", "name": "other" })];
        assert_eq!(find_account(&accounts, "demo").as_deref(), Ok("1329"));
        assert_eq!(find_account(&accounts, "deno"), Err("there is no account deno; did you mean demo?".to_owned()));
    }

    #[test]
    fn an_answer_has_a_status_and_a_body() {
        assert_eq!(parse(b"HTTP/1.1 204 No Content\r\na: b\r\n\r\n"), Some((204, b"".as_slice())));
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\r"), Some((200, b"\xff\r".as_slice())));
        let broken =
            ["", "HTTP/1.1 200 OK\r\n", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nab"];
        for broken in broken {
            assert_eq!(parse(broken.as_bytes()), None, "{broken:?}");
        }
    }
}
