//! Clients of HTTP/2: one that keeps the rules, and one that sends raw frames.

use actix_web::web::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, SendStream};

use super::*;

pub(super) const SEARCH: &str = "/xapi/v2/session/search";

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;
/// The number of the setting for the room that a client gives to each answer at first.
pub(super) const INITIAL_WINDOW_SIZE: u16 = 4;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A client that keeps the rules, with one connection.
pub(super) struct Client {
    sender: SendRequest<Bytes>,
    /// Ends with the connection.
    pub(super) ended: actix_web::rt::task::JoinHandle<Result<(), h2::Error>>,
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Http2Answer {
    pub(super) head: http::response::Parts,
    pub(super) body: String,
}

impl Http2Answer {
    pub(super) fn status(&self) -> u16 {
        self.head.status.as_u16()
    }
}

pub(super) fn encrypted_plan() -> Plan {
    Plan { is_encrypted: true, ..Plan::default() }
}

impl Client {
    pub(super) async fn connect(server: &Running) -> Self {
        Self::on(server.connect().await).await
    }

    pub(super) async fn on(stream: TcpStream) -> Self {
        let stream = encrypted_for(stream, &[b"h2"]).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        Self { sender, ended: actix_web::rt::spawn(connection) }
    }

    /// Sends the head of a request.
    pub(super) async fn begin(&self, head: http::Request<()>, is_all: bool) -> (ResponseFuture, SendStream<Bytes>) {
        let mut sender = timeout(PATIENCE, self.sender.clone().ready()).await.unwrap().unwrap();
        sender.send_request(head, is_all).unwrap()
    }

    /// Sends a request and reads its answer.
    pub(super) async fn ask(&self, head: http::Request<()>, body: &str) -> Result<Http2Answer, h2::Error> {
        let (answer, mut stream) = self.begin(head, body.is_empty()).await;
        if !body.is_empty() {
            stream.send_data(Bytes::copy_from_slice(body.as_bytes()), true).unwrap();
        }
        whole(answer).await
    }
}

/// Reads an answer.
pub(super) async fn whole(answer: ResponseFuture) -> Result<Http2Answer, h2::Error> {
    timeout(PATIENCE, async {
        let (head, mut stream) = answer.await?.into_parts();
        let mut body = Vec::new();
        while let Some(bytes) = stream.data().await {
            let bytes = bytes?;
            stream.flow_control().release_capacity(bytes.len())?;
            body.extend_from_slice(&bytes);
        }
        Ok(Http2Answer { head, body: String::from_utf8(body).unwrap() })
    })
    .await
    .expect("an answer")
}

/// The head of a request, with JSON as its content type and without credentials.
pub(super) fn head(method: &str, path: &str) -> http::Request<()> {
    let builder = http::Request::builder().method(method).uri(format!("https://derslik{path}"));
    builder.header("content-type", "application/json").body(()).unwrap()
}

/// The same with a header.
pub(super) fn with(mut head: http::Request<()>, name: &'static str, value: &str) -> http::Request<()> {
    head.headers_mut().insert(name, value.parse().unwrap());
    head
}

/// The head of a search with a known credential.
pub(super) fn search() -> http::Request<()> {
    with(head("POST", SEARCH), "authorization", KNOWN)
}

/// A frame as it is sent.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [length.as_slice(), &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

pub(super) fn ping() -> Vec<u8> {
    frame(PING, 0, 0, b"are you?")
}

/// The compressed head of a request: fields of the static table, and literals that are not indexed.
pub(super) fn block(method: &str, path: &str, authorization: &str) -> Vec<u8> {
    let field = |index: &[u8], value: &str| [index, &[u8::try_from(value.len()).unwrap()], value.as_bytes()].concat();
    [field(&[0x02], method), vec![0x87], field(&[0x04], path), field(&[0x01], "derslik"), field(&[0x0f, 0x08], authorization)].concat()
}

/// A frame that was received.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    /// The reason in a `RST_STREAM` or `GOAWAY` frame.
    pub(super) fn reason(&self) -> Reason {
        let code = if self.kind == GOAWAY { &self.payload[4..8] } else { &self.payload[..4] };
        u32::from_be_bytes(code.try_into().unwrap()).into()
    }
}

/// A connection on which nothing was sent but the preface and these settings, as numbers and values.
pub(super) async fn raw(server: &Running, settings: &[(u16, u32)]) -> TlsStream<TcpStream> {
    let mut stream = encrypted_for(server.connect().await, &[b"h2"]).await;
    let payload: Vec<u8> = settings.iter().flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
    let acknowledgement = frame(SETTINGS, 1, 0, b"");
    send(&mut stream, &[PREFACE.to_vec(), frame(SETTINGS, 0, 0, &payload), acknowledgement].concat()).await;
    stream
}

pub(super) async fn send(stream: &mut TlsStream<TcpStream>, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
    stream.flush().await.unwrap();
}

/// Reads frames until one of that kind. `None` if the connection has ended before.
pub(super) async fn next_of(stream: &mut (impl AsyncRead + Unpin), kinds: &[u8]) -> Option<Frame> {
    let read = async {
        loop {
            let mut header = [0; 9];
            stream.read_exact(&mut header).await.ok()?;
            let [high, middle, low, kind, flags, id @ ..] = header;
            let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, high, middle, low])).unwrap()];
            stream.read_exact(&mut payload).await.ok()?;
            // The acknowledgement of settings says nothing.
            if kinds.contains(&kind) {
                return Some(Frame { kind, flags, stream: u32::from_be_bytes(id), payload });
            }
        }
    };
    timeout(PATIENCE, read).await.expect("a frame, or the end")
}
