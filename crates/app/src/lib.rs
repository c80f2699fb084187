//! Derslik as a program: its configuration, its commands, and the one place where the crates are put together.
//!
//! | file | what it is |
//! |---|---|
//! | `cli` | the commands, one file each |
//! | `config` | the settings and where they come from |
//! | `wiring` | which adapter stands behind which port |
//! | `system` | the clock and the ids of the machine |
//! | `accounts` | the accounts of the dev profile, and new keys |
//! | `known_person` | a person whom everybody knows, for tests |
//! | `passwords` | Argon2id |
//! | `signals` | the signals that end the process |
//! | `server` | serving until the process is told to stop |
//! | `descriptors` | how many files and connections may be open |
//! | `tls` | the certificate and its key |
//! | `telemetry` | where the log goes |
//! | `log_queue` | why the log never blocks |
#![forbid(unsafe_code)]

pub mod accounts;
pub mod cli;
pub mod config;
pub mod descriptors;
pub mod known_person;
pub mod log_queue;
pub mod passwords;
pub mod server;
pub mod signals;
pub mod system;
pub mod telemetry;
pub mod tls;
pub mod wiring;
