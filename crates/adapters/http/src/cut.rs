//! Ends a connection from within one of its requests, as the faults of tests do.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;

use actix_web::{HttpMessage, HttpRequest};
use tokio::sync::Notify;

/// The end of one connection. Its requests find it among the data of the connection, or among their own with HTTP/2.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    asked: Notify,
    is_reset: Cell<bool>,
}

impl Cut {
    /// That of the connection by which a request came. `None` where there is no connection, as in tests.
    pub(crate) fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        let of_stream = request.extensions().get::<Rc<Self>>().cloned();
        of_stream.or_else(|| request.conn_data::<Rc<Self>>().cloned())
    }

    /// Closes the connection. What was not sent yet is lost.
    pub(crate) fn close(&self) {
        self.asked.notify_one();
    }

    /// Resets the connection: the client learns of an error in place of an end.
    pub(crate) fn reset(&self) {
        self.is_reset.set(true);
        self.close();
    }

    /// Returns once a request has asked for the end.
    pub(crate) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Whether the connection is to be reset.
    pub(crate) fn is_reset(&self) -> bool {
        self.is_reset.get()
    }
}

/// Ends the connection of a request, and waits for that. Returns where there is no connection.
pub(crate) async fn end_connection(cut: Option<Rc<Cut>>, is_reset: bool) {
    let Some(cut) = cut else { return };
    if is_reset {
        cut.reset();
    } else {
        cut.close();
    }
    pending::<()>().await;
}
