//! Requests of many callers that share statements. While the database answers some, new requests wait and then share the next
//! statements. A request never waits for others to arrive, so a single one is as fast as it could be. This module does not know what
//! is requested.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use derslik_domain::id::AccountId;
use derslik_ports::outbound::{Reason, StoreError, Unavailable};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::limit::{Limit, REPORT_GRACE};
use super::settings::{MAX_IN_FLIGHT, PoolSettings};

/// The most requests in one batch.
const MAX_BATCH: usize = 256;

/// Handles requests of one kind on a thread that may block.
pub(crate) trait BatchHandler: Sized + Send + Sync + 'static {
    type Request: Send + 'static;
    type Reply: Send + 'static;

    /// Replies to each request of an account. The statements MUST keep to the limit.
    fn handle(&self, account: AccountId, batch: Vec<Pending<Self>>, limit: &Limit);
}

/// A request whose caller waits.
pub(crate) struct Pending<H: BatchHandler> {
    pub(crate) request: H::Request,
    pub(crate) reply: Reply<H::Reply>,
}

/// The way back to a caller. If it is dropped, the caller gets an error.
pub(crate) struct Reply<R>(oneshot::Sender<Result<R, StoreError>>);

impl<R> Reply<R> {
    /// Ends the wait of the caller, who may have gone away.
    pub(crate) fn send(self, result: Result<R, StoreError>) {
        self.0.send(result).ok();
    }
}

/// Tells all of these callers that the database can't answer now. The first gets the error underneath.
pub(crate) fn refuse_all<R>(replies: impl Iterator<Item = Reply<R>>, unavailable: Unavailable) {
    let Unavailable { reason, mut source } = unavailable;
    for reply in replies {
        reply.send(Err(StoreError::Unavailable(Unavailable { reason, source: source.take() })));
    }
}

/// Requests of one kind. Each kind has [`MAX_IN_FLIGHT`] threads of its own, and needs as many connections.
pub(crate) struct SharedRequests<H: BatchHandler> {
    shared: Arc<Shared<H>>,
    runtime: Handle,
}

struct Shared<H: BatchHandler> {
    handler: H,
    queue: Mutex<Queue<Waiting<H>>>,
    settings: PoolSettings,
}

/// A request that waits in the queue.
struct Waiting<H: BatchHandler> {
    pending: Pending<H>,
    /// When all of the request has to be over.
    deadline: Instant,
    /// Set by the first of two: the thread that handles the request, or the caller when its queue timeout ends.
    is_settled: Arc<AtomicBool>,
}

struct Queue<T> {
    /// What waits, by account. The account whose turn it is comes first.
    waiting: VecDeque<(AccountId, VecDeque<T>)>,
    threads: u32,
}

impl<H: BatchHandler> SharedRequests<H> {
    pub(crate) fn new(handler: H, settings: PoolSettings, runtime: &Handle) -> Self {
        let queue = Mutex::new(Queue { waiting: VecDeque::new(), threads: 0 });
        Self { shared: Arc::new(Shared { handler, queue, settings }), runtime: runtime.clone() }
    }

    /// Waits for the reply to a request. Its statements begin after this call.
    pub(crate) async fn send(&self, account: AccountId, request: H::Request) -> Result<H::Reply, StoreError> {
        let (reply, mut replied) = oneshot::channel();
        let is_settled = Arc::new(AtomicBool::new(false));
        let settings = self.shared.settings;
        let deadline = Instant::now() + settings.unit_timeout();
        let pending = Pending { request, reply: Reply(reply) };
        if self.shared.enqueue(account, Waiting { pending, deadline, is_settled: Arc::clone(&is_settled) }) {
            let shared = Arc::clone(&self.shared);
            self.runtime.spawn_blocking(move || shared.run_until_idle());
        }
        let result = match timeout(settings.acquire_timeout, &mut replied).await {
            Ok(result) => result,
            Err(_) if !is_settled.swap(true, Ordering::AcqRel) => return Err(Reason::Crowded.into()),
            // A statement for it is in flight, and has a time limit of its own.
            Err(_) => match timeout_at((deadline + REPORT_GRACE).into(), replied).await {
                Ok(result) => result,
                Err(_) => return Err(Reason::TimedOut.into()),
            },
        };
        result.unwrap_or_else(|dropped| Err(StoreError::Other(Box::new(dropped))))
    }
}

impl<H: BatchHandler> Shared<H> {
    fn queue(&self) -> MutexGuard<'_, Queue<Waiting<H>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a request. Returns whether the caller has to start one more thread.
    fn enqueue(&self, account: AccountId, request: Waiting<H>) -> bool {
        let mut queue = self.queue();
        queue.add(account, request);
        let needs_thread = queue.threads < MAX_IN_FLIGHT;
        queue.threads += u32::from(needs_thread);
        needs_thread
    }

    /// The requests of the next batch. Without any, the calling thread ends and is not counted any more.
    fn next_batch(&self) -> Option<Vec<(AccountId, Waiting<H>)>> {
        let mut queue = self.queue();
        let batch = queue.next_batch();
        if batch.is_empty() {
            queue.threads -= 1;
            return None;
        }
        Some(batch)
    }

    fn run_until_idle(&self) {
        while let Some(batch) = self.next_batch() {
            // After a panic, the replies of this batch are dropped, so their callers get an error.
            catch_unwind(AssertUnwindSafe(|| self.run_batch(batch))).ok();
        }
    }

    fn run_batch(&self, batch: Vec<(AccountId, Waiting<H>)>) {
        let Some(deadline) = batch.iter().map(|(_, waiting)| waiting.deadline).min() else { return };
        let limit = Limit { deadline, statement_timeout: self.settings.statement_timeout, cancelled: CancellationToken::new() };
        let mut by_account: BTreeMap<AccountId, Vec<Pending<H>>> = BTreeMap::new();
        for (account, Waiting { pending, deadline: _, is_settled }) in batch {
            let is_waited_for = !is_settled.swap(true, Ordering::AcqRel) && !pending.reply.0.is_closed();
            if is_waited_for {
                by_account.entry(account).or_default().push(pending);
            }
        }
        limit.clone().on_this_thread(|| {
            for (account, batch) in by_account {
                self.handler.handle(account, batch, &limit);
            }
        });
    }
}

impl<T> Queue<T> {
    fn add(&mut self, account: AccountId, request: T) {
        match self.waiting.iter_mut().find(|(known, _)| *known == account) {
            Some((_, waiting)) => waiting.push_back(request),
            None => self.waiting.push_back((account, VecDeque::from([request]))),
        }
    }

    /// The requests of the next batch, one of each account in turn. So an account with many requests does not delay the others.
    fn next_batch(&mut self) -> Vec<(AccountId, T)> {
        let mut batch = Vec::new();
        while batch.len() < MAX_BATCH {
            let Some((account, mut waiting)) = self.waiting.pop_front() else { break };
            batch.extend(waiting.pop_front().map(|request| (account, request)));
            if !waiting.is_empty() {
                self.waiting.push_back((account, waiting));
            }
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use derslik_domain::id::Id;
    use tokio::task::yield_now;

    use super::*;

    const ACCOUNT: AccountId = Id::new(1);

    /// Tells which requests it begins to handle, and replies once the gate is open.
    struct Gate {
        begun: Mutex<mpsc::Sender<u32>>,
        open: Mutex<mpsc::Receiver<()>>,
    }

    impl BatchHandler for Gate {
        type Request = u32;
        type Reply = u32;

        fn handle(&self, _: AccountId, batch: Vec<Pending<Self>>, _: &Limit) {
            for Pending { request, reply } in batch {
                self.begun.lock().unwrap().send(request).unwrap();
                self.open.lock().unwrap().recv().ok();
                reply.send(Ok(request));
            }
        }
    }

    #[test]
    fn an_account_with_many_requests_does_not_delay_the_others() {
        let mut queue = Queue { waiting: VecDeque::new(), threads: 0 };
        for number in 0..2 * MAX_BATCH {
            queue.add(ACCOUNT, number);
        }
        queue.add(Id::new(2), 7);
        let batch = queue.next_batch();
        assert_eq!((batch.len(), batch[1]), (MAX_BATCH, (Id::new(2), 7)));
        assert_eq!(queue.next_batch()[0], (ACCOUNT, MAX_BATCH - 1), "each is handled once, in the order of the requests");
    }

    #[tokio::test]
    async fn a_request_whose_caller_went_away_before_its_turn_is_not_handled() {
        let ((begun, has_begun), (gate, open)) = (mpsc::channel(), mpsc::channel());
        let handler = Gate { begun: Mutex::new(begun), open: Mutex::new(open) };
        let requests = Arc::new(SharedRequests::new(handler, PoolSettings::default(), &Handle::current()));
        let send = |number| {
            let requests = Arc::clone(&requests);
            tokio::spawn(async move { requests.send(ACCOUNT, number).await })
        };
        let mut busy = Vec::new();
        for number in 0..MAX_IN_FLIGHT {
            busy.push(send(number));
            yield_now().await;
            assert_eq!(has_begun.recv(), Ok(number));
        }
        let left = send(100);
        yield_now().await;
        left.abort();
        assert!(left.await.unwrap_err().is_cancelled());
        drop(gate);
        for (task, number) in busy.into_iter().zip(0..) {
            assert_eq!(task.await.unwrap().unwrap(), number);
        }
        assert_eq!(send(101).await.unwrap().unwrap(), 101);
        assert_eq!(has_begun.try_iter().collect::<Vec<_>>(), [101]);
    }
}
