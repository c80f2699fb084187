//! The interface of a load for the measurement, and the CPU time of all processes meanwhile. This module must not know any
//! load.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use async_trait::async_trait;

use crate::footprint::mebibytes;
use crate::load::Rig;
use crate::postgres::Database;
use crate::process;
use crate::report::{Figures, Goal};

/// The size of a round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// For how long requests are sent, in seconds.
    pub(crate) seconds: f64,
    /// How many jobs a queue is drained of.
    pub(crate) jobs: u32,
}

/// A load that can be measured in any number of rounds.
#[async_trait]
pub(crate) trait Measured: Send + Sync {
    /// Its name in the report for programs and on the command line.
    fn name(&self) -> &'static str;

    /// Its name for readers.
    fn title(&self) -> &'static str;

    /// The number of connections, or of workers, at the same time.
    fn parallel(&self) -> usize;

    /// The goal of the load, if it has one.
    fn goal(&self) -> Option<Goal>;

    /// Whether it needs a program that has to be installed first.
    fn is_peer(&self) -> bool {
        false
    }

    /// Installs what it needs besides, below that folder.
    ///
    /// # Errors
    /// When that is not possible; the text is one line.
    async fn install(&self, _folder: &Path) -> Result<()> {
        Ok(())
    }

    /// Measures one round.
    ///
    /// # Errors
    /// When any part of the round failed.
    async fn measure(&self, rig: &Rig, size: Size) -> Result<Figures>;
}

/// Measures from the moment it is made.
#[derive(Debug)]
pub(crate) struct Meter {
    start: Instant,
    before: Cpu,
    server: Option<u32>,
}

/// The CPU time that each part has used so far.
#[derive(Clone, Copy, Debug)]
struct Cpu {
    server: Duration,
    database: Duration,
    generator: Duration,
    machine: Duration,
}

impl Cpu {
    fn now(server: Option<u32>, database: &Database) -> Result<Self> {
        Ok(Self {
            server: server.map(process::cpu_of_family).transpose()?.unwrap_or_default(),
            database: database.cpu()?,
            generator: process::own_cpu()?,
            machine: process::machine_cpu()?,
        })
    }

    fn since(self, before: Self) -> Self {
        Self {
            server: self.server.saturating_sub(before.server),
            database: self.database.saturating_sub(before.database),
            generator: self.generator.saturating_sub(before.generator),
            machine: self.machine.saturating_sub(before.machine),
        }
    }

    /// The CPU time of programs that do not belong to the load.
    fn others(self) -> Duration {
        self.machine.saturating_sub(self.server + self.database + self.generator)
    }
}

impl Meter {
    /// Starts to measure. `server` is the process that answers or works, with its children, if there is one besides the database.
    ///
    /// # Errors
    /// When a process is gone.
    pub(crate) fn start(server: Option<u32>, database: &Database) -> Result<Self> {
        server.map(process::forget_peak_of_family).transpose()?;
        Ok(Self { before: Cpu::now(server, database)?, start: Instant::now(), server })
    }

    /// The figures of `units` units of work since the start, each of `rows` rows.
    ///
    /// # Errors
    /// When a process is gone, or no unit was done.
    pub(crate) fn finish(self, database: &Database, units: u32, rows: u32, mut latencies: Vec<Duration>) -> Result<Figures> {
        let elapsed = self.start.elapsed().as_secs_f64();
        let used = Cpu::now(self.server, database)?.since(self.before);
        let peak = self.server.map(process::peak_memory_of_family).transpose()?;
        let units = (units > 0).then_some(f64::from(units)).context("nothing was done")?;
        let each = |time: Duration| time.as_secs_f64() * 1e6 / units;
        latencies.sort_unstable();
        let milliseconds = |percent| percentile(&latencies, percent).map(|latency| latency.as_secs_f64() * 1e3);
        Ok(Figures {
            requests_per_second: units / elapsed,
            rows_per_second: (rows > 1).then(|| units / elapsed * f64::from(rows)),
            p50_ms: milliseconds(50),
            p99_ms: milliseconds(99),
            server_cpu_us: self.server.map(|_| each(used.server)),
            database_cpu_us: each(used.database),
            generator_cpu_us: each(used.generator),
            server_peak_mib: peak.map(mebibytes),
            other_cores: used.others().as_secs_f64() / elapsed,
        })
    }
}

/// The value that `percent` percent of the sorted values do not exceed; `None` when there are no values.
fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let position = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(position).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let sorted: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 50), Some(Duration::from_millis(100)));
        assert_eq!(percentile(&sorted, 99), Some(Duration::from_millis(198)));
        assert_eq!(percentile(&sorted[..1], 99), Some(Duration::from_millis(1)));
        assert_eq!(percentile(&[], 50), None);
    }
}
