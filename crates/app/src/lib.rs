//! Derslik as a program: its configuration, its commands, and the composition of the other crates.
//!
//! | file | what it is |
//! |---|---|
//! | `cli` | the commands, one file each |
//! | `config` | the settings and where they come from |
//! | `safety` | what a set-up must keep before a start |
//! | `backup` | backups as files |
//! | `doctor` | looks for faults in the configured set-up |
//! | `wiring` | builds the server, the worker and the use cases of operators |
//! | `system` | the system clock and new ids |
//! | `dev_accounts` | the accounts of the dev profile |
//! | `bounded` | work that takes a processor for long |
//! | `known_person` | a person with a publicly known password, for tests |
//! | `passwords` | Argon2id |
//! | `seal_keys` | the keys of the seals of the audit log |
//! | `signatures` | the signatures of service accounts, and their keys |
//! | `seeded_ids` | ids that are the same in each run of a test |
//! | `signals` | the signals that end the process |
//! | `notify` | tells a supervisor such as systemd the state of the process |
//! | `server` | serving until the process is told to stop |
//! | `descriptors` | the limit of open files and connections |
//! | `tls` | the certificate and its key |
//! | `metrics` | metrics for Prometheus |
//! | `telemetry` | where the log goes |
//! | `temporary` | files and folders that a signal removes |
//! | `traces` | distributed traces over OTLP (feature `otel`) |
//! | `loopback` | requests of the process to its own public listener |
//! | `log_queue` | why the log never blocks |
#![forbid(unsafe_code)]

mod backup;
mod bounded;
pub mod cli;
pub mod config;
pub mod descriptors;
pub mod dev_accounts;
pub mod doctor;
pub mod known_person;
pub mod log_queue;
pub mod loopback;
pub mod metrics;
pub mod notify;
pub mod passwords;
pub mod safety;
pub mod seal_keys;
pub mod seeded_ids;
pub mod server;
pub mod signals;
pub mod signatures;
pub mod snapshot_files;
pub mod system;
pub mod telemetry;
mod temporary;
pub mod tls;
#[cfg(feature = "otel")]
pub mod traces;
pub mod wiring;
