//! The job runner: it claims due jobs, runs their handlers under leases, and writes down what became of them. It works through
//! the outbound ports alone, and knows neither a database nor who asked for a job.
//!
//! | file | what it is |
//! |---|---|
//! | `runner` | a worker from its start to its stop |
//! | `registry` | what a handler is, and which one does what |
//! | `dispatch` | what is asked of the store when |
//! | `exchange` | writing down what is done, and claiming jobs in its place |
//! | `execution` | one attempt at one job |
//! | `lease` | the jobs that the worker has, and the heartbeats that keep them |
//! | `completion` | writing down many completions at once |
//! | `rescue` | giving back the jobs of workers that died |
//! | `sweeps` | the jobs that the service asks for itself |
//! | `follow` | the index of searches, kept close behind what is written |
//! | `report` | logs and metrics |
//! | `handlers` | what the jobs of the service do |
//!
//! How to add a job:
#![doc = include_str!("../../../../docs/adding-a-job.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod completion;
mod dispatch;
mod exchange;
mod execution;
mod follow;
pub mod handlers;
mod lease;
mod registry;
mod report;
mod rescue;
mod runner;
mod sweeps;

pub use registry::{Registry, Step, StepContext, StepError, StepHandler, Task, TaskHandler};
pub use runner::{Runner, Settings, SettingsError, WorkerPorts};
