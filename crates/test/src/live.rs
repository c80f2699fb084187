//! The requests of a journal as they come: an answer of server-sent events that goes on.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Error;
use crate::http::{RawAnswer, Request, read_raw};

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// The requests of an account as they come. The service ends it after some minutes.
#[derive(Debug)]
pub struct Live {
    stream: TcpStream,
    events: Events,
}

impl Live {
    pub(crate) async fn open(address: SocketAddr, path: &str) -> Result<Self, Error> {
        let request = Request { method: "GET", path, authorization: None, body: None };
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(&request.written(address)).await?;
        Ok(Self { stream, events: Events::default() })
    }

    /// The next request, once there is one. There is none once the answer has ended.
    ///
    /// # Errors
    /// [`Error::Refused`] for a match with unknown members, or [`Error::Io`].
    pub async fn next(&mut self) -> Result<Option<Value>, Error> {
        let mut piece = vec![0; 8_192];
        loop {
            if let Some(event) = self.events.take()? {
                return Ok(Some(event));
            }
            let length = self.stream.read(&mut piece).await?;
            if length == 0 {
                return self.events.refusal().map_or(Ok(None), Err);
            }
            self.events.add(piece.get(..length).unwrap_or_default())?;
        }
    }
}

/// What came of an answer, and what was not taken from it yet.
#[derive(Debug, Default)]
struct Events {
    /// The answer as it came, without the chunks that are in `text`.
    raw: Vec<u8>,
    is_open: bool,
    text: Vec<u8>,
}

impl Events {
    fn add(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.raw.extend_from_slice(bytes);
        if !self.is_open {
            let Some(place) = position(&self.raw, END_OF_HEAD) else { return Ok(()) };
            // A refusal is read at its end.
            if !self.raw.starts_with(b"HTTP/1.1 200") {
                return Ok(());
            }
            self.raw.drain(..place + END_OF_HEAD.len());
            self.is_open = true;
        }
        while let Some(end) = position(&self.raw, b"\r\n") {
            let size = self.raw.get(..end).and_then(|size| std::str::from_utf8(size).ok());
            let size = size.and_then(|size| usize::from_str_radix(size, 16).ok()).ok_or(Error::Malformed)?;
            let (start, stop) = (end + 2, size.saturating_add(end + 2));
            // A chunk has the end of a line after it.
            if self.raw.len() < stop.saturating_add(2) {
                return Ok(());
            }
            self.text.extend_from_slice(self.raw.get(start..stop).ok_or(Error::Malformed)?);
            self.raw.drain(..stop + 2);
        }
        Ok(())
    }

    /// The data of the first event that came whole.
    fn take(&mut self) -> Result<Option<Value>, Error> {
        while let Some(end) = position(&self.text, b"\n") {
            let line: Vec<u8> = self.text.drain(..=end).collect();
            if let Some(data) = line.strip_prefix(b"data: ") {
                return Ok(Some(serde_json::from_slice(data)?));
            }
        }
        Ok(None)
    }

    /// What an answer that has ended refuses.
    fn refusal(&self) -> Option<Error> {
        if self.is_open {
            return None;
        }
        Some(match read_raw(&self.raw).and_then(RawAnswer::read) {
            Ok(answer) => Error::Refused { status: answer.status, problem: answer.body },
            Err(error) => error,
        })
    }
}

fn position(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes.windows(sought.len()).position(|found| found == sought)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_read_however_they_are_cut() {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let answer = format!("{head}3\r\n:\n\n\r\n17\r\nid: 1\ndata: {{\"seq\":1}}\n\n\r\n19\r\nid: 2\ndata: {{\"seq\":2}}\n\nid\r\n");
        for size in [1, 7, answer.len()] {
            let mut events = Events::default();
            let mut found = Vec::new();
            for piece in answer.as_bytes().chunks(size) {
                events.add(piece).unwrap();
                while let Some(event) = events.take().unwrap() {
                    found.push(event);
                }
            }
            assert_eq!(found, [json!({"seq": 1}), json!({"seq": 2})], "{size}");
            assert!(events.refusal().is_none());
        }
    }

    #[test]
    fn a_refusal_is_told_and_an_answer_that_never_came_too() {
        let mut events = Events::default();
        let answer = "HTTP/1.1 404 Not Found\r\ncontent-type: application/problem+json\r\ncontent-length: 15\r\n\r\n{\"detail\":\"no\"}";
        events.add(answer.as_bytes()).unwrap();
        assert!(events.take().unwrap().is_none());
        assert!(matches!(events.refusal(), Some(Error::Refused { status: 404, .. })));
        assert!(matches!(Events::default().refusal(), Some(Error::Malformed)));
    }
}
