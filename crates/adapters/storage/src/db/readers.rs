//! Lookups of single objects that share statements. While the database answers some, new lookups wait and then share the next
//! statement. A lookup never waits for others to arrive, so a single one is as fast as it could be.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use derslik_domain::id::AccountId;
use derslik_ports::outbound::{Reason, StoreError, Stores, Unavailable};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::db::limit::Limit;
use crate::db::pool::{Connector, Pool, PoolSettings};
use crate::db::unit_of_work::{LAST_WORD, read_on};

/// How many statements of one kind of lookup may be in flight. With one, a connection that hangs would delay all lookups of its
/// kind.
pub(crate) const AT_ONCE: u32 = 2;

/// How many kinds of lookups there are. The pool has [`AT_ONCE`] connections for each.
pub(crate) const KINDS: u32 = 3;

/// The most lookups in one statement.
const MOST: usize = 256;

/// Finds the objects of many keys, in one statement where the database can. A key without an object has no entry in the result.
pub(crate) type FindMany<K, V> = fn(&mut dyn Stores, AccountId, &[K]) -> Result<HashMap<K, V>, StoreError>;

/// Lookups of one kind of object. All kinds share a pool, which has enough connections for each of them at any time.
pub(crate) struct LookUps<C: Connector, K, V> {
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
    waiting: VecDeque<(AccountId, VecDeque<Question<K, V>>)>,
    threads: u32,
}

/// A lookup that waits.
struct Question<K, V> {
    account: AccountId,
    key: K,
    answer: oneshot::Sender<Result<Option<V>, StoreError>>,
    /// When all of the lookup has to be over.
    until: Instant,
    /// Set by the first of two: the thread that sends the lookup to the database, or the caller when its queue timeout ends.
    is_settled: Arc<AtomicBool>,
}

impl<C, K, V> LookUps<C, K, V>
where
    C: Connector,
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// Lookups on connections of that pool. It needs room for [`AT_ONCE`] of them beside those of other kinds.
    pub(crate) fn new(pool: &Arc<Pool<C>>, find_many: FindMany<K, V>, settings: PoolSettings, runtime: &Handle) -> Self {
        let queue = Mutex::new(Queue { waiting: VecDeque::new(), threads: 0 });
        Self { shared: Arc::new(Shared { pool: Arc::clone(pool), find_many, queue, settings }), runtime: runtime.clone() }
    }

    /// Finds the object of that key, in a state that it has after the call began.
    pub(crate) async fn find(&self, account: AccountId, key: K) -> Result<Option<V>, StoreError> {
        let (answer, mut answered) = oneshot::channel();
        let is_settled = Arc::new(AtomicBool::new(false));
        let settings = self.shared.settings;
        let until = Instant::now() + settings.unit_timeout();
        if self.shared.wants_a_thread_for(Question { account, key, answer, until, is_settled: Arc::clone(&is_settled) }) {
            let shared = Arc::clone(&self.shared);
            self.runtime.spawn_blocking(move || shared.answer_until_nobody_waits());
        }
        let result = match timeout(settings.acquire_timeout, &mut answered).await {
            Ok(result) => result,
            Err(_) if !is_settled.swap(true, Ordering::AcqRel) => return Err(Reason::Crowded.into()),
            // A statement for it is in flight, and has a time limit of its own.
            Err(_) => match timeout_at((until + LAST_WORD).into(), answered).await {
                Ok(result) => result,
                Err(_) => return Err(Reason::TimedOut.into()),
            },
        };
        result.unwrap_or_else(|unanswered| Err(StoreError::Other(Box::new(unanswered))))
    }
}

impl<C: Connector, K, V> Shared<C, K, V> {
    fn queue(&self) -> MutexGuard<'_, Queue<K, V>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a lookup. Returns whether the caller has to start one more thread.
    fn wants_a_thread_for(&self, question: Question<K, V>) -> bool {
        let mut queue = self.queue();
        queue.add(question);
        let wants = queue.threads < AT_ONCE;
        queue.threads += u32::from(wants);
        wants
    }

    /// The lookups of the next statement. Without any, the calling thread ends and is not counted any more.
    fn next(&self) -> Option<Vec<Question<K, V>>> {
        let mut queue = self.queue();
        let questions = queue.next();
        if questions.is_empty() {
            queue.threads -= 1;
            return None;
        }
        Some(questions)
    }
}

impl<K, V> Queue<K, V> {
    fn add(&mut self, question: Question<K, V>) {
        match self.waiting.iter_mut().find(|(account, _)| *account == question.account) {
            Some((_, waiting)) => waiting.push_back(question),
            None => self.waiting.push_back((question.account, VecDeque::from([question]))),
        }
    }

    /// The lookups of the next statement, one of each account in turn. So an account with many lookups does not delay the others.
    fn next(&mut self) -> Vec<Question<K, V>> {
        let mut questions = Vec::new();
        while questions.len() < MOST {
            let Some((account, mut waiting)) = self.waiting.pop_front() else { break };
            questions.extend(waiting.pop_front());
            if !waiting.is_empty() {
                self.waiting.push_back((account, waiting));
            }
        }
        questions
    }
}

impl<C, K, V> Shared<C, K, V>
where
    C: Connector,
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    fn answer_until_nobody_waits(&self) {
        while let Some(questions) = self.next() {
            // After a panic, the senders of these lookups are dropped, so their callers get an error.
            catch_unwind(AssertUnwindSafe(|| self.answer(questions))).ok();
        }
    }

    fn answer(&self, questions: Vec<Question<K, V>>) {
        let Some(until) = questions.iter().map(|question| question.until).min() else { return };
        let limit = Limit { until, statement: self.settings.statement_timeout, gone: CancellationToken::new() };
        let mut by_account: BTreeMap<AccountId, HashMap<K, Vec<Question<K, V>>>> = BTreeMap::new();
        for question in questions {
            if !question.is_settled.swap(true, Ordering::AcqRel) {
                by_account.entry(question.account).or_default().entry(question.key.clone()).or_default().push(question);
            }
        }
        limit.clone().on_this_thread(|| {
            for (account, questions) in by_account {
                self.answer_of_account(account, questions, &limit);
            }
        });
    }

    fn answer_of_account(&self, account: AccountId, questions: HashMap<K, Vec<Question<K, V>>>, limit: &Limit) {
        let keys: Vec<_> = questions.keys().cloned().collect();
        match self.find_many(account, &keys, limit) {
            Ok(mut found) => {
                for (key, questions) in questions {
                    tell(questions, found.remove(&key));
                }
            }
            Err(StoreError::Unavailable(Unavailable { reason, mut source })) => {
                for question in questions.into_values().flatten() {
                    question.answer.send(Err(StoreError::Unavailable(Unavailable { reason, source: source.take() }))).ok();
                }
            }
            // An error of one key must not fail the others, so each key is tried alone.
            Err(_) => {
                for question in questions.into_values().flatten() {
                    let found =
                        self.find_many(account, std::slice::from_ref(&question.key), limit).map(|mut found| found.remove(&question.key));
                    question.answer.send(found).ok();
                }
            }
        }
    }

    fn find_many(&self, account: AccountId, keys: &[K], limit: &Limit) -> Result<HashMap<K, V>, StoreError> {
        read_on(&self.pool, limit, |stores| (self.find_many)(stores, account, keys))
    }
}

/// Sends the result to all callers that asked for the same key.
fn tell<K, V: Clone>(mut questions: Vec<Question<K, V>>, found: Option<V>) {
    let last = questions.pop();
    for question in questions {
        question.answer.send(Ok(found.clone())).ok();
    }
    if let Some(question) = last {
        question.answer.send(Ok(found)).ok();
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
