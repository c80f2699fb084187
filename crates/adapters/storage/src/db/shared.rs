//! Requests of many callers that share statements. While the database answers some, new requests wait and then share the next
//! statements. A request never waits for others to arrive, so a single one is as fast as it could be. This module does not know what
//! is requested.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use derslik_domain::id::AccountId;
use derslik_ports::outbound::{Reason, StoreError, Unavailable};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::RecvError;
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

    /// How long a request waits for the batch of its account that is in flight, to share the next one, before one more thread starts. With
    /// `None`, a thread starts at once.
    const PATIENCE: Option<Duration> = None;

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
    /// The accounts whose requests a thread has taken, once for each thread.
    in_flight: Vec<AccountId>,
    threads: u32,
}

impl<H: BatchHandler> SharedRequests<H> {
    pub(crate) fn new(handler: H, settings: PoolSettings, runtime: &Handle) -> Self {
        let queue = Mutex::new(Queue::new());
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
            self.start_thread();
        }
        let result = match self.replied_in_time(&mut replied).await {
            Some(result) => result,
            None if !is_settled.swap(true, Ordering::AcqRel) => return Err(Reason::Crowded.into()),
            // A statement for it is in flight, and has a time limit of its own.
            None => match timeout_at((deadline + REPORT_GRACE).into(), replied).await {
                Ok(result) => result,
                Err(_) => return Err(Reason::TimedOut.into()),
            },
        };
        result.unwrap_or_else(|dropped| Err(StoreError::Other(Box::new(dropped))))
    }

    /// The reply, if it comes in the time that a request may wait for a connection.
    async fn replied_in_time<R>(&self, replied: &mut oneshot::Receiver<R>) -> Option<Result<R, RecvError>> {
        let mut limit = self.shared.settings.acquire_timeout;
        if let Some(patience) = H::PATIENCE.filter(|patience| *patience < limit) {
            if let Ok(result) = timeout(patience, &mut *replied).await {
                return Some(result);
            }
            if self.shared.queue().needs_another_thread() {
                self.start_thread();
            }
            limit -= patience;
        }
        timeout(limit, replied).await.ok()
    }

    fn start_thread(&self) {
        let shared = Arc::clone(&self.shared);
        self.runtime.spawn_blocking(move || shared.run_until_idle());
    }
}

impl<H: BatchHandler> Shared<H> {
    fn queue(&self) -> MutexGuard<'_, Queue<Waiting<H>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a request. Returns whether the caller has to start one more thread.
    fn enqueue(&self, account: AccountId, request: Waiting<H>) -> bool {
        let mut queue = self.queue();
        let can_join = H::PATIENCE.is_some() && queue.awaits(account);
        queue.add(account, request);
        !can_join && queue.count_thread()
    }

    fn run_until_idle(&self) {
        let mut accounts = Vec::new();
        loop {
            let next = self.queue().take_batch(&mut accounts);
            let Some(batch) = next else { return };
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
    fn new() -> Self {
        Self { waiting: VecDeque::new(), in_flight: Vec::new(), threads: 0 }
    }

    /// Whether a thread comes back for the requests of the account.
    fn awaits(&self, account: AccountId) -> bool {
        self.in_flight.contains(&account) || self.waiting.iter().any(|(waiting, _)| *waiting == account)
    }

    /// Counts one more thread, if there may be one.
    fn count_thread(&mut self) -> bool {
        let is_free = self.threads < MAX_IN_FLIGHT;
        self.threads += u32::from(is_free);
        is_free
    }

    /// Whether the caller has to start one more thread for requests that wait for a slow batch.
    fn needs_another_thread(&mut self) -> bool {
        !self.waiting.is_empty() && self.count_thread()
    }

    /// The requests of the next batch. Without any, the calling thread ends and is not counted any more. `accounts` are those of its last
    /// batch, and then of the next one.
    fn take_batch(&mut self, accounts: &mut Vec<AccountId>) -> Option<Vec<(AccountId, T)>> {
        for account in accounts.drain(..) {
            if let Some(place) = self.in_flight.iter().position(|known| *known == account) {
                self.in_flight.swap_remove(place);
            }
        }
        let batch = self.next_batch();
        if batch.is_empty() {
            self.threads -= 1;
            return None;
        }
        accounts.extend(batch.iter().map(|(account, _)| *account));
        accounts.sort_unstable();
        accounts.dedup();
        self.in_flight.extend_from_slice(accounts);
        Some(batch)
    }

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

    /// Requests that wait for those of their account.
    struct Patient;

    impl BatchHandler for Patient {
        type Request = u32;
        type Reply = ();

        const PATIENCE: Option<Duration> = Some(Duration::from_millis(1));

        fn handle(&self, _: AccountId, batch: Vec<Pending<Self>>, _: &Limit) {
            for Pending { request: _, reply } in batch {
                reply.send(Ok(()));
            }
        }
    }

    /// A queue whose threads are those of the test.
    fn patient() -> Shared<Patient> {
        Shared { handler: Patient, queue: Mutex::new(Queue::new()), settings: PoolSettings::default() }
    }

    /// Queues a request, and tells whether that starts a thread.
    fn starts(shared: &Shared<Patient>, account: AccountId, request: u32) -> bool {
        let (reply, _) = oneshot::channel();
        let pending = Pending { request, reply: Reply(reply) };
        shared.enqueue(account, Waiting { pending, deadline: Instant::now(), is_settled: Arc::default() })
    }

    fn take(shared: &Shared<Patient>, accounts: &mut Vec<AccountId>) -> Vec<u32> {
        let batch = shared.queue().take_batch(accounts);
        batch.into_iter().flatten().map(|(_, waiting)| waiting.pending.request).collect()
    }

    #[test]
    fn patient_requests_of_an_account_share_the_batch_after_one_in_flight() {
        let (shared, mut thread) = (patient(), Vec::new());
        assert!(starts(&shared, ACCOUNT, 10), "the first one starts at once");
        assert_eq!(take(&shared, &mut thread), [10]);
        assert!(!starts(&shared, ACCOUNT, 11));
        assert!(!starts(&shared, ACCOUNT, 12));
        assert_eq!(take(&shared, &mut thread), [11, 12]);
        assert!(take(&shared, &mut thread).is_empty());
        assert!(starts(&shared, ACCOUNT, 13), "no thread is left");
    }

    #[test]
    fn a_patient_request_does_not_wait_for_the_batch_of_another_account() {
        let (shared, mut thread) = (patient(), Vec::new());
        assert!(starts(&shared, ACCOUNT, 10));
        assert_eq!(take(&shared, &mut thread), [10]);
        assert!(starts(&shared, Id::new(2), 20));
        assert!(!starts(&shared, Id::new(3), 30), "both threads run");
    }

    #[test]
    fn a_request_that_waits_for_a_slow_batch_starts_one_more_thread() {
        let (shared, mut slow, mut second) = (patient(), Vec::new(), Vec::new());
        assert!(starts(&shared, ACCOUNT, 10));
        assert_eq!(take(&shared, &mut slow), [10]);
        assert!(!shared.queue().needs_another_thread(), "nothing waits");
        assert!(!starts(&shared, ACCOUNT, 11));
        assert!(shared.queue().needs_another_thread());
        assert!(!shared.queue().needs_another_thread(), "both threads run");
        assert_eq!(take(&shared, &mut second), [11]);
        assert!(take(&shared, &mut second).is_empty());
        assert!(!starts(&shared, ACCOUNT, 12), "the slow batch is in flight yet");
    }

    #[test]
    fn an_account_with_many_requests_does_not_delay_the_others() {
        let mut queue = Queue::new();
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
