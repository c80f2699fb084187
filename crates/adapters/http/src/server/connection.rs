//! The state of one connection. Requests find it among the data of their connection.

use std::cell::Cell;
use std::net::IpAddr;
use std::sync::Arc;

use actix_http::RequestHead;
use derslik_domain::identity::ClientNetwork;

use super::places::{ClientPlace, Place, Places, Refusal};
use super::tail::Tail;
use super::watch::{Deadlines, Watch};
use crate::client::{Client, TrustedProxies};

/// One connection. It belongs to the thread that serves it.
#[derive(Debug)]
pub(crate) struct Connection {
    watch: Watch,
    /// The last bytes that the framework has read, after decryption.
    tail: Cell<Tail>,
    is_encrypted: bool,
    /// Whether the peer is a trusted proxy.
    is_of_proxy: bool,
    places: Arc<Places>,
}

impl Connection {
    /// Opens the state of a peer's connection, and takes a permit for it.
    pub(super) fn open(
        peer: Option<IpAddr>,
        is_encrypted: bool,
        proxies: &TrustedProxies,
        places: &Arc<Places>,
        deadlines: Deadlines,
    ) -> Result<(Self, Place), Refusal> {
        let is_of_proxy = peer.is_some_and(|peer| proxies.trust(peer));
        // A proxy's connections carry requests of all its clients. Those clients are counted by their requests instead.
        let place = places.take(peer.filter(|_| !is_of_proxy).map(ClientNetwork::of))?;
        let (watch, places) = (Watch::new(deadlines), Arc::clone(places));
        Ok((Self { watch, tail: Cell::default(), is_encrypted, is_of_proxy, places }, place))
    }

    /// Whether the connection uses TLS.
    pub(crate) const fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    pub(super) const fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Notes that the framework has read these bytes.
    pub(super) fn read(&self, bytes: &[u8]) {
        self.tail.set(self.tail.get().then(bytes));
    }

    pub(super) fn tail(&self) -> Tail {
        self.tail.get()
    }

    /// Takes a permit for a request that a trusted proxy forwards for a client that it names.
    pub(super) fn place_of_request(&self, head: &RequestHead, proxies: &TrustedProxies) -> Result<Option<ClientPlace>, Refusal> {
        if !self.is_of_proxy {
            return Ok(None);
        }
        match Client::of(head, proxies) {
            Some(Client { address, is_proxy: false }) => self.places.take_of(ClientNetwork::of(address)).map(Some),
            _ => Ok(None),
        }
    }
}
