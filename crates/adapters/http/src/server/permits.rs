//! Limits on the number of connections, in all and for each client.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use derslik_domain::identity::ClientNetwork;

/// The most connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// For all clients together. With HTTP/2 each request after the first that runs on a connection counts as one more.
    pub in_all: usize,
    /// For one client: an IPv4 address or the /64 of an IPv6 address. For a client that a trusted proxy names, this is the most
    /// requests under way.
    pub per_client: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { in_all: 8_192, per_client: 1_024 }
    }
}

/// Why a permit was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// All permits are taken.
    InAll,
    /// The client holds as many permits as it may.
    OfClient,
}

/// The permits for connections, which all threads share.
#[derive(Debug)]
pub(super) struct ConnectionPermits {
    limits: ConnectionLimits,
    taken: AtomicUsize,
    /// The number of permits of each client that holds any.
    clients: Mutex<HashMap<ClientNetwork, usize>>,
}

/// The permit of one connection, or of a further stream on it. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct ConnectionPermit {
    permits: Arc<ConnectionPermits>,
    _client: Option<ClientPermit>,
}

/// A permit that counts for one client until it is dropped.
#[derive(Debug)]
pub(super) struct ClientPermit {
    permits: Arc<ConnectionPermits>,
    client: ClientNetwork,
}

impl ConnectionPermits {
    pub(super) fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self { limits, taken: AtomicUsize::new(0), clients: Mutex::default() })
    }

    /// Takes a permit for a connection. Without a client it counts only towards the limit for all connections.
    pub(super) fn take(self: &Arc<Self>, client: Option<ClientNetwork>) -> Result<ConnectionPermit, Refusal> {
        let client = client.map(|client| self.take_for(client)).transpose()?;
        if self.taken.fetch_add(1, Ordering::Relaxed) >= self.limits.in_all {
            self.taken.fetch_sub(1, Ordering::Relaxed);
            return Err(Refusal::InAll);
        }
        Ok(ConnectionPermit { permits: Arc::clone(self), _client: client })
    }

    /// Takes one of a client's permits.
    pub(super) fn take_for(self: &Arc<Self>, client: ClientNetwork) -> Result<ClientPermit, Refusal> {
        let mut clients = self.clients();
        let taken = clients.entry(client).or_default();
        if *taken >= self.limits.per_client {
            return Err(Refusal::OfClient);
        }
        *taken += 1;
        drop(clients);
        Ok(ClientPermit { permits: Arc::clone(self), client })
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<ClientNetwork, usize>> {
        // A count is changed in one step, so it is right even if the thread that held the lock panicked.
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.permits.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for ClientPermit {
    fn drop(&mut self) {
        if let Entry::Occupied(mut taken) = self.permits.clients().entry(self.client) {
            if *taken.get() > 1 {
                *taken.get_mut() -= 1;
            } else {
                taken.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> ClientNetwork {
        ClientNetwork::of(address.parse().unwrap())
    }

    fn held(permits: &ConnectionPermits) -> usize {
        permits.clients().len()
    }

    #[test]
    fn a_client_gets_at_most_its_permits_and_leaves_the_others_theirs() {
        let permits = ConnectionPermits::new(ConnectionLimits { in_all: 3, per_client: 2 });
        let (one, other) = (client("192.0.2.1"), client("2001:db8::1"));
        let taken = [permits.take(Some(one)).unwrap(), permits.take(Some(one)).unwrap()];
        assert_eq!(permits.take(Some(one)).unwrap_err(), Refusal::OfClient);
        let third = permits.take(Some(other)).unwrap();
        assert_eq!(permits.take(Some(other)).unwrap_err(), Refusal::InAll);
        assert_eq!(permits.take(None).unwrap_err(), Refusal::InAll);
        drop((taken, third));
        assert_eq!((held(&permits), permits.taken.load(Ordering::Relaxed)), (0, 0));
    }

    #[test]
    fn a_connection_without_a_client_counts_among_all_only() {
        let permits = ConnectionPermits::new(ConnectionLimits { in_all: 3, per_client: 1 });
        let taken: Vec<_> = (0..3).map(|_| permits.take(None).unwrap()).collect();
        assert_eq!((taken.len(), held(&permits)), (3, 0));
    }
}
