//! A queue in front of the pool that serves tenants in turn.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use derslik_ports::outbound::Tenant;
use tokio::sync::oneshot;

/// A bounded number of permits. A tenant holds at most all but one of them, and waiting tenants are served in turn. So a tenant
/// with endless requests leaves one permit to the others, and a single permit goes round.
#[derive(Debug)]
pub(crate) struct FairQueue {
    /// The most permits that a tenant holds at once.
    share: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    held: HashMap<Tenant, usize>,
    waiting: HashMap<Tenant, VecDeque<oneshot::Sender<Permit>>>,
    /// Tenants that wait, the next one first.
    turns: VecDeque<Tenant>,
}

/// A permit that is held until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    queue: Arc<FairQueue>,
    tenant: Tenant,
}

impl FairQueue {
    pub(crate) fn new(permits: usize) -> Arc<Self> {
        let permits = permits.max(1);
        let state = State { free: permits, held: HashMap::new(), waiting: HashMap::new(), turns: VecDeque::new() };
        Arc::new(Self { share: permits.saturating_sub(1).max(1), state: Mutex::new(state) })
    }

    /// Waits for a permit. A caller that stops waiting loses its turn and delays no other caller.
    pub(crate) async fn acquire(self: &Arc<Self>, tenant: Tenant) -> Option<Permit> {
        let granted = {
            let mut state = self.state();
            let is_first = !state.waiting.contains_key(&tenant);
            if is_first && state.free > 0 && state.held_by(tenant) < self.share {
                state.take(tenant);
                return Some(Permit { queue: Arc::clone(self), tenant });
            }
            let (grant, granted) = oneshot::channel();
            state.wait(tenant, grant);
            granted
        };
        self.grant_permits();
        granted.await.ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands free permits to the callers whose turn it is.
    fn grant_permits(self: &Arc<Self>) {
        loop {
            let next = self.state().next(self.share);
            let Some((tenant, grant)) = next else { return };
            // A caller that left at this moment drops the permit, and that lets in the next one.
            grant.send(Permit { queue: Arc::clone(self), tenant }).ok();
        }
    }
}

impl State {
    fn held_by(&self, tenant: Tenant) -> usize {
        self.held.get(&tenant).copied().unwrap_or_default()
    }

    fn take(&mut self, tenant: Tenant) {
        self.free -= 1;
        *self.held.entry(tenant).or_default() += 1;
    }

    fn give_back(&mut self, tenant: Tenant) {
        self.free += 1;
        if let Some(held) = self.held.get_mut(&tenant) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&tenant);
            }
        }
    }

    fn wait(&mut self, tenant: Tenant, grant: oneshot::Sender<Permit>) {
        let waiting = self.waiting.entry(tenant).or_default();
        // Requests of a tenant may be cancelled again and again. The ones left behind must not outnumber those that still wait.
        if waiting.len() == waiting.capacity() {
            waiting.retain(|grant| !grant.is_closed());
        }
        waiting.push_back(grant);
        if !self.turns.contains(&tenant) {
            self.turns.push_back(tenant);
        }
    }

    /// Takes a permit for the next caller.
    fn next(&mut self, share: usize) -> Option<(Tenant, oneshot::Sender<Permit>)> {
        if self.free == 0 {
            return None;
        }
        let mut tenants = self.turns.len();
        while let Some(tenant) = self.turns.pop_front() {
            let may_hold_more = self.held_by(tenant) < share;
            let next = if may_hold_more { self.first_of(tenant) } else { None };
            if self.waiting.contains_key(&tenant) {
                self.turns.push_back(tenant);
            }
            if let Some(grant) = next {
                self.take(tenant);
                return Some((tenant, grant));
            }
            tenants -= 1;
            if tenants == 0 {
                return None;
            }
        }
        None
    }

    /// The caller of the tenant that has waited longest and still waits.
    fn first_of(&mut self, tenant: Tenant) -> Option<oneshot::Sender<Permit>> {
        let waiting = self.waiting.get_mut(&tenant)?;
        let first = std::iter::from_fn(|| waiting.pop_front()).find(|grant| !grant.is_closed());
        if waiting.is_empty() {
            self.waiting.remove(&tenant);
        }
        first
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.queue.state().give_back(self.tenant);
        self.queue.grant_permits();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;

    use derslik_domain::id::Id;
    use futures_util::FutureExt;

    use super::*;

    const GREEDY: Tenant = Tenant::Account(Id::new(1));
    const MODEST: Tenant = Tenant::Account(Id::new(2));
    const THIRD: Tenant = Tenant::Unknown;

    type Waiting = Pin<Box<dyn Future<Output = Option<Permit>>>>;

    fn acquire(queue: &Arc<FairQueue>, tenant: Tenant) -> Waiting {
        let queue = Arc::clone(queue);
        let mut waiting: Waiting = Box::pin(async move { queue.acquire(tenant).await });
        match waiting.as_mut().now_or_never() {
            Some(permit) => Box::pin(std::future::ready(permit)),
            None => waiting,
        }
    }

    fn granted_now(waiting: &mut Waiting) -> Option<Permit> {
        waiting.as_mut().now_or_never().flatten()
    }

    #[test]
    fn one_tenant_leaves_a_permit_to_the_others() {
        let queue = FairQueue::new(4);
        let mut greedy: Vec<_> = (0..100).map(|_| acquire(&queue, GREEDY)).collect();
        let held: Vec<_> = greedy.iter_mut().filter_map(granted_now).collect();
        assert_eq!(held.len(), 3);
        let modest = granted_now(&mut acquire(&queue, MODEST));
        assert!(modest.is_some(), "however many requests of another tenant wait");
        drop(modest);
        assert!(granted_now(&mut acquire(&queue, MODEST)).is_some(), "and again, since the other tenant did not take the last permit");
    }

    #[test]
    fn a_single_permit_goes_round() {
        let queue = FairQueue::new(1);
        let first = granted_now(&mut acquire(&queue, GREEDY)).unwrap();
        let mut greedy: Vec<_> = (0..50).map(|_| acquire(&queue, GREEDY)).collect();
        let (mut modest, mut third) = (acquire(&queue, MODEST), acquire(&queue, THIRD));
        drop(first);
        let order: Vec<_> = (0..4)
            .map(|_| {
                let permit = greedy.iter_mut().chain([&mut modest, &mut third]).find_map(|waiting| {
                    let permit = granted_now(waiting);
                    if permit.is_some() {
                        *waiting = Box::pin(std::future::pending());
                    }
                    permit
                });
                permit.unwrap().tenant
            })
            .collect();
        assert_eq!(order, [GREEDY, MODEST, THIRD, GREEDY]);
    }

    #[test]
    fn callers_that_left_are_passed_over_and_keep_nothing() {
        let queue = FairQueue::new(2);
        let first = granted_now(&mut acquire(&queue, GREEDY)).unwrap();
        for _ in 0..10_000 {
            drop(acquire(&queue, GREEDY));
        }
        let mut last = acquire(&queue, GREEDY);
        assert!(queue.state().waiting.values().all(|waiting| waiting.len() < 100));
        drop(first);
        let last = granted_now(&mut last);
        assert!(last.is_some());
        drop(last);
        let state = queue.state();
        assert_eq!((state.free, state.held.len(), state.waiting.len()), (2, 0, 0));
    }

    #[test]
    fn a_permit_that_comes_too_late_is_passed_on() {
        let queue = FairQueue::new(1);
        let first = granted_now(&mut acquire(&queue, GREEDY)).unwrap();
        let (leaves, mut stays) = (acquire(&queue, GREEDY), acquire(&queue, MODEST));
        drop(first);
        // The caller has got its permit already, and never polled its future.
        drop(leaves);
        assert!(granted_now(&mut stays).is_some());
    }
}
