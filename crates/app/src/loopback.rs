//! Requests of this process to its own public listener: those that test control sends again.

use std::net::SocketAddr;

use async_trait::async_trait;
use derslik_domain::idempotency::AnswerCode;
use derslik_http::request_again;
use derslik_ports::inbound::control::RecordedRequest;
use derslik_ports::outbound::{Loopback, LoopbackAnswer, LoopbackError};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;

/// The longest head of an answer that is read, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// What ends a head.
const END: &[u8] = b"\r\n\r\n";

/// The public listener of this process.
#[derive(Debug, Clone, Copy)]
pub struct PublicListener {
    address: SocketAddr,
    is_encrypted: bool,
}

impl PublicListener {
    /// The listener that answers at that address of this machine.
    pub const fn at(address: SocketAddr, is_encrypted: bool) -> Self {
        Self { address, is_encrypted }
    }
}

/// The head of an answer, and how many bytes followed it.
struct Received {
    head: Vec<u8>,
    body_bytes: u64,
}

#[async_trait]
impl Loopback for PublicListener {
    async fn send(&self, request: RecordedRequest, body: Option<String>, credential: String) -> Result<LoopbackAnswer, LoopbackError> {
        if self.is_encrypted {
            return Err(LoopbackError::Encrypted);
        }
        let host = self.address.to_string();
        let sent = request_again(&request, body.as_deref(), &host, &credential).ok_or(LoopbackError::NotWhole)?;
        let received = exchange(self.address, &sent).await.map_err(|error| {
            tracing::debug!(%error, "a request that was sent again has no answer");
            LoopbackError::NoAnswer
        })?;
        parse(&received, request.method == "HEAD").ok_or(LoopbackError::NoAnswer)
    }
}

/// Sends a request on a new connection, and reads until it ends.
async fn exchange(address: SocketAddr, request: &[u8]) -> std::io::Result<Received> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let mut head = Vec::new();
    let body = loop {
        if let Some(end) = head.windows(END.len()).position(|found| found == END) {
            break head.split_off(end + END.len());
        }
        if head.len() > MAX_HEAD || stream.read_buf(&mut head).await? == 0 {
            break Vec::new();
        }
    };
    let rest = copy(&mut stream, &mut sink()).await?;
    Ok(Received { head, body_bytes: rest.saturating_add(u64::try_from(body.len()).unwrap_or(u64::MAX)) })
}

/// What an answer says. `None` if it is not one, or if its end is missing. An answer without a body may tell the length of another one.
fn parse(received: &Received, is_bodiless: bool) -> Option<LoopbackAnswer> {
    let mut lines = std::str::from_utf8(received.head.strip_suffix(END)?).ok()?.lines();
    let mut words = lines.next()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    let code = words.next()?.parse().ok()?;
    let (mut length, mut request_id) = (None, None);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse::<u64>().ok()?);
        } else if name.eq_ignore_ascii_case("x-request-id") {
            request_id = Some(value.trim().to_owned());
        }
    }
    let is_whole = is_bodiless || code == 304 || length.is_none_or(|length| length == received.body_bytes);
    is_whole.then_some(LoopbackAnswer { code: AnswerCode::new(code), request_id })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(head: &str, body_bytes: u64, is_bodiless: bool) -> Option<(u16, Option<String>)> {
        let answer = parse(&Received { head: head.as_bytes().to_vec(), body_bytes }, is_bodiless)?;
        Some((answer.code.get(), answer.request_id))
    }

    #[test]
    fn an_answer_has_a_status_and_the_id_of_its_request() {
        let head = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-Request-Id: 84f8\r\n\r\n";
        assert_eq!(parsed(head, 2, false), Some((201, Some("84f8".to_owned()))));
        assert_eq!(parsed("HTTP/1.1 204 No Content\r\n\r\n", 0, false), Some((204, None)));
        assert_eq!(parsed("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", 0, true), Some((200, None)));
    }

    #[test]
    fn an_answer_whose_end_is_missing_is_not_one() {
        assert_eq!(parsed("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", 4, false), None);
        for head in
            ["", "HTTP/1.1 200 OK\r\n", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"]
        {
            assert_eq!(parsed(head, 0, false), None, "{head:?}");
        }
    }
}
