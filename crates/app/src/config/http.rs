//! The settings of the HTTP server.

use std::time::Duration;

use anyhow::Context;
use derslik_http::{AllowedOrigins, ConnectionLimits, DEFAULT_HTTP2_STREAMS, Deadlines, Limits, ServerSettings, TrustedProxies};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{Config, values};
use crate::descriptors::connections_within;

/// The HTTP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Whether profile `production` may listen without TLS on an address that other machines reach. `true` says that a proxy
    /// with TLS, or a private network, stands in front.
    pub plaintext: bool,
    /// Threads that answer requests; 0 takes one for each processor.
    #[validate(range(max = 1_024))]
    pub workers: usize,
    /// The longest request body, in bytes.
    #[validate(range(min = 1_024, max = 1_073_741_824))]
    pub body_limit_bytes: usize,
    /// How long a request body may take to arrive.
    #[validate(range(min = 1, max = 600))]
    pub body_deadline_seconds: u64,
    /// The most items of a batch.
    #[validate(range(min = 1, max = 100_000))]
    pub batch_max_items: usize,
    /// The most bytes of request bodies that are held at once, of all requests together; more are answered 503. The principal
    /// of a credential takes a quarter at the most, and an account half. Each may always hold one body of
    /// `http.body_limit_bytes`, and the limit is at least two of those. Requests without a valid credential have a separate
    /// limit: 1 MiB each, 8 MiB together.
    #[validate(range(min = 1_048_576))]
    pub bodies_in_flight_bytes: usize,
    /// The most bytes of answers that are held at once until clients have taken them, of all requests together. One principal
    /// takes a quarter at the most, and one account half. A request waits a second for a permit before it is answered 503.
    /// Answers of up to 16 KiB need no permit.
    #[validate(range(min = 8_388_608))]
    pub answers_in_flight_bytes: usize,
    /// The most connections of all clients together; more are answered 503. The service takes fewer if the hard limit of
    /// descriptors of the process requires it, and logs that at its start.
    #[validate(range(min = 1, max = 1_000_000))]
    pub max_connections: usize,
    /// The most connections of one client, which is an IPv4 address or the /64 of an IPv6 address; more are answered 429.
    #[validate(range(min = 1, max = 1_000_000))]
    pub max_connections_per_address: usize,
    /// The most requests that one connection of HTTP/2 has open at once; more are refused, and the client may send them again.
    /// Each open request after the first counts as one more connection.
    #[validate(range(min = 1, max = 10_000))]
    pub h2_max_streams: u32,
    /// How long running requests may go on after the service was told to stop.
    #[validate(range(max = 600))]
    pub grace_seconds: u64,
    /// The web pages that may use the APIs, by their origins: a list such as `["https://app.okul.example"]`. `["*"]` stands for every
    /// origin, and an empty list for none. With `fixed_dev_keys` only pages of this machine may. See
    /// [Web pages](#web-pages).
    #[serde(deserialize_with = "values::list")]
    pub cors_origins: Vec<String>,
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
            h2_max_streams: DEFAULT_HTTP2_STREAMS,
            grace_seconds: 5,
            cors_origins: vec!["*".to_owned()],
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

    /// The origins whose web pages may use the APIs.
    ///
    /// # Errors
    /// If the list can't be used, or names a page elsewhere that would get at publicly known keys.
    pub fn allowed_origins(&self) -> anyhow::Result<AllowedOrigins> {
        let origins = AllowedOrigins::parse(self.http.cors_origins.iter().map(String::as_str));
        let origins = if self.fixed_dev_keys { origins.and_then(AllowedOrigins::of_loopback) } else { origins };
        origins.context("http.cors_origins")
    }

    /// The settings of the server under a limit of open descriptors; `None` means unlimited.
    pub fn server(&self, descriptors: Option<u64>) -> ServerSettings {
        let workers = match self.http.workers {
            0 => std::thread::available_parallelism().map_or(1, Into::into),
            workers => workers,
        };
        // Each connection to SQLite has three files; the rest is for listeners, the log and answers to refused clients.
        // The operations listener, and perhaps the metadata server.
        let side_listeners = 1 + u64::from(self.metadata.listen.is_some());
        let of_side_listeners = side_listeners * u64::try_from(derslik_side_listener::MAX_CONNECTIONS).unwrap_or_default();
        let reserved = 200 + of_side_listeners + 6 * (u64::from(self.database.connections) + 2);
        let in_all = connections_within(self.http.max_connections, descriptors, reserved);
        ServerSettings {
            workers,
            grace: Duration::from_secs(self.http.grace_seconds),
            connections: ConnectionLimits { in_all, per_client: self.http.max_connections_per_address },
            http2_streams: self.http.h2_max_streams,
            deadlines: Deadlines::default(),
        }
    }
}
