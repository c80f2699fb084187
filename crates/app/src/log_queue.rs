//! A bounded queue in front of the log's output. Writing to it never blocks, fails or panics. This holds for every state of the
//! output: a full pipe that no program reads, a closed pipe, a full disk.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The maximum number of bytes that wait for the output. Lines beyond it are dropped and counted.
const CAPACITY: usize = 1024 * 1024;

/// Clones write to the same output.
#[derive(Clone)]
pub struct LogQueue(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    dropped: u64,
    is_writing: bool,
}

impl std::fmt::Debug for LogQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogQueue").finish_non_exhaustive()
    }
}

impl LogQueue {
    /// A queue whose lines a dedicated thread writes to `output`. Once the output takes lines again, `report` gets the number of
    /// dropped lines.
    pub fn start(output: impl Write + Send + 'static, report: impl Fn(u64) + Send + 'static) -> Self {
        let queue = Self(Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() }));
        let worker = queue.clone();
        // If the thread can't be started, the queue fills up and then drops lines.
        thread::Builder::new().name("log".to_owned()).spawn(move || worker.write_to(output, report)).ok();
        queue
    }

    /// Puts a line into the queue, or drops it if the queue is full.
    pub fn push(&self, line: Vec<u8>) {
        let mut state = self.state();
        if state.bytes.saturating_add(line.len()) > CAPACITY {
            state.dropped = state.dropped.saturating_add(1);
            return;
        }
        state.bytes += line.len();
        state.lines.push_back(line);
        self.0.changed.notify_all();
    }

    /// Waits until everything in the queue is written, but no longer than `limit`.
    pub fn flush(&self, limit: Duration) {
        let is_busy = |state: &mut State| state.is_writing || !state.lines.is_empty();
        drop(self.0.changed.wait_timeout_while(self.state(), limit, is_busy));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_to(&self, mut output: impl Write, report: impl Fn(u64)) {
        loop {
            let waiting = self.0.changed.wait_while(self.state(), |state| state.lines.is_empty());
            let mut state = waiting.unwrap_or_else(PoisonError::into_inner);
            let Some(line) = state.lines.pop_front() else { continue };
            state.is_writing = true;
            drop(state);

            let written = output.write_all(&line).and_then(|()| output.flush());

            let mut state = self.state();
            state.is_writing = false;
            state.bytes -= line.len();
            let dropped = if written.is_ok() { std::mem::take(&mut state.dropped) } else { 0 };
            self.0.changed.notify_all();
            drop(state);
            if dropped > 0 {
                report(dropped);
            }
        }
    }
}

impl Write for LogQueue {
    /// Adds `line` as a whole.
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.push(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    const ENOUGH: Duration = Duration::from_secs(60);

    /// An output that passes each line on once the test allows it.
    struct Gate {
        allowed: Receiver<()>,
        lines: Sender<Vec<u8>>,
    }

    impl Write for Gate {
        fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
            self.allowed.recv().map_err(|_| Error::from(ErrorKind::BrokenPipe))?;
            self.lines.send(line.to_vec()).map_err(|_| Error::from(ErrorKind::BrokenPipe))?;
            Ok(line.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_takes_nothing_blocks_no_writer_and_fills_no_memory() {
        let ((allow, allowed), (lines, written), (reports, reported)) = (channel(), channel(), channel());
        let queue = LogQueue::start(Gate { allowed, lines }, move |dropped| reports.send(dropped).unwrap());
        let line = vec![b'x'; 1_000];
        let sent = 10 * CAPACITY / line.len();
        (0..sent).for_each(|_| queue.push(line.clone()));
        let kept = CAPACITY / line.len();
        assert!(queue.state().bytes <= CAPACITY);
        queue.flush(Duration::from_millis(1));

        (0..kept).for_each(|_| allow.send(()).unwrap());
        queue.flush(ENOUGH);
        assert_eq!(written.iter().take(kept).count(), kept);
        assert_eq!(reported.recv_timeout(ENOUGH).unwrap(), u64::try_from(sent - kept).unwrap());
    }

    #[test]
    fn an_output_that_is_closed_takes_lines_without_an_error() {
        let ((allow, allowed), (lines, written)) = (channel(), channel());
        drop((allow, written));
        let mut queue = LogQueue::start(Gate { allowed, lines }, |_| {});
        for _ in 0..100 {
            queue.write_all(b"line\n").unwrap();
        }
        queue.flush(ENOUGH);
        assert_eq!(queue.state().bytes, 0);
    }
}
