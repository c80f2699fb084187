//! A bounded queue in front of the log's output. Writing to it never blocks, fails or panics. This holds for every state of the
//! output: a full pipe that no program reads, a closed pipe, a full disk.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The maximum number of bytes that wait for the output. Lines beyond it are dropped and counted.
const CAPACITY: usize = 1024 * 1024;

/// How long lines are gathered after a write. A busy process then wakes the writer a hundred times a second, and not for each line.
const GATHER: Duration = Duration::from_millis(10);

/// The most memory that the writer keeps between two writes, in bytes.
const KEPT: usize = 64 * 1024;

/// Clones write to the same output.
#[derive(Clone)]
pub struct LogQueue(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Whole lines that wait for the output.
    waiting: Vec<u8>,
    /// The number of bytes that are being written.
    writing: usize,
    /// The number of lines that found no room.
    dropped: u64,
}

impl State {
    fn bytes(&self) -> usize {
        self.waiting.len() + self.writing
    }
}

impl std::fmt::Debug for LogQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogQueue").finish_non_exhaustive()
    }
}

impl LogQueue {
    /// A queue whose lines a dedicated thread writes to `output`: the first one at once, and the lines that came meanwhile together.
    /// Once the output takes lines again, `report` gets the number of dropped lines.
    pub fn start(output: impl Write + Send + 'static, report: impl Fn(u64) + Send + 'static) -> Self {
        let queue = Self(Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() }));
        let worker = queue.clone();
        // If the thread can't be started, the queue fills up and then drops lines.
        thread::Builder::new().name("log".to_owned()).spawn(move || worker.write_to(output, report)).ok();
        queue
    }

    /// Puts a line into the queue, or drops it if the queue is full.
    pub fn push(&self, line: &[u8]) {
        let mut state = self.state();
        if state.bytes().saturating_add(line.len()) > CAPACITY {
            state.dropped = state.dropped.saturating_add(1);
            return;
        }
        let was_empty = state.waiting.is_empty();
        state.waiting.extend_from_slice(line);
        if was_empty {
            self.0.changed.notify_all();
        }
    }

    /// Waits until everything in the queue is written, but no longer than `limit`.
    pub fn flush(&self, limit: Duration) {
        drop(self.0.changed.wait_timeout_while(self.state(), limit, |state| state.bytes() > 0));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_to(&self, mut output: impl Write, report: impl Fn(u64)) {
        let mut lines = Vec::new();
        loop {
            let waiting = self.0.changed.wait_while(self.state(), |state| state.waiting.is_empty());
            let mut state = waiting.unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut state.waiting, &mut lines);
            state.writing = lines.len();
            drop(state);

            let written = output.write_all(&lines).and_then(|()| output.flush());
            lines.clear();
            lines.shrink_to(KEPT);

            let mut state = self.state();
            state.writing = 0;
            let dropped = if written.is_ok() { std::mem::take(&mut state.dropped) } else { 0 };
            self.0.changed.notify_all();
            drop(state);
            if dropped > 0 {
                report(dropped);
            }
            thread::sleep(GATHER);
        }
    }
}

impl Write for LogQueue {
    /// Adds `line` as a whole.
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.push(line);
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

    /// An output that passes each write on once the test allows it.
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
        (0..sent).for_each(|_| queue.push(&line));
        let kept = CAPACITY / line.len();
        assert!(queue.state().bytes() <= CAPACITY);
        queue.flush(Duration::from_millis(1));

        (0..kept).for_each(|_| allow.send(()).unwrap());
        let mut bytes = 0;
        while bytes < kept * line.len() {
            bytes += written.recv_timeout(ENOUGH).unwrap().len();
        }
        queue.flush(ENOUGH);
        assert_eq!((bytes, queue.state().bytes()), (kept * line.len(), 0));
        assert_eq!(reported.recv_timeout(ENOUGH).unwrap(), u64::try_from(sent - kept).unwrap());
    }

    #[test]
    fn lines_that_come_during_a_write_are_written_together() {
        let ((allow, allowed), (lines, written)) = (channel(), channel());
        let queue = LogQueue::start(Gate { allowed, lines }, |_| {});
        let all: Vec<u8> = (0..1_000).flat_map(|number| format!("{number}\n").into_bytes()).collect();
        all.split_inclusive(|byte| *byte == b'\n').for_each(|line| queue.push(line));
        (0..2).for_each(|_| allow.send(()).unwrap());
        queue.flush(ENOUGH);
        assert_eq!(written.try_iter().flatten().collect::<Vec<_>>(), all, "at most two writes, in order");
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
        assert_eq!(queue.state().bytes(), 0);
    }
}
