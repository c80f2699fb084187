//! Lookups of single objects that share statements. While the database answers some, new lookups wait and then share the next
//! statement. A lookup never waits for others to arrive, so a single one is as fast as it could be.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use derslik_domain::id::AccountId;
use derslik_ports::outbound::{Reason, StoreError, Unavailable};
use metrics::counter;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::attempt::read_on;
use super::conn::DieselStores;
use super::connector::Connector;
use super::limit::{Limit, REPORT_GRACE};
use super::pool::Pool;
use super::settings::{MAX_IN_FLIGHT, PoolSettings};

/// The most lookups in one statement.
const MAX_BATCH: usize = 256;

/// Finds the objects of many keys, in one statement where the database can. A key without an object has no entry in the result.
pub(crate) type FindMany<K, V> = fn(&mut DieselStores<'_>, AccountId, &[K]) -> Result<HashMap<K, V>, StoreError>;

/// Reads objects of one kind by their keys. All kinds share a pool, which has enough connections for each of them at any time.
pub(crate) struct BatchReader<C: Connector, K, V> {
    shared: Arc<Shared<C, K, V>>,
    runtime: Handle,
}

struct Shared<C: Connector, K, V> {
    pool: Arc<Pool<C>>,
    find_many: FindMany<K, V>,
    queue: Mutex<Queue<K, V>>,
    settings: PoolSettings,
}

struct Queue<K, V> {
    /// The lookups that wait, by account. The account whose turn it is comes first.
    waiting: VecDeque<(AccountId, VecDeque<Lookup<K, V>>)>,
    threads: u32,
}

/// A lookup that waits.
struct Lookup<K, V> {
    account: AccountId,
    key: K,
    reply: oneshot::Sender<Result<Option<V>, StoreError>>,
    /// When all of the lookup has to be over.
    deadline: Instant,
    /// Set by the first of two: the thread that sends the lookup to the database, or the caller when its queue timeout ends.
    is_settled: Arc<AtomicBool>,
}

impl<C, K, V> BatchReader<C, K, V>
where
    C: Connector,
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// A reader on connections of that pool. It needs [`MAX_IN_FLIGHT`] of them beside those of other kinds.
    pub(crate) fn new(pool: &Arc<Pool<C>>, find_many: FindMany<K, V>, settings: PoolSettings, runtime: &Handle) -> Self {
        let queue = Mutex::new(Queue { waiting: VecDeque::new(), threads: 0 });
        Self { shared: Arc::new(Shared { pool: Arc::clone(pool), find_many, queue, settings }), runtime: runtime.clone() }
    }

    /// Finds the object of that key, in a state that it has after the call began.
    pub(crate) async fn find(&self, account: AccountId, key: K) -> Result<Option<V>, StoreError> {
        let (reply, mut replied) = oneshot::channel();
        let is_settled = Arc::new(AtomicBool::new(false));
        let settings = self.shared.settings;
        let deadline = Instant::now() + settings.unit_timeout();
        if self.shared.enqueue(Lookup { account, key, reply, deadline, is_settled: Arc::clone(&is_settled) }) {
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

impl<C: Connector, K, V> Shared<C, K, V> {
    fn queue(&self) -> MutexGuard<'_, Queue<K, V>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a lookup. Returns whether the caller has to start one more thread.
    fn enqueue(&self, lookup: Lookup<K, V>) -> bool {
        let mut queue = self.queue();
        queue.add(lookup);
        let needs_thread = queue.threads < MAX_IN_FLIGHT;
        queue.threads += u32::from(needs_thread);
        needs_thread
    }

    /// The lookups of the next statement. Without any, the calling thread ends and is not counted any more.
    fn next_batch(&self) -> Option<Vec<Lookup<K, V>>> {
        let mut queue = self.queue();
        let lookups = queue.next_batch();
        if lookups.is_empty() {
            queue.threads -= 1;
            return None;
        }
        Some(lookups)
    }
}

impl<K, V> Queue<K, V> {
    fn add(&mut self, lookup: Lookup<K, V>) {
        match self.waiting.iter_mut().find(|(account, _)| *account == lookup.account) {
            Some((_, waiting)) => waiting.push_back(lookup),
            None => self.waiting.push_back((lookup.account, VecDeque::from([lookup]))),
        }
    }

    /// The lookups of the next statement, one of each account in turn. So an account with many lookups does not delay the others.
    fn next_batch(&mut self) -> Vec<Lookup<K, V>> {
        let mut lookups = Vec::new();
        while lookups.len() < MAX_BATCH {
            let Some((account, mut waiting)) = self.waiting.pop_front() else { break };
            lookups.extend(waiting.pop_front());
            if !waiting.is_empty() {
                self.waiting.push_back((account, waiting));
            }
        }
        lookups
    }
}

impl<C, K, V> Shared<C, K, V>
where
    C: Connector,
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    fn run_until_idle(&self) {
        while let Some(lookups) = self.next_batch() {
            // After a panic, the senders of these lookups are dropped, so their callers get an error.
            catch_unwind(AssertUnwindSafe(|| self.run_batch(lookups))).ok();
        }
    }

    fn run_batch(&self, lookups: Vec<Lookup<K, V>>) {
        let Some(deadline) = lookups.iter().map(|lookup| lookup.deadline).min() else { return };
        let limit = Limit { deadline, statement_timeout: self.settings.statement_timeout, cancelled: CancellationToken::new() };
        let mut by_account: BTreeMap<AccountId, HashMap<K, Vec<Lookup<K, V>>>> = BTreeMap::new();
        for lookup in lookups {
            if !lookup.is_settled.swap(true, Ordering::AcqRel) {
                by_account.entry(lookup.account).or_default().entry(lookup.key.clone()).or_default().push(lookup);
            }
        }
        limit.clone().on_this_thread(|| {
            for (account, lookups) in by_account {
                self.run_account(account, lookups, &limit);
            }
        });
    }

    fn run_account(&self, account: AccountId, lookups: HashMap<K, Vec<Lookup<K, V>>>, limit: &Limit) {
        let keys: Vec<_> = lookups.keys().cloned().collect();
        counter!("derslik_lookups_total")
            .increment(lookups.values().map(Vec::len).map(|count| u64::try_from(count).unwrap_or(u64::MAX)).sum());
        match self.find_many(account, &keys, limit) {
            Ok(mut found) => {
                for (key, lookups) in lookups {
                    reply_to_all(lookups, found.remove(&key));
                }
            }
            Err(StoreError::Unavailable(Unavailable { reason, mut source })) => {
                for lookup in lookups.into_values().flatten() {
                    lookup.reply.send(Err(StoreError::Unavailable(Unavailable { reason, source: source.take() }))).ok();
                }
            }
            // An error of one key must not fail the others, so each key is tried alone.
            Err(_) => {
                for lookup in lookups.into_values().flatten() {
                    let found = self.find_many(account, std::slice::from_ref(&lookup.key), limit);
                    lookup.reply.send(found.map(|mut found| found.remove(&lookup.key))).ok();
                }
            }
        }
    }

    fn find_many(&self, account: AccountId, keys: &[K], limit: &Limit) -> Result<HashMap<K, V>, StoreError> {
        counter!("derslik_lookup_statements_total").increment(1);
        read_on(&self.pool, limit, |stores| (self.find_many)(stores, account, keys))
    }
}

/// Sends the result to all callers that look up the same key.
fn reply_to_all<K, V: Clone>(mut lookups: Vec<Lookup<K, V>>, found: Option<V>) {
    let last = lookups.pop();
    for lookup in lookups {
        lookup.reply.send(Ok(found.clone())).ok();
    }
    if let Some(lookup) = last {
        lookup.reply.send(Ok(found)).ok();
    }
}

/// At least twelve keys, filled up with the last one. PostgreSQL keeps a plan that was made for ten. For fewer it would plan the
/// statement each time, which costs more than running it.
pub(crate) fn padded<T: Copy>(keys: impl Iterator<Item = T>) -> Vec<T> {
    const AT_LEAST: usize = 12;
    let mut padded: Vec<_> = keys.collect();
    if let Some(last) = padded.last().copied() {
        padded.resize(padded.len().max(AT_LEAST), last);
    }
    padded
}
