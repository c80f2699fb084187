//! The settings of the HTTP server.

use std::time::Duration;

use anyhow::Context;
use derslik_http::{ConnectionLimits, Deadlines, Limits, ServerSettings, TrustedProxies};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::Config;
use crate::descriptors::connections_within;

/// The HTTP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Whether profile `production` may listen without TLS on an address that other machines reach.
    pub plaintext: bool,
    /// Threads that answer requests; 0 takes one for each processor.
    #[validate(range(max = 1_024))]
    pub workers: usize,
    /// The maximum size of a request body, in bytes.
    #[validate(range(min = 1_024, max = 1_073_741_824))]
    pub body_limit_bytes: usize,
    /// How long a request body may take to arrive, in seconds.
    #[validate(range(min = 1, max = 600))]
    pub body_deadline_seconds: u64,
    /// The maximum number of items in a batch.
    #[validate(range(min = 1, max = 100_000))]
    pub batch_max_items: usize,
    /// The maximum number of bytes of request bodies held in memory, over all requests; beyond it requests get 503.
    #[validate(range(min = 1_048_576))]
    pub bodies_in_flight_bytes: usize,
    /// The maximum number of bytes of answers held in memory, over all requests.
    #[validate(range(min = 8_388_608))]
    pub answers_in_flight_bytes: usize,
    /// The maximum number of connections of all clients together.
    #[validate(range(min = 1, max = 1_000_000))]
    pub max_connections: usize,
    /// The maximum number of connections of one client.
    #[validate(range(min = 1, max = 1_000_000))]
    pub max_connections_per_address: usize,
    /// How long running requests may go on after the signal to stop, in seconds.
    #[validate(range(max = 600))]
    pub grace_seconds: u64,
}

impl Default for HttpConfig {
    fn default() -> Self {
        let (limits, connections) = (Limits::default(), ConnectionLimits::default());
        Self {
            plaintext: false,
            workers: 0,
            body_limit_bytes: limits.body_bytes,
            body_deadline_seconds: limits.body_deadline.as_secs(),
            batch_max_items: limits.batch_items,
            bodies_in_flight_bytes: limits.bodies_in_flight_bytes,
            answers_in_flight_bytes: limits.answers_in_flight_bytes,
            max_connections: connections.in_all,
            max_connections_per_address: connections.per_client,
            grace_seconds: 5,
        }
    }
}

impl Config {
    /// The limits of a request.
    pub fn limits(&self) -> Limits {
        Limits {
            body_bytes: self.http.body_limit_bytes,
            body_deadline: Duration::from_secs(self.http.body_deadline_seconds),
            batch_items: self.http.batch_max_items,
            bodies_in_flight_bytes: self.http.bodies_in_flight_bytes,
            answers_in_flight_bytes: self.http.answers_in_flight_bytes,
        }
    }

    /// The proxies whose headers name the client.
    ///
    /// # Errors
    /// If one of them is neither a network nor an address.
    pub fn trusted_proxies(&self) -> anyhow::Result<TrustedProxies> {
        TrustedProxies::parse(self.trusted_proxies.iter().map(String::as_str)).context("trusted_proxies")
    }

    /// The settings of the server under a limit of open descriptors; `None` means unlimited.
    pub fn server(&self, descriptors: Option<u64>) -> ServerSettings {
        let workers = match self.http.workers {
            0 => std::thread::available_parallelism().map_or(1, Into::into),
            workers => workers,
        };
        // Each connection to SQLite has three files; the rest is for listeners, the log and answers to refused clients.
        let reserved = 200 + 6 * (u64::from(self.database.connections) + 2);
        let in_all = connections_within(self.http.max_connections, descriptors, reserved);
        ServerSettings {
            workers,
            grace: Duration::from_secs(self.http.grace_seconds),
            connections: ConnectionLimits { in_all, per_client: self.http.max_connections_per_address },
            deadlines: Deadlines::default(),
        }
    }
}
