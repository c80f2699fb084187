//! A proxy between a client and a server that can drop all data silently: no connection is closed, and neither end gets an
//! error.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// A proxy to a server on this machine.
#[derive(Debug, Clone)]
pub struct Way {
    port: u16,
    is_cut: Arc<AtomicBool>,
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
        let way = Self { port: listener.local_addr()?.port(), is_cut: Arc::default() };
        let is_cut = Arc::clone(&way.is_cut);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // If the server can't be reached, the client's connection is closed.
                connect(client, server, &is_cut).ok();
            }
        });
        Ok(way)
    }

    /// Cuts the network, or restores it. A connection that is used or made while it is cut stays silent for good.
    pub fn set_cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::SeqCst);
    }
}

fn connect(client: TcpStream, server: SocketAddr, is_cut: &Arc<AtomicBool>) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    carry(client.try_clone()?, server.try_clone()?, Arc::clone(is_cut));
    carry(server, client, Arc::clone(is_cut));
    Ok(())
}

fn carry(mut from: TcpStream, mut to: TcpStream, is_cut: Arc<AtomicBool>) {
    thread::spawn(move || {
        let mut bytes = [0; 8_192];
        let mut is_lost = false;
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            is_lost |= is_cut.load(Ordering::SeqCst);
            if !is_lost && bytes.get(..length).is_none_or(|bytes| to.write_all(bytes).is_err()) {
                break;
            }
        }
        if !is_lost {
            to.shutdown(Shutdown::Both).ok();
        }
    });
}
