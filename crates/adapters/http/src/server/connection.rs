//! The state of one connection. Requests find it among the data of their connection.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::RequestHead;
use derslik_domain::identity::ClientNetwork;

use super::h2::Frames;
use super::permits::{ClientPermit, ConnectionPermit, ConnectionPermits, Refusal};
use super::tail::Tail;
use super::watch::{Deadlines, Watch};
use crate::cut::Cut;
use crate::forwarding::{Client, TrustedProxies};

/// One connection. It belongs to the thread that serves it.
#[derive(Debug)]
pub(super) struct Connection {
    watch: Watch,
    /// The last bytes that the dispatcher of HTTP/1.1 has read, after decryption.
    tail: Cell<Tail>,
    /// Where it stands in its frames. `None` for HTTP/1.1.
    frames: Cell<Option<Frames>>,
    /// The client at the other end. `None` for a trusted proxy, and for a peer without an address.
    client: Option<ClientNetwork>,
    /// Whether the peer is a trusted proxy.
    is_from_proxy: bool,
    permits: Arc<ConnectionPermits>,
    cut: Rc<Cut>,
}

impl Connection {
    /// Opens the state of a peer's connection, and takes a permit for it.
    pub(super) fn open(
        peer: Option<IpAddr>,
        proxies: &TrustedProxies,
        permits: &Arc<ConnectionPermits>,
        deadlines: Deadlines,
    ) -> Result<(Self, ConnectionPermit), Refusal> {
        let is_from_proxy = peer.is_some_and(|peer| proxies.trust(peer));
        // A proxy's connections carry requests of all its clients. Those clients are counted by their requests instead.
        let client = peer.filter(|_| !is_from_proxy).map(ClientNetwork::of);
        let permit = permits.take(client)?;
        let (watch, permits, cut) = (Watch::new(deadlines), Arc::clone(permits), Rc::default());
        Ok((Self { watch, tail: Cell::default(), frames: Cell::default(), client, is_from_proxy, permits, cut }, permit))
    }

    pub(super) const fn watch(&self) -> &Watch {
        &self.watch
    }

    /// By what a request ends the connection.
    pub(super) const fn cut(&self) -> &Rc<Cut> {
        &self.cut
    }

    /// Notes that the client chose HTTP/2, before anything was read.
    pub(super) fn speak_http2(&self) {
        self.frames.set(Some(Frames::default()));
        self.watch.speak_http2();
    }

    pub(super) fn speaks_http2(&self) -> bool {
        self.frames.get().is_some()
    }

    /// Notes that the dispatcher has read these bytes.
    pub(super) fn read(&self, bytes: &[u8]) {
        if let Some(mut frames) = self.frames.get() {
            let received = frames.read(bytes);
            self.frames.set(Some(frames));
            self.watch.received_frames(received);
        } else {
            self.tail.set(self.tail.get().then(bytes));
        }
    }

    pub(super) fn tail(&self) -> Tail {
        self.tail.get()
    }

    /// Takes a permit for a request that a trusted proxy forwards for a client that it names.
    pub(super) fn permit_for_request(&self, head: &RequestHead, proxies: &TrustedProxies) -> Result<Option<ClientPermit>, Refusal> {
        if !self.is_from_proxy {
            return Ok(None);
        }
        match Client::of(head, proxies) {
            Some(Client { address, is_proxy: false }) => self.permits.take_for(ClientNetwork::of(address)).map(Some),
            _ => Ok(None),
        }
    }

    /// Takes the permits of a stream of HTTP/2: one as for a connection, and one as for a request. The permit of the connection
    /// counts for one of its streams. Each further one counts as the connection of HTTP/1.1 that a client without HTTP/2 would
    /// need for it, so that few connections can't carry more requests than all connections could.
    pub(super) fn permit_for_stream(
        &self,
        head: &RequestHead,
        proxies: &TrustedProxies,
        has_others: bool,
    ) -> Result<(Option<ConnectionPermit>, Option<ClientPermit>), Refusal> {
        let as_connection = has_others.then(|| self.permits.take(self.client)).transpose()?;
        Ok((as_connection, self.permit_for_request(head, proxies)?))
    }
}
