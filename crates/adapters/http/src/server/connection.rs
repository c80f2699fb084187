//! The state of one connection. Requests find it among the data of their connection.

use std::cell::Cell;
use std::net::IpAddr;
use std::sync::Arc;

use actix_http::RequestHead;
use derslik_domain::identity::ClientNetwork;

use super::permits::{ClientPermit, ConnectionPermit, ConnectionPermits, Refusal};
use super::tail::Tail;
use super::watch::{Deadlines, Watch};
use crate::forwarding::{Client, TrustedProxies};

/// One connection. It belongs to the thread that serves it.
#[derive(Debug)]
pub(super) struct Connection {
    watch: Watch,
    /// The last bytes that the framework has read, after decryption.
    tail: Cell<Tail>,
    /// Whether the peer is a trusted proxy.
    is_from_proxy: bool,
    permits: Arc<ConnectionPermits>,
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
        let permit = permits.take(peer.filter(|_| !is_from_proxy).map(ClientNetwork::of))?;
        let (watch, permits) = (Watch::new(deadlines), Arc::clone(permits));
        Ok((Self { watch, tail: Cell::default(), is_from_proxy, permits }, permit))
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
    pub(super) fn permit_for_request(&self, head: &RequestHead, proxies: &TrustedProxies) -> Result<Option<ClientPermit>, Refusal> {
        if !self.is_from_proxy {
            return Ok(None);
        }
        match Client::of(head, proxies) {
            Some(Client { address, is_proxy: false }) => self.permits.take_for(ClientNetwork::of(address)).map(Some),
            _ => Ok(None),
        }
    }
}
