//! The signals that end the process, or make it read its certificates again. A dedicated thread waits for them, so that they
//! work while the other threads are blocked. The end of an input can stop the process as well.

use std::io::{self, Read};
use std::process::exit;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::notify::{self, State};
use crate::{telemetry, temporary};

/// How long a process may take to end once the process that started it is gone. No client is left to wait for an answer.
const ORPHAN_LIMIT: Duration = Duration::from_millis(500);

/// The exit code of a process that a signal has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// 0: the command is meant to run until a signal.
    Done,
    /// 128 plus the number of the signal: the command was interrupted.
    Interrupted,
}

/// How the process reacts to signals.
#[derive(Clone)]
pub struct Signals(Arc<Shared>);

struct Shared {
    ended: Ended,
    stop: CancellationToken,
    /// How long stopping may take; until it is set, the first signal ends the process at once.
    limit: Mutex<Option<Duration>>,
    reload: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
}

impl std::fmt::Debug for Signals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signals").field("ended", &self.0.ended).finish_non_exhaustive()
    }
}

impl Signals {
    /// Starts to wait for signals. SIGTERM and SIGINT end the process at once, SIGHUP is ignored.
    ///
    /// # Errors
    /// If signals can't be waited for.
    pub fn watch(ended: Ended) -> io::Result<Self> {
        let shared = Arc::new(Shared { ended, stop: CancellationToken::new(), limit: Mutex::default(), reload: Mutex::default() });
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let received = {
            let _context = runtime.enter();
            Received {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                hangup: signal(SignalKind::hangup())?,
            }
        };
        let watched = Arc::clone(&shared);
        thread::Builder::new().name("signals".to_owned()).spawn(move || watched.end_on(&runtime, received))?;
        Ok(Self(shared))
    }

    /// From now on the first SIGTERM or SIGINT only cancels the returned token, and the process has `limit` to end by itself. After
    /// that time, or at a second signal, it is ended.
    pub fn stop_within(&self, limit: Duration) -> CancellationToken {
        *self.0.limit.lock().unwrap_or_else(PoisonError::into_inner) = Some(limit);
        self.0.stop.clone()
    }

    /// From now on the end of `input` stops the process. A parent that holds the other end of a pipe thus ends the process with itself,
    /// also if it is killed. The process has half a second to end.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn stop_at_end_of(&self, mut input: impl Read + Send + 'static) -> io::Result<()> {
        let shared = Arc::clone(&self.0);
        thread::Builder::new().name("input".to_owned()).spawn(move || {
            // An input that can't be read has ended as well.
            io::copy(&mut input, &mut io::sink()).ok();
            shared.end_orphan()
        })?;
        Ok(())
    }

    /// From now on SIGHUP calls `reload` on a separate thread.
    pub fn reload_with(&self, reload: impl Fn() + Send + Sync + 'static) {
        *self.0.reload.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(reload));
    }
}

impl Shared {
    fn end_on(&self, runtime: &Runtime, mut received: Received) -> ! {
        runtime.block_on(async {
            let number = received.next(self).await;
            let limit = *self.limit.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(limit) = limit {
                tracing::info!("stopping: running requests and jobs may end first");
                notify::tell(State::Stopping);
                self.stop.cancel();
                tokio::select! {
                    () = tokio::time::sleep(limit) => tracing::warn!(?limit, "stopping without the work that did not end in time"),
                    _ = received.next(self) => tracing::warn!("stopping at once: a second signal came"),
                }
            }
            end(match self.ended {
                Ended::Done => 0,
                Ended::Interrupted => 128 + number,
            })
        })
    }

    fn end_orphan(&self) -> ! {
        let can_stop = self.limit.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if can_stop {
            tracing::info!("stopping: standard input is closed");
            notify::tell(State::Stopping);
            self.stop.cancel();
            thread::sleep(ORPHAN_LIMIT);
        }
        end(0)
    }

    fn reload(&self) {
        let reload = self.reload.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(reload) = reload {
            // Reading the files may block for long, such as on a network disk that does not answer.
            thread::Builder::new().name("reload".to_owned()).spawn(move || reload()).ok();
        } else {
            tracing::info!("SIGHUP is ignored: there are no certificates to read again");
        }
    }
}

/// Ends the process, without the work that is under way.
fn end(code: i32) -> ! {
    telemetry::flush();
    // Last, so that other threads have no time to make new files.
    temporary::remove_all();
    exit(code)
}

struct Received {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Received {
    /// The number of the next signal that asks the process to end.
    async fn next(&mut self, shared: &Shared) -> i32 {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return SignalKind::terminate().as_raw_value(),
                _ = self.interrupt.recv() => return SignalKind::interrupt().as_raw_value(),
                _ = self.hangup.recv() => shared.reload(),
            }
        }
    }
}
