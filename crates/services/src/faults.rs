//! The faults of accounts, in the memory of the process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use derslik_domain::fault::{FaultRule, Faults, JobFault, Met, Moment, RequestLine};
use derslik_domain::id::AccountId;
use derslik_domain::job::Action;
use derslik_ports::inbound::control::{AccountIds, AccountMemory, FaultControl, FaultInjection, NewFault, PublicAccountId};
use tokio::sync::Notify;

/// The faults that were set in this process. An account without faults takes no memory.
#[derive(Debug)]
pub struct InjectedFaults {
    ids: Arc<AccountIds>,
    of: Mutex<HashMap<PublicAccountId, Faults>>,
    /// Whether any account has faults. It changes under the lock, and requests look at it without the lock.
    is_any: AtomicBool,
    /// Tells that faults were removed.
    removed: Notify,
}

impl InjectedFaults {
    /// No faults, for accounts with these ids.
    pub fn new(ids: Arc<AccountIds>) -> Self {
        Self { ids, of: Mutex::default(), is_any: AtomicBool::new(false), removed: Notify::new() }
    }

    /// Changes the faults, and notes whether there are any.
    fn change<T>(&self, change: impl FnOnce(&mut HashMap<PublicAccountId, Faults>) -> T) -> T {
        let mut all = self.lock();
        let changed = change(&mut all);
        self.is_any.store(all.values().any(|faults| !faults.rules().is_empty()), Ordering::Release);
        changed
    }

    /// Whether any account has faults.
    fn is_any(&self) -> bool {
        self.is_any.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PublicAccountId, Faults>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FaultControl for InjectedFaults {
    fn add(&self, account: PublicAccountId, faults: Vec<NewFault>) -> Vec<FaultRule> {
        self.change(|all| {
            let of_account = all.entry(account).or_default();
            let add = |NewFault { fault, requests, action, schedule }| of_account.add(fault, requests, action, schedule);
            faults.into_iter().map(add).collect()
        })
    }

    fn list(&self, account: PublicAccountId) -> Vec<FaultRule> {
        self.lock().get(&account).map(|faults| faults.rules().to_vec()).unwrap_or_default()
    }

    fn remove(&self, account: PublicAccountId, number: u64) -> bool {
        let is_removed = self.change(|all| all.get_mut(&account).is_some_and(|faults| faults.remove(number)));
        self.removed.notify_waiters();
        is_removed
    }

    fn clear(&self, account: PublicAccountId) {
        self.change(|all| {
            if let Some(faults) = all.get_mut(&account) {
                faults.clear();
            }
        });
        self.removed.notify_waiters();
    }

    fn clear_all(&self) {
        self.change(|all| all.values_mut().for_each(Faults::clear));
        self.removed.notify_waiters();
    }
}

impl AccountMemory for InjectedFaults {
    fn forget(&self, account: PublicAccountId) {
        self.change(|all| all.remove(&account));
        self.removed.notify_waiters();
    }
}

#[async_trait]
impl FaultInjection for InjectedFaults {
    fn for_request(&self, account: AccountId, moment: Moment, request: &RequestLine<'_>) -> Met {
        if !self.is_any() {
            return Met::default();
        }
        let public = self.ids.public(account);
        self.lock().get_mut(&public).map(|faults| faults.next_for(moment, request)).unwrap_or_default()
    }

    async fn gone(&self, account: AccountId, number: u64) {
        let public = self.ids.public(account);
        loop {
            // It listens before it looks, so that a removal between the two wakes it.
            let mut removed = std::pin::pin!(self.removed.notified());
            removed.as_mut().enable();
            let is_there = self.lock().get(&public).is_some_and(|faults| faults.has(number));
            if !is_there {
                return;
            }
            removed.await;
        }
    }

    fn has_for_jobs(&self, account: AccountId) -> bool {
        self.is_any() && self.lock().get(&self.ids.public(account)).is_some_and(Faults::has_for_jobs)
    }

    fn for_job(&self, account: AccountId, action: Action) -> Option<JobFault> {
        let public = self.ids.public(account);
        self.lock().get_mut(&public)?.next_for_job(action)
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::fault::{Fault, RequestFilter, Schedule};

    use super::*;

    #[test]
    fn faults_are_of_one_account_also_after_a_reset_gave_it_another_id_inside() {
        let ids = Arc::new(AccountIds::default());
        let faults = InjectedFaults::new(Arc::clone(&ids));
        let (public, request) = (PublicAccountId::new(7), RequestLine { api: None, method: "GET", path: "/" });
        let lost = NewFault { fault: Fault::LoseAnswer, requests: RequestFilter::default(), action: None, schedule: Schedule::default() };
        assert_eq!(faults.add(public, vec![lost.clone(), lost]).iter().map(|rule| rule.number).collect::<Vec<_>>(), [1, 2]);
        ids.replace(public, AccountId::new(12));
        assert_eq!(faults.for_request(AccountId::new(12), Moment::Answer, &request).fault, Some((1, Fault::LoseAnswer)));
        assert_eq!(faults.for_request(AccountId::new(8), Moment::Answer, &request), Met::default());
        assert_eq!(faults.list(public).iter().map(|rule| rule.seen).collect::<Vec<_>>(), [1, 1]);
        assert!(faults.remove(public, 1) && !faults.remove(public, 1) && !faults.remove(PublicAccountId::new(8), 2));
        assert!(faults.is_any());
        faults.clear(public);
        assert!(faults.list(public).is_empty() && !faults.is_any());
    }

    #[tokio::test]
    async fn a_request_waits_until_its_fault_is_removed() {
        let (faults, public, account) = (InjectedFaults::new(Arc::default()), PublicAccountId::new(7), AccountId::new(7));
        let slow = NewFault {
            fault: Fault::Delay(std::time::Duration::from_secs(60)),
            requests: RequestFilter::default(),
            action: None,
            schedule: Schedule::default(),
        };
        faults.add(public, vec![slow.clone(), slow]);
        let remove = async {
            tokio::task::yield_now().await;
            assert!(faults.remove(public, 1));
            tokio::task::yield_now().await;
            faults.clear(public);
        };
        tokio::join!(faults.gone(account, 1), faults.gone(account, 2), remove);
        faults.gone(account, 3).await;
    }
}
