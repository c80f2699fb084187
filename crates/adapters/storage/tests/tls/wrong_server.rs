//! A server that follows a script instead of the protocol.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

/// One step of the script.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Send(&'static [u8]),
    /// Waits for bytes of the client: its TLS hello.
    AwaitHello,
    Close,
}

/// Starts a server on this machine, and returns its port. For each client it reads the request for TLS, does the steps, and then
/// waits until the client closes the connection.
pub(crate) fn wrong_server(steps: &[Step]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let steps = steps.to_vec();
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let mut bytes = [0; 8];
            if client.read_exact(&mut bytes).is_err() {
                continue;
            }
            let mut is_open = true;
            for step in &steps {
                match step {
                    Step::Send(bytes) => is_open &= client.write_all(bytes).is_ok(),
                    Step::AwaitHello => is_open &= matches!(client.read(&mut [0; 4_096]), Ok(1..)),
                    Step::Close => is_open = false,
                }
            }
            if is_open {
                std::io::copy(&mut client, &mut std::io::sink()).ok();
            }
        }
    });
    port
}
