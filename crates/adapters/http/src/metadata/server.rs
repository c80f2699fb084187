//! Starts the listener.

use std::io;
use std::net::TcpListener;

use actix_web::App;
use actix_web::middleware::DefaultHeaders;
use actix_web::web::Data;
use derslik_side_listener::{Bodies, Running};

use super::MetadataServer;
use super::checks::{FLAVOR, FLAVOR_VALUE};
use super::routes::configure;

/// Answers on a listener.
///
/// # Errors
/// If the listener can't be used, or no thread can be started.
pub fn start(listener: TcpListener, metadata: MetadataServer) -> io::Result<Running> {
    let metadata = Data::new(metadata);
    derslik_side_listener::start("metadata", listener, Bodies::Dropped, move || {
        let metadata = metadata.clone();
        App::new()
            .wrap(
                DefaultHeaders::new()
                    .add((FLAVOR, FLAVOR_VALUE))
                    .add(("X-Content-Type-Options", "nosniff"))
                    .add(("Cache-Control", "no-store")),
            )
            .configure(move |config| configure(config, metadata))
    })
}
