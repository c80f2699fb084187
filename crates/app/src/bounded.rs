//! Work that takes a processor for long: a few pieces of it at a time, each on a thread of its own, beside the threads that answer
//! requests.

use std::sync::Arc;
use std::time::Duration;

use derslik_ports::outbound::{Reason, StoreError};
use tokio::sync::Semaphore;

/// Runs work on blocking threads, and refuses what would wait too long for one.
#[derive(Debug, Clone)]
pub(crate) struct BoundedThreads {
    permits: Arc<Semaphore>,
    queue_timeout: Duration,
}

impl BoundedThreads {
    /// Threads for `most` pieces of work at the same time. A further one waits for up to `queue_timeout`.
    pub(crate) fn new(most: usize, queue_timeout: Duration) -> Self {
        Self { permits: Arc::new(Semaphore::new(most)), queue_timeout }
    }

    /// The outcome of the work. [`Reason::Crowded`] if no thread became free in time.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
        let permit = tokio::time::timeout(self.queue_timeout, Arc::clone(&self.permits).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(StoreError::from(Reason::Crowded)) };
        // The work goes on if the caller does not wait for it any more, so its permit goes with it.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(|error| StoreError::Other(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_waits_for_a_thread_and_not_for_long() {
        let threads = BoundedThreads::new(2, Duration::from_millis(50));
        assert_eq!(threads.run(|| 1).await.unwrap(), 1);
        let busy = || {
            let ((begun, has_begun), (end, is_ended)) = (mpsc::channel::<()>(), mpsc::channel::<()>());
            let threads = threads.clone();
            let work = tokio::spawn(async move {
                threads
                    .run(move || {
                        begun.send(()).ok();
                        is_ended.recv().ok();
                    })
                    .await
            });
            (work, has_begun, end)
        };
        let (first, second) = (busy(), busy());
        for begun in [first.1, second.1] {
            tokio::task::spawn_blocking(move || begun.recv()).await.unwrap().unwrap();
        }
        let refused = threads.run(|| 2).await;
        assert!(matches!(&refused, Err(error) if error.unavailable() == Some(Reason::Crowded)), "{refused:?}");
        drop(first.2);
        first.0.await.unwrap().unwrap();
        assert_eq!(threads.run(|| 3).await.unwrap(), 3);
        drop(second.2);
        second.0.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn work_that_panics_is_a_failure_and_frees_its_thread() {
        let threads = BoundedThreads::new(1, Duration::from_millis(50));
        let failed: Result<(), StoreError> = threads.run(|| panic!("as this test wants")).await;
        assert!(matches!(failed, Err(StoreError::Other(_))), "{failed:?}");
        assert_eq!(threads.run(|| 4).await.unwrap(), 4);
    }
}
