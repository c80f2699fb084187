//! Tells the supervisor that started the process what state it is in, by the protocol `sd_notify` of systemd. This module knows nothing
//! of the parts whose state it tells, and reads no message.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

/// The environment variable that names the socket of the supervisor: a path, or an abstract name after `@`.
const SOCKET: &str = "NOTIFY_SOCKET";

/// What a supervisor is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The process does its work from now on: a service accepts connections, a worker claims jobs.
    Ready,
    /// The process was told to stop, and lets running requests and jobs end.
    Stopping,
}

impl State {
    const fn message(self) -> &'static str {
        match self {
            Self::Ready => "READY=1",
            Self::Stopping => "STOPPING=1",
        }
    }
}

/// Tells the supervisor a state; without a supervisor it does nothing. A message that can't be sent is logged: the process goes on.
pub fn tell(state: State) {
    let Some(socket) = env::var_os(SOCKET).filter(|socket| !socket.is_empty()) else { return };
    if let Err(error) = send(&socket, state) {
        tracing::warn!(%error, "the supervisor that NOTIFY_SOCKET names was not told the state of the process");
    }
}

fn send(socket: &OsStr, state: State) -> io::Result<()> {
    let sender = UnixDatagram::unbound()?;
    // A supervisor that reads nothing must not hold up the process.
    sender.set_nonblocking(true)?;
    sender.send_to_addr(state.message().as_bytes(), &address(socket)?)?;
    Ok(())
}

fn address(socket: &OsStr) -> io::Result<SocketAddr> {
    match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => abstract_address(name),
        None => SocketAddr::from_pathname(Path::new(socket)),
    }
}

#[cfg(target_os = "linux")]
fn abstract_address(name: &[u8]) -> io::Result<SocketAddr> {
    <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name)
}

#[cfg(not(target_os = "linux"))]
fn abstract_address(_: &[u8]) -> io::Result<SocketAddr> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(socket: &UnixDatagram) -> String {
        let mut message = [0; 64];
        let length = socket.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    }

    #[test]
    fn a_state_reaches_a_socket_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        send(path.as_os_str(), State::Ready).unwrap();
        assert_eq!(received(&socket), "READY=1");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_state_reaches_a_socket_with_an_abstract_name() {
        let name = format!("derslik-notify-{}", std::process::id());
        let socket = UnixDatagram::bind_addr(&abstract_address(name.as_bytes()).unwrap()).unwrap();
        send(OsStr::new(&format!("@{name}")), State::Stopping).unwrap();
        assert_eq!(received(&socket), "STOPPING=1");
    }

    #[test]
    fn a_missing_socket_is_an_error_and_a_full_one_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        assert!(send(path.as_os_str(), State::Ready).is_err());
        let _unread = UnixDatagram::bind(&path).unwrap();
        // The kernel keeps a bounded number of messages.
        let full = (0..1_000_000).find_map(|_| send(path.as_os_str(), State::Ready).err());
        assert_eq!(full.map(|error| error.kind()), Some(io::ErrorKind::WouldBlock));
    }
}
