//! Look-ups of single things that share statements: while the database answers some, those that arrive wait, and then go to
//! it together. Nobody ever waits for more to come, so a look-up that is alone is as fast as it could be.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use derslik_domain::id::AccountId;
use derslik_ports::outbound::{StoreError, Stores};
use r2d2::Pool;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::pool::{Connector, Manager};
use crate::unit_of_work::read_on;

/// How many statements of look-ups of one kind may be on their way. With one, a connection that hangs would hold up everybody.
pub(crate) const AT_ONCE: u32 = 2;

/// How many kinds of things are looked up, and so how many times as many connections there are.
pub(crate) const KINDS: u32 = 3;

/// The most that one statement looks up.
const MOST: usize = 256;

/// What finds the things of many keys, in one statement where the database can. Keys of nothing are left out.
pub(crate) type FindMany<K, V> = fn(&mut dyn Stores, AccountId, &[K]) -> Result<HashMap<K, V>, StoreError>;

/// Look-ups of one kind of thing. Of the connections that all kinds share, each always finds as many as it uses.
pub(crate) struct LookUps<C: Connector, K, V> {
    shared: Arc<Shared<C, K, V>>,
    /// How long a look-up waits for its turn.
    patience: Duration,
    runtime: Handle,
}

struct Shared<C: Connector, K, V> {
    pool: Pool<Manager<C>>,
    find_many: FindMany<K, V>,
    queue: Mutex<Queue<K, V>>,
}

struct Queue<K, V> {
    waiting: VecDeque<Question<K, V>>,
    threads: u32,
}

/// A thing that somebody looks up.
struct Question<K, V> {
    account: AccountId,
    key: K,
    answer: oneshot::Sender<Result<Option<V>, StoreError>>,
    /// Set by whoever is first: the thread that takes it up, or the caller whose patience ended.
    is_settled: Arc<AtomicBool>,
}

impl<C, K, V> LookUps<C, K, V>
where
    C: Connector,
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// Look-ups on connections of that pool, which has room for [`AT_ONCE`] of them beside those of other kinds.
    pub(crate) fn new(pool: Pool<Manager<C>>, find_many: FindMany<K, V>, patience: Duration, runtime: &Handle) -> Self {
        let queue = Mutex::new(Queue { waiting: VecDeque::new(), threads: 0 });
        Self { shared: Arc::new(Shared { pool, find_many, queue }), patience, runtime: runtime.clone() }
    }

    /// The thing of that key, as it is after the call began.
    pub(crate) async fn find(&self, account: AccountId, key: K) -> Result<Option<V>, StoreError> {
        let (answer, mut answered) = oneshot::channel();
        let is_settled = Arc::new(AtomicBool::new(false));
        if self.shared.wants_a_thread_for(Question { account, key, answer, is_settled: Arc::clone(&is_settled) }) {
            let shared = Arc::clone(&self.shared);
            self.runtime.spawn_blocking(move || shared.answer_until_nobody_waits());
        }
        let result = match timeout(self.patience, &mut answered).await {
            Ok(result) => result,
            Err(_) if !is_settled.swap(true, Ordering::AcqRel) => return Err(StoreError::Unavailable(None)),
            // A statement is on its way, which has a time limit of its own.
            Err(_) => answered.await,
        };
        result.unwrap_or_else(|unanswered| Err(StoreError::Other(Box::new(unanswered))))
    }
}

impl<C: Connector, K, V> Shared<C, K, V> {
    fn queue(&self) -> MutexGuard<'_, Queue<K, V>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a question, and says whether that takes one more thread.
    fn wants_a_thread_for(&self, question: Question<K, V>) -> bool {
        let mut queue = self.queue();
        queue.waiting.push_back(question);
        let wants = queue.threads < AT_ONCE;
        queue.threads += u32::from(wants);
        wants
    }

    /// Those who wait for longest. If nobody does, the thread that asks is no longer counted.
    fn next(&self) -> Option<Vec<Question<K, V>>> {
        let mut queue = self.queue();
        if queue.waiting.is_empty() {
            queue.threads -= 1;
            return None;
        }
        let count = queue.waiting.len().min(MOST);
        Some(queue.waiting.drain(..count).collect())
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
            // Those whom a panic leaves without an answer see that it will never come.
            catch_unwind(AssertUnwindSafe(|| self.answer(questions))).ok();
        }
    }

    fn answer(&self, questions: Vec<Question<K, V>>) {
        let mut by_account: BTreeMap<AccountId, HashMap<K, Vec<Question<K, V>>>> = BTreeMap::new();
        for question in questions {
            if !question.is_settled.swap(true, Ordering::AcqRel) {
                by_account.entry(question.account).or_default().entry(question.key.clone()).or_default().push(question);
            }
        }
        for (account, questions) in by_account {
            self.answer_of_account(account, questions);
        }
    }

    fn answer_of_account(&self, account: AccountId, questions: HashMap<K, Vec<Question<K, V>>>) {
        let keys: Vec<_> = questions.keys().cloned().collect();
        match self.find_many(account, &keys) {
            Ok(mut found) => {
                for (key, questions) in questions {
                    tell(questions, found.remove(&key));
                }
            }
            Err(StoreError::Unavailable(cause)) => {
                let mut cause = cause;
                for question in questions.into_values().flatten() {
                    question.answer.send(Err(StoreError::Unavailable(cause.take()))).ok();
                }
            }
            // What is wrong with one of them is no fault of the others.
            Err(_) => {
                for question in questions.into_values().flatten() {
                    let found = self.find_many(account, std::slice::from_ref(&question.key)).map(|mut found| found.remove(&question.key));
                    question.answer.send(found).ok();
                }
            }
        }
    }

    fn find_many(&self, account: AccountId, keys: &[K]) -> Result<HashMap<K, V>, StoreError> {
        read_on(&self.pool, |stores| (self.find_many)(stores, account, keys))
    }
}

/// Tells all who asked for the same thing.
fn tell<K, V: Clone>(mut questions: Vec<Question<K, V>>, found: Option<V>) {
    let last = questions.pop();
    for question in questions {
        question.answer.send(Ok(found.clone())).ok();
    }
    if let Some(question) = last {
        question.answer.send(Ok(found)).ok();
    }
}

/// At least so many keys, the last one again and again. PostgreSQL takes a plan for granted that is made for ten, and for
/// fewer would rather plan the statement each time, which costs more than running it.
pub(crate) fn padded<T: Copy>(keys: impl Iterator<Item = T>) -> Vec<T> {
    const AT_LEAST: usize = 12;
    let mut padded: Vec<_> = keys.collect();
    if let Some(last) = padded.last().copied() {
        padded.resize(padded.len().max(AT_LEAST), last);
    }
    padded
}
