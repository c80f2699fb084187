//! A proxy between a client and a server that can drop all data silently: no connection is closed, and neither end gets an
//! error. It can also hold back PostgreSQL's requests to cancel a statement.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// A proxy to a server on this machine.
#[derive(Debug, Clone)]
pub struct Way {
    port: u16,
    is_cut: Arc<AtomicBool>,
    cancels: Arc<Cancels>,
}

/// The requests to cancel a statement.
#[derive(Debug, Default)]
struct Cancels {
    counts: Mutex<CancelCounts>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct CancelCounts {
    /// Whether requests are held back.
    is_held: bool,
    /// How many have arrived from clients.
    arrived: usize,
}

impl Way {
    /// A proxy to the server of a `postgres://` URL on this machine, and the URL of the proxy.
    ///
    /// # Errors
    /// If the URL does not name a port of 127.0.0.1, or no port is free.
    pub fn to_server_of(url: &str) -> io::Result<(Self, String)> {
        let parts = url.split_once("@127.0.0.1:").and_then(|(before, rest)| {
            let (port, rest) = rest.split_once('/')?;
            Some((before, port.parse::<u16>().ok()?, rest))
        });
        let (before, port, rest) = parts.ok_or(ErrorKind::InvalidInput)?;
        let way = Self::to((Ipv4Addr::LOCALHOST, port).into())?;
        let url = format!("{before}@127.0.0.1:{}/{rest}", way.port);
        Ok((way, url))
    }

    fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let way = Self { port: listener.local_addr()?.port(), is_cut: Arc::default(), cancels: Arc::default() };
        let (is_cut, cancels) = (Arc::clone(&way.is_cut), Arc::clone(&way.cancels));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // If the server can't be reached, the client's connection is closed.
                connect(client, server, &is_cut, &cancels).ok();
            }
        });
        Ok(way)
    }

    /// Cuts the network, or restores it. A connection that is used or made while it is cut stays silent for good.
    pub fn set_cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::SeqCst);
    }

    /// Holds requests to cancel a statement back, or lets those that are held back go on.
    pub fn hold_cancels(&self, is_held: bool) {
        self.cancels.change(|counts| counts.is_held = is_held);
    }

    /// Waits until that many requests to cancel a statement have arrived.
    pub fn wait_for_cancels(&self, arrived: usize) {
        self.cancels.wait_while(|counts| counts.arrived < arrived);
    }
}

impl Cancels {
    fn change(&self, change: impl FnOnce(&mut CancelCounts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    fn wait_while(&self, condition: impl Fn(&CancelCounts) -> bool) {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_while(counts, |counts| condition(counts)).unwrap_or_else(PoisonError::into_inner));
    }

    /// Passes a request on once none is held back.
    fn hold(&self) {
        self.change(|counts| counts.arrived += 1);
        self.wait_while(|counts| counts.is_held);
    }
}

/// Whether a client begins with these bytes to have a statement cancelled: a length of 16 and the code of the request.
fn is_cancel(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e])
}

fn connect(client: TcpStream, server: SocketAddr, is_cut: &Arc<AtomicBool>, cancels: &Arc<Cancels>) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    carry(client.try_clone()?, server.try_clone()?, Arc::clone(is_cut), Arc::clone(cancels));
    carry(server, client, Arc::clone(is_cut), Arc::clone(cancels));
    Ok(())
}

fn carry(mut from: TcpStream, mut to: TcpStream, is_cut: Arc<AtomicBool>, cancels: Arc<Cancels>) {
    thread::spawn(move || {
        let mut bytes = [0; 8_192];
        let mut is_lost = false;
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            is_lost |= is_cut.load(Ordering::SeqCst);
            if bytes.get(..length).is_some_and(is_cancel) {
                cancels.hold();
            }
            if !is_lost && bytes.get(..length).is_none_or(|bytes| to.write_all(bytes).is_err()) {
                break;
            }
        }
        if !is_lost {
            to.shutdown(Shutdown::Both).ok();
        }
    });
}
