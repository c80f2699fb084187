//! Looks for faults in the configured set-up: the database, the files, the address, the machine. The checks change nothing, and a
//! part that hangs does not delay the others. This module prints nothing.
//!
//! | file | what it judges |
//! |---|---|
//! | `connect` | the way out where a database can't be reached |
//! | `server` | a PostgreSQL server: its version, settings, clock and texts |
//! | `access` | the way to that server, and what its role may do |
//! | `sqlite` | an SQLite file |
//! | `content` | the schema, names and jobs in either database |
//! | `certificate` | the certificate of the listener |
//! | `listen` | the address, and the proxies in front |
//! | `machine` | folders, the disk and descriptors |
//! | `rules` | the rules of [`safety`](crate::safety) for a start |
//! | `parts` | runs all of them at once, within one time limit |

mod access;
mod certificate;
mod connect;
mod content;
mod listen;
mod machine;
mod parts;
mod report;
mod rules;
mod server;
mod sqlite;

pub use certificate::{judge_validity, load_pair};
pub use connect::way_out;
pub use parts::{KnownKeys, Looks, examine};
pub use report::{Finding, State, worst};
