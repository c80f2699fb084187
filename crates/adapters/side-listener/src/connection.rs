//! One connection: its bytes up to the end of one request, and its end. A connection carries one request: what else a client sends is
//! dropped. It knows nothing of the app.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The most connections at once. A further one closes the oldest connection of the address that has the most of them.
pub const MAX_CONNECTIONS: usize = 128;

/// How long a client may take to send the head of its request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a connection may last, until its client has taken the whole answer.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection stays open for a client that still sends after the answer. If it closed at once, TCP would reset it and the
/// client might lose the answer.
const LINGER: Duration = Duration::from_millis(500);

/// The longest head, in bytes. A browser adds the cookies of every service on this machine.
const MAX_HEAD: usize = 32 * 1024;

/// The longest body, in bytes, where bodies are read at all.
pub const MAX_BODY: usize = 32 * 1024 * 1024;

/// How long a handler may keep its connection beyond the present, however often it asks.
const MAX_EXTENSION: Duration = Duration::from_secs(600);

/// What becomes of the body behind the first head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bodies {
    /// It is dropped: the app takes none.
    Dropped,
    /// It is read, up to [`MAX_BODY`] bytes, if its length is told in the head.
    Read,
}

/// The state of one connection.
#[derive(Debug)]
pub(crate) struct Connection {
    peer: Option<IpAddr>,
    opened: Instant,
    /// When it ends at the latest.
    until: Cell<Instant>,
    /// Tells it to make room for another one.
    evicted: Notify,
    /// Whether it ended before its answer was sent.
    is_cut: Cell<bool>,
}

impl Connection {
    fn new(peer: Option<IpAddr>) -> Self {
        let opened = Instant::now();
        let until = Cell::new(opened + HEAD_TIMEOUT);
        Self { peer, opened, until, evicted: Notify::new(), is_cut: Cell::new(false) }
    }

    /// Notes that the head was read.
    fn asked(&self) {
        self.until.set(self.opened + WHOLE_TIMEOUT);
    }

    /// Lets it last that much longer from now on, up to a limit.
    fn extend(&self, by: Duration) {
        self.until.set(self.until.get().max(Instant::now() + by.min(MAX_EXTENSION)));
    }

    /// Notes that the system has the whole answer.
    fn answered(&self) {
        self.until.set(self.until.get().min(Instant::now() + LINGER));
    }

    /// Returns when the connection must end: its time is over, or another one needs its place.
    pub(crate) async fn ended(&self) {
        tokio::select! {
            () = self.evicted.notified() => {}
            () = self.overdue() => {}
        }
        self.is_cut.set(true);
    }

    async fn overdue(&self) {
        loop {
            let (now, until) = (Instant::now(), self.until.get());
            if until <= now {
                return;
            }
            // A deadline that is set during this sleep can't be earlier than the end of the sleep.
            sleep_until(until.min(now + LINGER)).await;
        }
    }
}

/// The open connections, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Connections(RefCell<Vec<Rc<Connection>>>);

/// A connection among the open ones, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) connection: Rc<Connection>,
    all: Rc<Connections>,
}

impl Connections {
    /// Opens a connection, and ends another one if there are too many.
    pub(crate) fn open(self: &Rc<Self>, peer: Option<IpAddr>) -> Place {
        let connection = Rc::new(Connection::new(peer));
        let mut open = self.0.borrow_mut();
        if open.len() >= MAX_CONNECTIONS
            && let Some(at) = find_victim(&open)
        {
            open.remove(at).evicted.notify_one();
        }
        open.push(Rc::clone(&connection));
        Place { connection, all: Rc::clone(self) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.all.0.borrow_mut().retain(|other| !Rc::ptr_eq(other, &self.connection));
    }
}

/// The oldest connection of the address that has the most. So a flood from one machine leaves the checks of another alone.
fn find_victim(open: &[Rc<Connection>]) -> Option<usize> {
    let mut counts = HashMap::new();
    for connection in open {
        *counts.entry(connection.peer).or_insert(0_usize) += 1;
    }
    let most = counts.values().copied().max();
    open.iter().position(|connection| counts.get(&connection.peer).copied() == most)
}

/// Where the first head of an input ends.
#[derive(Debug, Default)]
struct Head {
    length: usize,
    /// Whether a byte came that is not part of a line break. Empty lines may come before a request.
    has_begun: bool,
    /// Whether the current line has no bytes yet.
    is_line_empty: bool,
    is_over: bool,
}

impl Head {
    /// Follows these bytes, and returns how many of them belong to the head. A head that is too long is cut off.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        for byte in bytes {
            if self.is_over {
                break;
            }
            taken += 1;
            self.length += 1;
            match byte {
                b'\n' => {
                    self.is_over = self.has_begun && self.is_line_empty;
                    self.is_line_empty = true;
                }
                b'\r' => {}
                _ => (self.has_begun, self.is_line_empty) = (true, false),
            }
            self.is_over |= self.length >= MAX_HEAD;
        }
        taken
    }
}

/// Finds the length of the body in a head.
#[derive(Debug, Default)]
struct ContentLength {
    /// The begin of the current line.
    line: Vec<u8>,
    /// The length, as far as it is known.
    found: usize,
}

impl ContentLength {
    /// Longer than the header with the length of any body that is read.
    const MAX_LINE: usize = 64;

    /// Follows these bytes of the head.
    fn follow(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                self.read_line();
                self.line.clear();
            } else if self.line.len() < Self::MAX_LINE {
                self.line.push(*byte);
            }
        }
    }

    fn read_line(&mut self) {
        let header = std::str::from_utf8(&self.line).ok().and_then(|line| line.split_once(':'));
        if let Some((name, value)) = header
            && name.eq_ignore_ascii_case("content-length")
            && let Ok(length) = value.trim().parse::<usize>()
        {
            self.found = length;
        }
    }
}

/// Where the first request of an input ends.
#[derive(Debug)]
struct Input {
    head: Head,
    /// The length of the body; `None` where bodies are dropped.
    length: Option<ContentLength>,
    /// How many bytes of the body are still to come.
    body: usize,
}

impl Input {
    fn new(bodies: Bodies) -> Self {
        let length = (bodies == Bodies::Read).then(ContentLength::default);
        Self { head: Head::default(), length, body: 0 }
    }

    /// Follows these bytes, and returns how many of them belong to the request.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let was_over = self.head.is_over;
        let of_head = self.head.take(bytes);
        let (head, rest) = bytes.split_at_checked(of_head).unwrap_or((bytes, &[]));
        if let Some(length) = &mut self.length {
            length.follow(head);
            if self.head.is_over && !was_over {
                self.body = length.found.min(MAX_BODY);
            }
        }
        let of_body = rest.len().min(self.body);
        self.body -= of_body;
        of_head + of_body
    }

    const fn is_over(&self) -> bool {
        self.head.is_over && self.body == 0
    }
}

/// Lets a handler keep its connection while its answer takes long. Each request has it among the data of its connection.
#[derive(Debug, Clone)]
pub struct Lifetime(Rc<Connection>);

impl Lifetime {
    /// Lets the connection last that much longer from now on, up to ten minutes.
    pub fn extend(&self, by: Duration) {
        self.0.extend(by);
    }
}

/// The bytes of a connection. Its input ends after the first request.
#[derive(Debug)]
pub(crate) struct Stream {
    io: TcpStream,
    connection: Rc<Connection>,
    input: Input,
    /// Whether the whole answer was handed to the system.
    is_shut: bool,
}

impl Stream {
    pub(crate) fn new(io: TcpStream, connection: Rc<Connection>, bodies: Bodies) -> Self {
        Self { io, connection, input: Input::new(bodies), is_shut: false }
    }

    /// What a handler keeps the connection by.
    pub(crate) fn lifetime(&self) -> Lifetime {
        Lifetime(Rc::clone(&self.connection))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.connection.is_cut.get() && !self.is_shut {
            // Otherwise the system would keep the unsent bytes of a client that does not read.
            self.io.set_zero_linger().ok();
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        if stream.input.is_over() {
            return Poll::Ready(Ok(()));
        }
        let (before, was_asked) = (buffer.filled().len(), stream.input.head.is_over);
        ready!(Pin::new(&mut stream.io).poll_read(cx, buffer))?;
        let taken = stream.input.take(buffer.filled().get(before..).unwrap_or_default());
        buffer.set_filled(before + taken);
        if stream.input.head.is_over && !was_asked {
            stream.connection.asked();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    /// Ends the output, and drops the rest of the input until the client closes the connection.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        if !stream.is_shut {
            ready!(Pin::new(&mut stream.io).poll_shutdown(cx))?;
            stream.is_shut = true;
            stream.connection.answered();
        }
        let mut bytes = [0; 1024];
        loop {
            let mut rest = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut stream.io).poll_read(cx, &mut rest))?;
            if rest.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(pieces: &[&str]) -> (usize, bool) {
        let mut head = Head::default();
        let taken = pieces.iter().map(|piece| head.take(piece.as_bytes())).sum();
        (taken, head.is_over)
    }

    #[test]
    fn the_input_ends_after_the_first_head() {
        const HEAD: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(taken(&[HEAD, HEAD, HEAD]), (HEAD.len(), true));
        assert_eq!(taken(&[&HEAD.repeat(3)]), (HEAD.len(), true));
        let (begin, end) = HEAD.split_at(HEAD.len() - 1);
        assert_eq!(taken(&[begin]), (begin.len(), false));
        assert_eq!(taken(&[begin, end, "GET"]), (HEAD.len(), true));
        // Empty lines before a request are not its end, and a line break may lack its carriage return.
        assert_eq!(taken(&["\r\n\r\n", HEAD, "{}"]), (HEAD.len() + 4, true));
        assert_eq!(taken(&["GET / HTTP/1.0\n\nGET"]), (16, true));
        assert_eq!(taken(&[&"a".repeat(2 * MAX_HEAD)]), (MAX_HEAD, true));
    }

    #[test]
    fn a_body_is_read_as_far_as_its_head_tells() {
        const REQUEST: &str = "POST / HTTP/1.1\r\ncontent-Length: 3\r\nHost: a\r\n\r\nabc";
        let taken = |bodies, pieces: &[&str]| {
            let mut input = Input::new(bodies);
            let taken: usize = pieces.iter().map(|piece| input.take(piece.as_bytes())).sum();
            (taken, input.is_over())
        };
        let whole = REQUEST.len();
        assert_eq!(taken(Bodies::Read, &[REQUEST, "GET /"]), (whole, true));
        assert_eq!(taken(Bodies::Read, &[&format!("{REQUEST}GET /")]), (whole, true));
        for at in 1..whole {
            let (begin, end) = REQUEST.split_at(at);
            assert_eq!(taken(Bodies::Read, &[begin]), (at, false), "{at}");
            assert_eq!(taken(Bodies::Read, &[begin, end, "GET"]), (whole, true), "{at}");
        }
        assert_eq!(taken(Bodies::Dropped, &[REQUEST]), (whole - 3, true));
        // A header of another name, and a length that is not a number, tell nothing.
        assert!(taken(Bodies::Read, &["GET / HTTP/1.1\r\nX-Content-Length: 3\r\nContent-Length: x\r\n\r\nabc"]).1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_keeps_its_connection_for_a_long_answer() {
        let (begin, connection) = (Instant::now(), Rc::new(Connection::new(None)));
        connection.asked();
        Lifetime(Rc::clone(&connection)).extend(3 * WHOLE_TIMEOUT);
        connection.ended().await;
        assert!(begin.elapsed() >= 3 * WHOLE_TIMEOUT && begin.elapsed() < 3 * WHOLE_TIMEOUT + LINGER, "{:?}", begin.elapsed());
        let (begin, connection) = (Instant::now(), Connection::new(None));
        connection.extend(2 * MAX_EXTENSION);
        connection.ended().await;
        assert!(begin.elapsed() < MAX_EXTENSION + LINGER, "{:?}", begin.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_has_time_for_its_head_and_then_for_its_answer() {
        let begin = Instant::now();
        let silent = Connection::new(None);
        silent.ended().await;
        assert!(silent.is_cut.get());
        assert!(begin.elapsed() >= HEAD_TIMEOUT && begin.elapsed() < HEAD_TIMEOUT + LINGER, "{:?}", begin.elapsed());
        let begin = Instant::now();
        let slow = Connection::new(None);
        slow.asked();
        slow.ended().await;
        assert!(begin.elapsed() >= WHOLE_TIMEOUT && begin.elapsed() < WHOLE_TIMEOUT + LINGER, "{:?}", begin.elapsed());
        let begin = Instant::now();
        let answered = Connection::new(None);
        answered.asked();
        answered.answered();
        answered.ended().await;
        assert!(begin.elapsed() >= LINGER && begin.elapsed() < 2 * LINGER, "{:?}", begin.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_too_many_ends_the_oldest_of_the_busiest_address() {
        let begin = Instant::now();
        let all = Rc::new(Connections::default());
        let address = |last: u8| Some(IpAddr::from([10, 0, 0, last]));
        let single = all.open(address(1));
        let mut others: Vec<_> = (1..MAX_CONNECTIONS).map(|_| all.open(address(2))).collect();
        let _further = all.open(address(3));
        let oldest = others.remove(0);
        oldest.connection.ended().await;
        assert_eq!(begin.elapsed(), Duration::ZERO);
        assert_eq!(all.0.borrow().len(), MAX_CONNECTIONS);
        assert!(all.0.borrow().iter().any(|open| Rc::ptr_eq(open, &single.connection)));
        drop(others);
        assert_eq!(all.0.borrow().len(), 2);
    }
}
