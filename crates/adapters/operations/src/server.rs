//! Starts the listener.

use std::io;
use std::net::TcpListener;

use actix_web::App;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::web::Data;
use derslik_side_listener::{Bodies, Running};

use crate::Operations;
use crate::checks::refuse_foreign;
use crate::pages::{configure, renderer};

/// Answers on a listener.
///
/// # Errors
/// If the listener can't be used, or no thread can be started.
pub fn start(listener: TcpListener, operations: Operations) -> io::Result<Running> {
    // No other part takes a body.
    let bodies = if operations.control.is_some() || operations.console.is_some() { Bodies::Read } else { Bodies::Dropped };
    let (operations, renderer) = (Data::new(operations), renderer());
    derslik_side_listener::start("operations", listener, bodies, move || {
        let (operations, renderer) = (operations.clone(), renderer.clone());
        App::new()
            .wrap(from_fn(refuse_foreign))
            .wrap(DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")).add(("Cache-Control", "no-store")))
            .configure(move |config| configure(config, &operations, &renderer))
    })
}
