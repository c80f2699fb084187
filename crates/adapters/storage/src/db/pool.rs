//! Keeps connections and replaces dead ones.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use derslik_ports::outbound::{Reason, StoreError};

use super::connector::{Connector, PooledConn};
use super::limit::Limit;
use super::settings::PoolSettings;

/// Connections that are kept between units of work. The queue in front of the pool lets in as many callers as the pool has room
/// for.
///
/// r2d2 keeps slots for connections, and the caller that holds a slot connects. That happens within the caller's own time limit,
/// and at once after a server has come back. r2d2 alone would connect on a thread of its own and wait longer after each failure.
pub(crate) struct Pool<C: Connector> {
    slots: r2d2::Pool<Slots<C>>,
    connector: C,
    connect_timeout: Duration,
    /// Counts broken connections. A connection that was made before the last break is not used again, since all connections to a
    /// server that restarts die together.
    breaks: AtomicU64,
}

/// A slot for one connection of a pool.
pub(crate) struct Slot<C> {
    kept: Option<Kept<C>>,
}

struct Kept<C> {
    conn: PooledConn<C>,
    /// The count of broken connections when this one was made.
    breaks: u64,
}

/// Makes slots when r2d2 asks for them.
struct Slots<C>(PhantomData<fn() -> C>);

impl<C: Connector> r2d2::ManageConnection for Slots<C> {
    type Connection = Slot<C::Conn>;
    type Error = Infallible;

    fn connect(&self) -> Result<Self::Connection, Infallible> {
        Ok(Slot { kept: None })
    }

    fn is_valid(&self, _: &mut Self::Connection) -> Result<(), Infallible> {
        Ok(())
    }

    /// r2d2 drops a slot without a connection, and one whose unit of work panicked, which may have left a transaction open.
    fn has_broken(&self, slot: &mut Self::Connection) -> bool {
        slot.kept.is_none() || std::thread::panicking()
    }
}

impl<C: Connector> Pool<C> {
    /// A pool of up to `connections` connections. Each is made when it is first needed.
    pub(crate) fn new(connector: C, connections: u32, settings: PoolSettings) -> Arc<Self> {
        let slots = r2d2::Pool::builder()
            .max_size(connections.max(1))
            .min_idle(Some(0))
            // A check would cost a round trip for every unit of work. A dead connection is replaced when a statement fails.
            .test_on_check_out(false)
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(Slots(PhantomData));
        Arc::new(Self { slots, connector, connect_timeout: settings.connect_timeout, breaks: AtomicU64::new(0) })
    }

    /// Runs `work` on a connection. The pool keeps it afterwards unless it is broken, was closed here, or `work` panicked.
    pub(crate) fn with<T>(&self, limit: &Limit, work: impl FnOnce(&mut PooledConn<C::Conn>) -> T) -> Result<T, StoreError> {
        self.run(limit, |_| true, work)
    }

    /// As [`with`](Self::with), on a connection that the server has not closed, as far as this end knows. A server that dies
    /// without a word, or closes the connection at this moment, is not noticed.
    pub(crate) fn with_open<T>(&self, limit: &Limit, work: impl FnOnce(&mut PooledConn<C::Conn>) -> T) -> Result<T, StoreError> {
        self.run(limit, PooledConn::is_open, work)
    }

    fn run<T>(
        &self,
        limit: &Limit,
        is_usable: impl FnOnce(&PooledConn<C::Conn>) -> bool,
        work: impl FnOnce(&mut PooledConn<C::Conn>) -> T,
    ) -> Result<T, StoreError> {
        let mut slot = self.slots.get_timeout(limit.left()).map_err(|_| StoreError::from(Reason::Crowded))?;
        let breaks = self.breaks.load(Ordering::Acquire);
        let kept = slot.kept.take().filter(|kept| kept.breaks == breaks && is_usable(&kept.conn));
        let mut kept = match kept {
            Some(kept) => kept,
            None => Kept { conn: self.connector.connect(self.connect_timeout.min(limit.left()))?, breaks },
        };
        kept.conn.limit(Some(limit.clone()));
        let output = work(&mut kept.conn);
        if kept.conn.broken {
            self.breaks.fetch_add(1, Ordering::AcqRel);
        } else if !kept.conn.is_cut() {
            kept.conn.limit(None);
            slot.kept = Some(kept);
        }
        Ok(output)
    }

    #[cfg(test)]
    pub(crate) fn idle_count(&self) -> u32 {
        self.slots.state().idle_connections
    }
}
