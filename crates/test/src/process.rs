//! The process of a service, and how it has ended.

use std::collections::VecDeque;
use std::io::BufRead;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use crate::Error;

/// How many lines of the log are kept.
const LAST_LINES: usize = 50;
/// How often, and in which intervals, is looked whether a process that refuses connections has ended.
const LOOKS: u32 = 100;
const INTERVAL: Duration = Duration::from_millis(10);

/// The last lines of a log, which another thread fills.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    /// Keeps the last lines until the log ends.
    pub(crate) fn fill(&self, log: impl BufRead) {
        for line in log.lines().map_while(Result::ok) {
            let mut lines = locked(&self.0);
            if lines.len() == LAST_LINES {
                lines.pop_front();
            }
            lines.push_back(line);
        }
    }

    /// The lines.
    pub(crate) fn text(&self) -> String {
        locked(&self.0).iter().cloned().collect::<Vec<_>>().join("\n")
    }
}

/// A running service.
#[derive(Debug)]
pub(crate) struct Process {
    state: Mutex<State>,
    log: Log,
}

#[derive(Debug)]
struct State {
    child: Child,
    is_stopped: bool,
}

impl Process {
    pub(crate) fn new(child: Child, log: Log) -> Self {
        Self { state: Mutex::new(State { child, is_stopped: false }), log }
    }

    /// Ends the service, and waits for that. It ends at the end of its input, and removes its files.
    pub(crate) fn stop(&self) {
        let mut state = locked(&self.state);
        // The reason of an end that was not asked for stays known.
        state.is_stopped = !matches!(state.child.try_wait(), Ok(Some(_)));
        drop(state.child.stdin.take());
        state.child.wait().ok();
    }

    /// How the service has ended, if it has: it refuses connections, and ends soon if it has not.
    pub(crate) async fn ended(&self) -> Option<Error> {
        for _ in 0..LOOKS {
            if let Some(how) = self.how() {
                return Some(Error::Ended { how, log: self.log.text() });
            }
            sleep(INTERVAL).await;
        }
        None
    }

    fn how(&self) -> Option<String> {
        let mut state = locked(&self.state);
        if state.is_stopped {
            return Some("since it was stopped".to_owned());
        }
        state.child.try_wait().ok().flatten().map(how)
    }
}

/// An exit code, or the signal that ended a process.
pub(crate) fn how(status: ExitStatus) -> String {
    format!("with {status}")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_cut_to_its_last_lines() {
        let log: String = (0..60).map(|line| line.to_string()).collect::<Vec<_>>().join("\n");
        let kept = Log::default();
        kept.fill(log.as_bytes());
        assert!(kept.text().starts_with("10\n") && kept.text().ends_with("\n59"), "{kept:?}");
    }
}
