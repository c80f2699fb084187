//! Lookups of single objects that share statements.

use std::collections::HashMap;
use std::hash::Hash;
use std::slice;
use std::sync::Arc;

use derslik_domain::id::AccountId;
use derslik_ports::outbound::StoreError;
use metrics::counter;
use tokio::runtime::Handle;

use super::attempt::read_on;
use super::conn::DieselStores;
use super::connector::Connector;
use super::limit::Limit;
use super::pool::Pool;
use super::settings::PoolSettings;
use super::shared::{BatchHandler, Pending, Reply, SharedRequests, refuse_all};

/// Finds the objects of many keys, in one statement where the database can. A key without an object has no entry in the result.
pub(crate) type FindMany<K, V> = fn(&mut DieselStores<'_>, AccountId, &[K]) -> Result<HashMap<K, V>, StoreError>;

/// Reads objects of one kind by their keys. All kinds share a pool, which has enough connections for each of them at any time.
pub(crate) struct BatchReader<C, K, V>(SharedRequests<Finder<C, K, V>>)
where
    C: Connector,
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static;

struct Finder<C: Connector, K, V> {
    pool: Arc<Pool<C>>,
    find_many: FindMany<K, V>,
}

impl<C, K, V> BatchReader<C, K, V>
where
    C: Connector,
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// A reader on connections of that pool, beside those of other kinds.
    pub(crate) fn new(pool: &Arc<Pool<C>>, find_many: FindMany<K, V>, settings: PoolSettings, runtime: &Handle) -> Self {
        Self(SharedRequests::new(Finder { pool: Arc::clone(pool), find_many }, settings, runtime))
    }

    /// Finds the object of that key, in a state that it has after the call began.
    pub(crate) async fn find(&self, account: AccountId, key: K) -> Result<Option<V>, StoreError> {
        self.0.send(account, key).await
    }
}

impl<C, K, V> BatchHandler for Finder<C, K, V>
where
    C: Connector,
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    type Request = K;
    type Reply = Option<V>;

    fn handle(&self, account: AccountId, batch: Vec<Pending<Self>>, limit: &Limit) {
        counter!("derslik_lookups_total").increment(u64::try_from(batch.len()).unwrap_or(u64::MAX));
        let mut lookups: HashMap<K, Vec<Reply<Option<V>>>> = HashMap::new();
        for Pending { request, reply } in batch {
            lookups.entry(request).or_default().push(reply);
        }
        let keys: Vec<_> = lookups.keys().cloned().collect();
        match self.find_many(account, &keys, limit) {
            Ok(mut found) => {
                for (key, replies) in lookups {
                    reply_to_all(replies, found.remove(&key));
                }
            }
            Err(StoreError::Unavailable(unavailable)) => refuse_all(lookups.into_values().flatten(), unavailable),
            // An error of one key must not fail the others, so each key is tried alone.
            Err(_) => {
                for (key, replies) in lookups {
                    for reply in replies {
                        let found = self.find_many(account, slice::from_ref(&key), limit);
                        reply.send(found.map(|mut found| found.remove(&key)));
                    }
                }
            }
        }
    }
}

impl<C: Connector, K, V> Finder<C, K, V> {
    fn find_many(&self, account: AccountId, keys: &[K], limit: &Limit) -> Result<HashMap<K, V>, StoreError> {
        counter!("derslik_lookup_statements_total").increment(1);
        read_on(&self.pool, limit, |stores| (self.find_many)(stores, account, keys))
    }
}

/// Sends the result to all callers that look up the same key.
fn reply_to_all<V: Clone>(mut replies: Vec<Reply<Option<V>>>, found: Option<V>) {
    let last = replies.pop();
    for reply in replies {
        reply.send(Ok(found.clone()));
    }
    if let Some(reply) = last {
        reply.send(Ok(found));
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
