//! Look-ups of single things that share statements: while the database answers some, those that arrive wait, and then go to
//! it together. Nobody ever waits for more to come, so a look-up that is alone is as fast as it could be.

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

use crate::limit::Limit;
use crate::pool::{Connector, Pool, PoolSettings};
use crate::unit_of_work::{LAST_WORD, read_on};

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
    runtime: Handle,
}

struct Shared<C: Connector, K, V> {
    pool: Arc<Pool<C>>,
    find_many: FindMany<K, V>,
    queue: Mutex<Queue<K, V>>,
    settings: PoolSettings,
}

struct Queue<K, V> {
    /// The questions of each account that has some, the account whose turn it is first.
    waiting: VecDeque<(AccountId, VecDeque<Question<K, V>>)>,
    threads: u32,
}

/// A thing that somebody looks up.
struct Question<K, V> {
    account: AccountId,
    key: K,
    answer: oneshot::Sender<Result<Option<V>, StoreError>>,
    /// When all of it has to be over.
    until: Instant,
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
    pub(crate) fn new(pool: &Arc<Pool<C>>, find_many: FindMany<K, V>, settings: PoolSettings, runtime: &Handle) -> Self {
        let queue = Mutex::new(Queue { waiting: VecDeque::new(), threads: 0 });
        Self { shared: Arc::new(Shared { pool: Arc::clone(pool), find_many, queue, settings }), runtime: runtime.clone() }
    }

    /// The thing of that key, as it is after the call began.
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
            // A statement is on its way, which has a time limit of its own.
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

    /// Queues a question, and says whether that takes one more thread.
    fn wants_a_thread_for(&self, question: Question<K, V>) -> bool {
        let mut queue = self.queue();
        queue.add(question);
        let wants = queue.threads < AT_ONCE;
        queue.threads += u32::from(wants);
        wants
    }

    /// Those whose turn it is. If nobody waits, the thread that asks is no longer counted.
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

    /// As many as go together, one of each account in turn, so that those of an account that asks for much make nobody else wait.
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
            // Those whom a panic leaves without an answer see that it will never come.
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
            // What is wrong with one of them is no fault of the others.
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
