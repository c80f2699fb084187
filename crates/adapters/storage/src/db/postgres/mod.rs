//! Connections to PostgreSQL that end when they must. Each statement has a deadline here beside the server's. The code of each
//! failure is known. A server that falls silent holds no thread.
//!
//! A connection has a runtime of its own, driven by the calling thread, so a statement needs no hop to another thread. TLS is a
//! layer of the socket, below everything else (ADR 24).

mod address;
mod application_name;
mod codes;
mod connection;
mod connector;
mod listen;
mod server;
mod socket;
mod socket_state;
mod sqlstate;
mod tls;
mod tls_error;
mod tls_mode;
mod tls_settings;

pub use application_name::set_application_name;
pub(crate) use connection::{PgConnection, PgControl};
pub(crate) use connector::PgConnector;
pub(crate) use listen::listen_on;
pub(crate) use server::{RECONNECT_INTERVAL, Server};
pub(crate) use sqlstate::{FailureKind, SqlState};
pub(crate) use tls_error::TlsError;
pub use tls_mode::TlsMode;
