//! Deadlines of a connection. The framework alone would wait forever in three cases:
//! - for the rest of a second request's head,
//! - for the rest of a body that was answered unread,
//! - for a client that reads nothing.
//!
//! A [`Watch`] observes a connection and ends it when a deadline has passed, regardless of the state of the framework. A
//! deadline runs from the start of what it bounds, so a slow trickle of bytes does not extend it.
//!
//! With HTTP/2, bytes do not tell whether a request begins: they may belong to other streams, or to frames that keep a connection
//! alive. There the frames are followed, and one that is unfinished has the deadline of a head.

use std::cell::Cell;
use std::time::{Duration, Instant};

use tokio::time::sleep_until;

use super::h2::Received;

/// How long a connection waits for its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For a complete head, counted from its first byte. For the first head, counted from the opening of the connection.
    pub head: Duration,
    /// For the rest of a body after the request was answered.
    pub unread_body: Duration,
    /// For the start of the next request.
    pub idle: Duration,
    /// For a client that reads nothing of its answer.
    pub stalled_reader: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(5),
            unread_body: Duration::from_secs(5),
            // Clients that write a long batch keep a connection longer than the framework's default.
            idle: Duration::from_secs(30),
            stalled_reader: Duration::from_secs(30),
        }
    }
}

/// Extra time before the watch acts, so that a deadline of the framework itself comes first where it has one.
const SLACK: Duration = Duration::from_secs(1);

/// The input that the connection waits for while no request is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    /// The first byte of a request.
    Request,
    /// The rest of a head, or of a body.
    Rest,
}

/// The unread input of a client at the time when the answer to its request was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnreadInput {
    /// No unread input.
    Nothing,
    /// A part of the body, which the service left unread.
    Body,
    /// The beginning of the next head.
    Head,
}

/// The state of one connection. It belongs to the thread of the connection.
#[derive(Debug)]
pub(super) struct Watch {
    deadlines: Deadlines,
    awaited: Cell<Awaited>,
    /// The deadline for the awaited input, while no request is under way.
    until: Cell<Instant>,
    /// The number of requests under way: with the service, or with an answer that is still being written.
    in_flight: Cell<u32>,
    /// The time since which the client has read nothing of the pending output.
    stalled_since: Cell<Option<Instant>>,
    /// Whether the connection speaks HTTP/2.
    is_http2: Cell<bool>,
    /// The time since which a frame or a head of HTTP/2 is unfinished.
    unfinished_since: Cell<Option<Instant>>,
}

impl Watch {
    /// A watch for a connection that was just opened, from which the first head is awaited.
    pub(super) fn new(deadlines: Deadlines) -> Self {
        Self {
            deadlines,
            awaited: Cell::new(Awaited::Rest),
            until: Cell::new(Instant::now() + deadlines.head + SLACK),
            in_flight: Cell::new(0),
            stalled_since: Cell::new(None),
            is_http2: Cell::new(false),
            unfinished_since: Cell::new(None),
        }
    }

    /// Notes that the connection speaks HTTP/2.
    pub(super) fn speak_http2(&self) {
        self.is_http2.set(true);
    }

    /// Notes what the frames say about the bytes that were received.
    pub(super) fn received_frames(&self, received: Received) {
        match received {
            Received::Whole => self.unfinished_since.set(None),
            Received::Part { is_new: false } if self.unfinished_since.get().is_some() => {}
            Received::Part { .. } => self.unfinished_since.set(Some(Instant::now())),
        }
    }

    /// Notes that the TLS handshake is done.
    pub(super) fn opened(&self) {
        self.await_rest(self.deadlines.head + SLACK);
    }

    /// Notes that bytes were received.
    pub(super) fn received(&self) {
        if !self.is_http2.get() && self.in_flight.get() == 0 && self.awaited.get() == Awaited::Request {
            self.await_rest(self.deadlines.head);
        }
    }

    /// Notes that bytes were sent.
    pub(super) fn sent(&self) {
        if self.stalled_since.get().is_some() {
            self.stalled_since.set(Some(Instant::now()));
        }
    }

    /// Notes that nothing can be sent at the moment.
    pub(super) fn stalled(&self) {
        if self.stalled_since.get().is_none() {
            self.stalled_since.set(Some(Instant::now()));
        }
    }

    /// Notes that all pending output was sent.
    pub(super) fn flushed(&self) {
        // The client could not send the awaited input before its answer was out, so its deadline starts again.
        if self.stalled_since.take().is_none() {
            return;
        }
        if self.unfinished_since.get().is_some() {
            self.unfinished_since.set(Some(Instant::now()));
        }
        // An answer of HTTP/2 is under way until it is out. The other frames that a client can ask for must not keep it connected.
        if self.is_http2.get() {
            return;
        }
        match self.awaited.get() {
            Awaited::Request => self.await_request(),
            Awaited::Rest => self.await_rest(self.deadlines.head.max(self.deadlines.unread_body)),
        }
    }

    /// Notes that a request was passed to the service.
    pub(super) fn began(&self) {
        self.in_flight.set(self.in_flight.get() + 1);
    }

    /// Notes that the answer to a request was handed over for writing.
    pub(super) fn ended(&self, unread: UnreadInput) {
        self.in_flight.set(self.in_flight.get().saturating_sub(1));
        match unread {
            UnreadInput::Nothing => self.await_request(),
            UnreadInput::Body => self.await_rest(self.deadlines.unread_body),
            UnreadInput::Head => self.await_rest(self.deadlines.head),
        }
    }

    /// Returns when a deadline has passed.
    pub(super) async fn overdue(&self) {
        // A deadline that is set during this sleep can't be earlier than the end of the sleep.
        let step = self.deadlines.head.min(self.deadlines.unread_body).min(self.deadlines.stalled_reader);
        loop {
            let now = Instant::now();
            let deadline = self.deadline();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return;
            }
            let next = now + step;
            sleep_until(deadline.map_or(next, |deadline| deadline.min(next)).into()).await;
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let awaited = (self.in_flight.get() == 0).then(|| self.until.get());
        if let Some(since) = self.stalled_since.get() {
            // Without a request under way, a client of HTTP/2 reads answers to pings at most. Reading them slowly gains it no time.
            let awaited = awaited.filter(|_| self.is_http2.get());
            return std::iter::once(since + self.deadlines.stalled_reader).chain(awaited).min();
        }
        let unfinished = self.unfinished_since.get().map(|since| since + self.deadlines.head);
        unfinished.into_iter().chain(awaited).min()
    }

    fn await_request(&self) {
        self.awaited.set(Awaited::Request);
        self.until.set(Instant::now() + self.deadlines.idle + SLACK);
    }

    fn await_rest(&self, time: Duration) {
        self.awaited.set(Awaited::Rest);
        self.until.set(Instant::now() + time);
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(2);

    #[test]
    fn bytes_that_come_in_do_not_prolong_the_time_for_a_head() {
        let watch = Watch::new(Deadlines::default());
        let first = watch.deadline();
        sleep(MOMENT);
        watch.received();
        assert_eq!(watch.deadline(), first);
        watch.began();
        assert_eq!(watch.deadline(), None);
        watch.ended(UnreadInput::Nothing);
        let idle = watch.deadline();
        watch.received();
        let second = watch.deadline();
        assert!(second < idle);
        sleep(MOMENT);
        watch.received();
        assert_eq!(watch.deadline(), second);
    }

    #[test]
    fn a_head_that_has_begun_before_the_answer_has_the_time_for_a_head_from_then() {
        let watch = Watch::new(Deadlines::default());
        watch.began();
        watch.received();
        watch.ended(UnreadInput::Head);
        let second = watch.deadline();
        assert!(second <= Some(Instant::now() + Deadlines::default().head));
        watch.received();
        assert_eq!(watch.deadline(), second);
    }

    #[test]
    fn a_head_of_http2_has_its_deadline_beside_running_requests() {
        let watch = Watch::new(Deadlines::default());
        watch.speak_http2();
        watch.began();
        assert_eq!(watch.deadline(), None);
        watch.received_frames(Received::Part { is_new: true });
        let first = watch.deadline();
        assert!(first.is_some());
        sleep(MOMENT);
        watch.received_frames(Received::Part { is_new: false });
        assert_eq!(watch.deadline(), first);
        watch.received_frames(Received::Part { is_new: true });
        assert!(watch.deadline() > first);
        watch.received_frames(Received::Whole);
        assert_eq!(watch.deadline(), None);
    }

    #[test]
    fn frames_without_a_request_do_not_prolong_the_time_of_an_idle_connection() {
        let watch = Watch::new(Deadlines::default());
        watch.speak_http2();
        watch.began();
        watch.ended(UnreadInput::Nothing);
        let idle = watch.deadline();
        sleep(MOMENT);
        watch.received();
        watch.received_frames(Received::Whole);
        watch.stalled();
        watch.flushed();
        assert_eq!(watch.deadline(), idle);
    }

    #[test]
    fn a_slow_reader_of_frames_without_a_request_is_idle_all_the_same() {
        let deadlines = Deadlines { idle: MOMENT, ..Deadlines::default() };
        let watch = Watch::new(deadlines);
        watch.speak_http2();
        watch.began();
        watch.stalled();
        let reading = watch.deadline();
        watch.ended(UnreadInput::Nothing);
        let idle = watch.deadline();
        assert!(idle < reading);
        sleep(MOMENT);
        watch.sent();
        assert_eq!(watch.deadline(), idle);
    }

    #[test]
    fn a_reader_that_takes_something_has_time_for_the_next() {
        let watch = Watch::new(Deadlines::default());
        watch.began();
        watch.stalled();
        let first = watch.deadline();
        sleep(MOMENT);
        watch.stalled();
        assert_eq!(watch.deadline(), first);
        watch.sent();
        assert!(watch.deadline() > first);
        watch.flushed();
        assert_eq!(watch.deadline(), None);
    }
}
