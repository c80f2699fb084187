//! A collector that keeps what it gets, and one that never ends its answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use libtest_mimic::Failed;

/// Takes requests until the test ends.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    bodies: Bodies,
}

/// The bodies of all requests so far.
#[derive(Clone, Default)]
struct Bodies(Arc<Mutex<Vec<Vec<u8>>>>);

impl Bodies {
    fn lock(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector {
    pub(crate) fn start() -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, bodies) = (listener.local_addr()?, Bodies::default());
        let kept = bodies.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                if let Ok(body) = answer(&socket) {
                    kept.lock().push(body);
                }
            }
        });
        Ok(Self { address, bodies })
    }

    /// Whether one of the bodies has all of these parts.
    pub(crate) fn received(&self, parts: &[&[u8]]) -> bool {
        let has = |body: &[u8], part: &[u8]| body.windows(part.len()).any(|window| window == part);
        self.bodies.lock().iter().any(|body| parts.iter().all(|part| has(body, part)))
    }
}

/// Starts a collector that answers each request byte by byte, until the client leaves.
pub(crate) fn drip() -> Result<SocketAddr, Failed> {
    const PAUSE: Duration = Duration::from_millis(200);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                while socket.write_all(b"H").is_ok() {
                    std::thread::sleep(PAUSE);
                }
            });
        }
    });
    Ok(address)
}

/// Reads the body of a request for spans, and answers it.
fn answer(mut socket: &TcpStream) -> std::io::Result<Vec<u8>> {
    let (mut reader, mut length, mut line) = (BufReader::new(socket), 0, String::new());
    reader.read_line(&mut line)?;
    if !line.starts_with("POST /v1/traces ") {
        return Err(std::io::Error::other(line));
    }
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(std::io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    Ok(body)
}
