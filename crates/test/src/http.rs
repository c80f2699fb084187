//! One HTTP request on a connection of its own. It knows no resource.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Error;

/// An answer of the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body: JSON, or a text of another type, or null for an empty one.
    pub body: Value,
}

/// A request.
pub(crate) struct Request<'r> {
    pub(crate) method: &'r str,
    /// The path, with a query if there is one.
    pub(crate) path: &'r str,
    pub(crate) authorization: Option<&'r str>,
    /// The content type and the bytes of the body.
    pub(crate) body: Option<(&'static str, Vec<u8>)>,
}

/// An answer whose body was not read as anything yet.
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    kind: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Request<'_> {
    /// Sends the request, and reads the answer until the connection ends.
    pub(crate) async fn send_raw(&self, address: SocketAddr) -> Result<RawAnswer, Error> {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(&self.written(address)).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        read_raw(&bytes)
    }

    pub(crate) fn written(&self, address: SocketAddr) -> Vec<u8> {
        let Self { method, path, authorization, body } = self;
        let authorization = authorization.map_or_else(String::new, |value| format!("Authorization: {value}\r\n"));
        let (content, bytes) = match body {
            Some((kind, bytes)) => (format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", bytes.len()), bytes.as_slice()),
            None => (String::new(), b"".as_slice()),
        };
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{authorization}{content}\r\n");
        [head.as_bytes(), bytes].concat()
    }
}

impl RawAnswer {
    /// The answer with its body as JSON or a text.
    pub(crate) fn read(self) -> Result<Answer, Error> {
        let Self { status, kind, body } = self;
        let text = String::from_utf8(body).map_err(|_| Error::Malformed)?;
        let body = match kind {
            _ if text.is_empty() => Value::Null,
            Some(kind) if kind.contains("json") => serde_json::from_str(&text)?,
            _ => Value::String(text),
        };
        Ok(Answer { status, body })
    }
}

pub(crate) fn read_raw(bytes: &[u8]) -> Result<RawAnswer, Error> {
    let (head, rest) = split(bytes, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(Error::Malformed)?;
    let header = |name: &str| head.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()));
    let body = if header("transfer-encoding") == Some("chunked") { without_chunks(rest)? } else { rest.to_vec() };
    let is_short = header("content-length").is_some_and(|length| length.parse::<usize>() != Ok(body.len()));
    if is_short {
        return Err(Error::Malformed);
    }
    Ok(RawAnswer { status, kind: header("content-type").map(str::to_owned), body })
}

/// What is before a separator, and what is after it.
fn split<'b>(bytes: &'b [u8], separator: &[u8]) -> Result<(&'b [u8], &'b [u8]), Error> {
    let place = bytes.windows(separator.len()).position(|found| found == separator).ok_or(Error::Malformed)?;
    let (before, after) = bytes.split_at(place);
    Ok((before, after.get(separator.len()..).unwrap_or_default()))
}

/// The content of a body that was sent in chunks.
fn without_chunks(mut rest: &[u8]) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    loop {
        let (size, after) = split(rest, b"\r\n")?;
        let size = std::str::from_utf8(size).ok().and_then(|size| usize::from_str_radix(size, 16).ok()).ok_or(Error::Malformed)?;
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(after.get(..size).ok_or(Error::Malformed)?);
        rest = after.get(size..).and_then(|after| after.strip_prefix(b"\r\n")).ok_or(Error::Malformed)?;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_read_with_its_length_or_in_chunks() {
        let read = |text: &str| read_raw(text.as_bytes()).and_then(RawAnswer::read).map(|answer| (answer.status, answer.body)).ok();
        let json = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"id\":7}";
        assert_eq!(read(json), Some((201, json!({"id": 7}))));
        let chunks = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n3\r\ncur\r\n1\r\nl\r\n0\r\n\r\n";
        assert_eq!(read(chunks), Some((200, json!("curl"))));
        assert_eq!(read("HTTP/1.1 204 No Content\r\n\r\n"), Some((204, Value::Null)));
    }

    #[test]
    fn a_truncated_answer_is_told_from_a_whole_one() {
        for text in [
            "",
            "HTTP/1.1 200 OK\r\ncontent-le",
            "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"id\"",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nc",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nc\r\n",
        ] {
            assert!(matches!(read_raw(text.as_bytes()), Err(Error::Malformed)), "{text}");
        }
    }

    #[test]
    fn a_request_has_the_length_of_its_body_in_bytes() {
        let body = Some(("application/json", "\"ü\"".as_bytes().to_vec()));
        let request = Request { method: "POST", path: "/v1/courses", authorization: Some("Bearer t"), body };
        let expected = "POST /v1/courses HTTP/1.1\r\nHost: 127.0.0.1:80\r\nConnection: close\r\nAuthorization: Bearer t\r\n\
                        Content-Type: application/json\r\nContent-Length: 4\r\n\r\n\"ü\"";
        assert_eq!(request.written(SocketAddr::from(([127, 0, 0, 1], 80))), expected.as_bytes());
    }
}
