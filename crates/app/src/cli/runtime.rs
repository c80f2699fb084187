//! The async runtime of a command. Its blocking threads run the database work.

use std::mem::ManuallyDrop;

use tokio::runtime::{Builder, Runtime};

use super::Failure;
use crate::config::Config;
use crate::passwords;

/// A runtime that is never dropped: dropping it waits for its blocking threads, and a database may not answer them. A command
/// awaits all work that it needs; the other threads end with the process.
pub(super) fn runtime(config: &Config) -> Result<ManuallyDrop<Runtime>, Failure> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(config.pool().threads().saturating_add(passwords::MAX_CONCURRENT))
        .enable_all()
        .build();
    runtime.map(ManuallyDrop::new).map_err(|error| Failure::Other(error.into()))
}
