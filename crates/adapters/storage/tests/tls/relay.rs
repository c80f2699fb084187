//! A relay in front of a server on this machine that keeps the first bytes of each connection.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The length of a request for TLS.
pub(crate) type Opening = [u8; 8];

/// See the module.
pub(crate) struct Relay {
    port: u16,
    openings: Arc<Mutex<Vec<Opening>>>,
}

impl Relay {
    /// A relay to a port of this machine.
    pub(crate) fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Self { port: listener.local_addr().unwrap().port(), openings: Arc::default() };
        let openings = Arc::clone(&relay.openings);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let openings = Arc::clone(&openings);
                thread::spawn(move || carry(client, server, &openings));
            }
        });
        relay
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What each client has sent first.
    pub(crate) fn openings(&self) -> Vec<Opening> {
        self.openings.lock().unwrap().clone()
    }

    /// Whether a client asked for TLS before it sent anything else.
    pub(crate) fn is_request_for_tls(opening: Opening) -> bool {
        opening == [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]
    }
}

fn carry(mut client: TcpStream, server: u16, openings: &Mutex<Vec<Opening>>) {
    let mut opening = Opening::default();
    if client.read_exact(&mut opening).is_err() {
        return;
    }
    openings.lock().unwrap().push(opening);
    let mut server = TcpStream::connect(("127.0.0.1", server)).unwrap();
    server.write_all(&opening).unwrap();
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let forth = thread::spawn(move || {
        std::io::copy(&mut from_client, &mut to_server).ok();
        to_server.shutdown(Shutdown::Write).ok();
    });
    std::io::copy(&mut server, &mut client).ok();
    client.shutdown(Shutdown::Both).ok();
    forth.join().unwrap();
}
