//! The job runner: it claims due jobs, runs their handlers under leases, and stores the outcomes. It works through the outbound
//! ports alone, and depends on neither a database nor the API through which a job was created.
//!
//! | file | contents |
//! |---|---|
//! | `runner` | a worker from its start to its stop |
//! | `worker` | the settings, the ports and the state that its parts share |
//! | `registry` | the handlers, and which one runs which action |
//! | `dispatch` | the main loop: when to claim from which account |
//! | `exchange` | storing completions and claiming new jobs in one transaction |
//! | `execution` | one attempt at one job |
//! | `lease`, `heartbeats` | the leases that the worker holds, and what extends them |
//! | `completion` | storing many completions at once |
//! | `due` | running what falls due while a test advances a clock |
//! | `rescue` | rescuing the jobs of workers that died |
//! | `sweeps` | the recurring jobs over all accounts |
//! | `catch_up` | keeping the search index up to date with writes |
//! | `report` | logs and metrics |
//! | `injected` | attempts that a test lets go wrong |
//! | `handlers` | the handlers of the jobs of the service |
//!
//! How to add a job:
#![doc = include_str!("../../../../docs/adding-a-job.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod catch_up;
mod completion;
mod dispatch;
mod due;
mod exchange;
mod execution;
pub mod handlers;
mod heartbeats;
mod injected;
mod lease;
mod registry;
mod report;
mod rescue;
mod runner;
mod sweeps;
mod worker;

pub use due::DueRunner;
pub use registry::{Registry, Step, StepContext, StepError, StepHandler, Task, TaskHandler};
pub use runner::Runner;
pub use worker::{ContinueTrace, Settings, SettingsError, WorkerPorts};
