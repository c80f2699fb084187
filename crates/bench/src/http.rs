//! A minimal client for HTTP/1.1: it shares the machine with the programs that it measures. This module must not know the
//! content of requests.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, anyhow, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const MOST_HEADERS: usize = 32;

/// A connection that is kept open for any number of requests, one after the other.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The body of an answer in chunks, put together.
    body: Vec<u8>,
}

/// An answer, valid until the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    /// The status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    /// Checks that the answer has this status.
    ///
    /// # Errors
    /// When it has another; the beginning of the body is part of the text.
    pub(crate) fn expect(&self, status: u16) -> Result<()> {
        ensure!(self.status == status, "answered {} instead of {status}: {}", self.status, self.beginning());
        Ok(())
    }

    fn beginning(&self) -> String {
        String::from_utf8_lossy(self.body).chars().take(300).collect()
    }
}

/// The status and the length of the body, from the head of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    start: usize,
    length: Length,
}

/// How an answer tells where its body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    /// By its number of bytes.
    Bytes(usize),
    /// By an empty chunk after the others.
    Chunked,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When no server listens at the address.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096), body: Vec::new() })
    }

    /// Connects from an address of this machine, as another client would.
    ///
    /// # Errors
    /// When no server listens at the address, or the machine does not have the address `from`.
    pub(crate) async fn open_from(from: Ipv4Addr, address: SocketAddr) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096), body: Vec::new() })
    }

    /// Sends a request and waits for all of the answer.
    ///
    /// # Errors
    /// When the connection ends, or the answer has a form that the service never sends.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            self.fill().await?;
            if let Some(head) = Head::parse(&self.buffer)? {
                break head;
            }
        };
        let (end, body) = match head.length {
            Length::Bytes(length) => {
                let end = head.start + length;
                self.fill_to(end).await?;
                (end, self.buffer.get(head.start..end))
            }
            Length::Chunked => (self.read_chunks(head.start).await?, Some(self.body.as_slice())),
        };
        ensure!(self.buffer.len() == end, "more was answered than asked for");
        Ok(Answer { status: head.status, body: body.unwrap_or_default() })
    }

    /// Reads the chunks that begin at `start`, and returns where they end.
    async fn read_chunks(&mut self, start: usize) -> Result<usize> {
        self.body.clear();
        let mut end = start;
        loop {
            let rest = self.buffer.get(end..).unwrap_or_default();
            let size = httparse::parse_chunk_size(rest).map_err(|_| anyhow!("a chunk does not tell its length"))?;
            let httparse::Status::Complete((digits, size)) = size else {
                self.fill().await?;
                continue;
            };
            let (begin, size) = (end + digits, usize::try_from(size)?);
            // A line end follows each chunk.
            end = begin + size + 2;
            self.fill_to(end).await?;
            self.body.extend_from_slice(self.buffer.get(begin..begin + size).unwrap_or_default());
            if size == 0 {
                return Ok(end);
            }
        }
    }

    async fn fill_to(&mut self, end: usize) -> Result<()> {
        self.buffer.reserve(end.saturating_sub(self.buffer.len()));
        while self.buffer.len() < end {
            self.fill().await?;
        }
        Ok(())
    }

    async fn fill(&mut self) -> Result<()> {
        let bytes = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(bytes > 0, "the connection was closed in the middle of an answer");
        Ok(())
    }
}

impl Head {
    /// `None` while the head is not complete.
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(start) = response.parse(bytes)? else { return Ok(None) };
        let find = |name: &str| response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        let length = match (find("content-length"), find("transfer-encoding")) {
            (Some(length), _) => Length::Bytes(std::str::from_utf8(length.value)?.trim().parse()?),
            (None, Some(encoding)) if encoding.value.eq_ignore_ascii_case(b"chunked") => Length::Chunked,
            _ => return Err(anyhow!("the answer does not tell its length")),
        };
        let status = response.code.context("the answer has no status")?;
        Ok(Some(Self { status, start, length }))
    }
}

/// A GET request for `path`, with a bearer if one is given.
pub(crate) fn get(path: &str, bearer: Option<&str>) -> Vec<u8> {
    let authorization = bearer.map(|bearer| format!("Authorization: Bearer {bearer}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}\r\n").into_bytes()
}

/// A request that posts JSON to `path`.
pub(crate) fn post(path: &str, bearer: &str, json: &[u8]) -> Vec<u8> {
    send("POST", path, bearer, json)
}

/// A request that posts the fields of a form to `path`.
pub(crate) fn form(path: &str, fields: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        fields.len()
    );
    [head.as_bytes(), fields].concat()
}

/// A request that sends JSON to `path`.
pub(crate) fn send(method: &str, path: &str, bearer: &str, json: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {bearer}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        json.len()
    );
    [head.as_bytes(), json].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_body_behind_a_complete_head() {
        let answer = b"HTTP/1.1 207 Multi-Status\r\nContent-length: 5\r\n\r\nhe";
        assert_eq!(Head::parse(answer).unwrap(), Some(Head { status: 207, start: 48, length: Length::Bytes(5) }));
        assert_eq!(Head::parse(&answer[..30]).unwrap(), None);
    }

    #[test]
    fn refuses_an_answer_of_unknown_length() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[tokio::test]
    async fn puts_the_chunks_of_an_answer_together() {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
            for byte in answer {
                stream.write_all(&[*byte]).await.unwrap();
            }
            stream.shutdown().await.unwrap();
        });
        let mut connection = Connection::open(address).await.unwrap();
        let answer = connection.exchange(&get("/", None)).await.unwrap();
        assert_eq!(answer, Answer { status: 200, body: b"abc0123456789" });
    }
}
