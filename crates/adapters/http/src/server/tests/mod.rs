//! The server over real sockets, with short deadlines. No test waits out a deadline that must not pass. All that has to end
//! ends within [`PATIENCE`], which is far longer than any deadline here.

mod connections;
mod deadlines;
mod framing;
mod h2_client;
mod h2_deadlines;
mod h2_limits;
mod h2_requests;
mod memory;
mod stopping;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use derslik_domain::id::Id;
use derslik_domain::identity::{Actor, Principal};
use derslik_ports::inbound::{
    Assertion, AuthenticationError, IdentityService, MockActivityService, MockAttendeeService, MockCourseService, MockJobService,
    MockLogInService, MockPeopleService, MockProjectService, MockRosterService, MockSessionService, MockTokenGrants, PresentedCredential,
    TokenQuota,
};
use derslik_testkit::builders::{account, actor_of, guid, other_account, service_principal, session};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{ConnectionLimits, DEFAULT_HTTP2_STREAMS, Deadlines, ServerSettings, Serving, Socket, Stopper};
use crate::classroom::{ClassroomSettings, Templates};
use crate::forwarding::TrustedProxies;
use crate::limits::Limits;
use crate::state::{HttpState, Services};

const PATIENCE: Duration = Duration::from_secs(40);
/// Long enough for a whole request on a busy machine.
const SHORT: Duration = Duration::from_secs(2);
/// The interval between the pieces of slow input.
const DRIP: Duration = Duration::from_millis(100);
const CERTIFICATE: &[u8] = include_bytes!("certificate.pem");
const KEY: &[u8] = include_bytes!("key.pem");

/// A known credential. A suffixed number makes a credential of another principal of its account, and `other` belongs to another
/// account. All other credentials are unknown.
const KNOWN: &str = "Bearer known";
/// The number of the principal whose searches find enough for a long answer.
const WITH_SESSIONS: i64 = 77;

/// A running server. It is stopped when this is dropped.
struct Running {
    address: SocketAddr,
    state: HttpState,
    stopper: Stopper,
}

/// The settings of a test server.
struct Plan {
    deadlines: Deadlines,
    connections: ConnectionLimits,
    limits: Limits,
    proxies: TrustedProxies,
    is_encrypted: bool,
    grace: Duration,
    http2_streams: u32,
}

impl Default for Plan {
    /// Deadlines for input that stands still are short. All others are longer than a test waits.
    fn default() -> Self {
        let long = 10 * PATIENCE;
        Self {
            deadlines: Deadlines { handshake: SHORT, head: SHORT, unread_body: SHORT, idle: long, stalled_reader: SHORT },
            connections: ConnectionLimits::default(),
            limits: Limits { body_deadline: long, ..Limits::default() },
            proxies: TrustedProxies::default(),
            is_encrypted: false,
            grace: Duration::ZERO,
            http2_streams: DEFAULT_HTTP2_STREAMS,
        }
    }
}

impl Plan {
    fn start(self) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let classroom = ClassroomSettings { templates: Templates::default(), page_key: [0; 32] };
        let state = HttpState::new(services(), classroom, self.limits).with_trusted_proxies(self.proxies);
        let settings = ServerSettings {
            workers: 1,
            grace: self.grace,
            connections: self.connections,
            deadlines: self.deadlines,
            http2_streams: self.http2_streams,
        };
        let socket = Socket { listener, tls: self.is_encrypted.then(certificate) };
        let serving = Serving::new(socket, state.clone(), settings).unwrap();
        let stopper = serving.stopper();
        actix_web::rt::spawn(serving.until_stopped());
        Running { address, state, stopper }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let stopper = self.stopper.clone();
        actix_web::rt::spawn(async move { stopper.stop(false).await });
    }
}

fn services() -> Services {
    let mut sessions = MockSessionService::new();
    sessions.expect_search().returning(|actor, _| {
        let count = if actor.principal.id == Id::new(WITH_SESSIONS) { 200 } else { 0 };
        Ok(derslik_domain::page::Page { entries: (0..count).map(|number| session(guid(number))).collect(), more: false })
    });
    Services {
        sessions: Arc::new(sessions),
        attendees: Arc::new(MockAttendeeService::new()),
        people: Arc::new(MockPeopleService::new()),
        log_in: Arc::new(MockLogInService::new()),
        token_grants: Arc::new(MockTokenGrants::new()),
        courses: Arc::new(MockCourseService::new()),
        rosters: Arc::new(MockRosterService::new()),
        jobs: Arc::new(MockJobService::new()),
        projects: Arc::new(MockProjectService::new()),
        activity: Arc::new(MockActivityService::new()),
        identity: Arc::new(Slow),
    }
}

/// Knows a few credentials, and answers slowly, as a database does.
struct Slow;

#[async_trait::async_trait]
impl IdentityService for Slow {
    async fn authenticate(&self, presented: PresentedCredential) -> Result<Actor, AuthenticationError> {
        tokio::time::sleep(DRIP).await;
        let secret = std::str::from_utf8(&presented.secret).map_err(|_| AuthenticationError::Invalid)?;
        match secret.strip_prefix("known-").map(str::parse) {
            Some(Ok(number)) => Ok(Actor { principal: Principal { id: Id::new(number), ..service_principal() }, ..actor_of(account()) }),
            None if secret == "known" => Ok(actor_of(account())),
            None if secret == "other" => Ok(actor_of(other_account())),
            Some(Err(_)) | None => Err(AuthenticationError::Invalid),
        }
    }

    async fn authenticate_signed(
        &self,
        _: PresentedCredential,
        _: Assertion,
        _: Arc<dyn TokenQuota>,
    ) -> Result<Actor, AuthenticationError> {
        tokio::time::sleep(DRIP).await;
        Err(AuthenticationError::Invalid)
    }
}

fn certificate() -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
    config.with_single_cert(chain, PrivateKeyDer::from_pem_slice(KEY).unwrap()).unwrap()
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Connects from an address of the loopback network.
    async fn connect_from(&self, address: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    async fn connect_encrypted(&self) -> TlsStream<TcpStream> {
        encrypted(self.connect().await).await
    }

    async fn connect_either(&self, is_encrypted: bool) -> Box<dyn Both> {
        if is_encrypted { Box::new(self.connect_encrypted().await) } else { Box::new(self.connect().await) }
    }

    /// Sends one request on a new connection and returns the answer.
    async fn ask(&self, request: &str) -> Answer {
        exchange(&mut self.connect().await, request).await
    }
}

/// Performs the TLS handshake on a connection.
async fn encrypted(stream: TcpStream) -> TlsStream<TcpStream> {
    encrypted_for(stream, &[]).await
}

/// Performs the TLS handshake on a connection, and offers these protocols.
async fn encrypted_for(stream: TcpStream, protocols: &[&[u8]]) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(CERTIFICATE).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap()
}

/// A connection with or without TLS.
trait Both: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Both for T {}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

/// Sends a request and reads the one answer.
async fn exchange(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: &str) -> Answer {
    stream.write_all(request.as_bytes()).await.unwrap();
    timeout(PATIENCE, read_answer(stream)).await.expect("an answer")
}

/// Reads an answer whose body has a length.
async fn read_answer(stream: &mut (impl AsyncRead + Unpin)) -> Answer {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(&bytes))));
    }
    let head = String::from_utf8(bytes).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: String::from_utf8(body).unwrap() }
}

/// Waits until the server has closed a connection.
async fn closed(stream: &mut (impl AsyncRead + Unpin)) {
    let mut rest = [0; 1024];
    timeout(PATIENCE, async { while stream.read(&mut rest).await.is_ok_and(|bytes| bytes > 0) {} }).await.expect("a closed connection");
}

/// Sends the same bytes again and again until the server has closed the connection.
async fn closed_in_spite_of(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), drip: &[u8]) {
    timeout(PATIENCE, async {
        let mut rest = [0; 1024];
        loop {
            if stream.write_all(drip).await.is_err() {
                return;
            }
            stream.flush().await.ok();
            if let Ok(Ok(0) | Err(_)) = timeout(DRIP, stream.read(&mut rest)).await {
                return;
            }
        }
    })
    .await
    .expect("a closed connection");
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: derslik\r\n\r\n")
}

/// The head of a request with a JSON body.
fn post(path: &str, authorization: &str, framing: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: derslik\r\nContent-Type: application/json\r\nAuthorization: {authorization}\r\n{framing}\r\n\r\n"
    )
}
