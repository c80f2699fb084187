//! The metadata server: the listener at which clients of the courses API look for credentials if they believe that they run on a machine
//! of the original's vendor. It gives tokens of one service account to every program that reaches it, and asks for no credential. So it
//! is off by default, and in production it listens on loopback alone.
//!
//! It is a side listener and does not belong to the public one. It calls one inbound port, and knows no course.
//!
//! | file | content |
//! |---|---|
//! | `checks` | refuses requests that a proxy forwards or a web page causes |
//! | `path` | the meaning of a path |
//! | `routes` | the answers |
//! | `server` | starts the listener |

mod checks;
mod path;
mod routes;
mod server;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use derslik_domain::identity::ServiceAddress;
use derslik_ports::inbound::TokenGrants;

pub use server::start;

/// The domain of the original, for clients that are to use no other one.
pub const DEFAULT_UNIVERSE: &str = "googleapis.com";

/// What the metadata server tells. Clones share the port.
#[derive(Clone)]
pub struct MetadataServer {
    /// Issues the tokens.
    pub grants: Arc<dyn TokenGrants>,
    /// The service account to which all tokens belong.
    pub account: ServiceAddress,
    /// The domain in which clients look for the APIs: `okul.example` makes them call `classroom.okul.example`.
    pub universe_domain: String,
    /// Whether the listener may be called by any name. On loopback it must not: the page of a foreign name that leads to this machine
    /// would get tokens.
    pub any_host: bool,
}

impl std::fmt::Debug for MetadataServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetadataServer")
            .field("account", &self.account)
            .field("universe_domain", &self.universe_domain)
            .finish_non_exhaustive()
    }
}
