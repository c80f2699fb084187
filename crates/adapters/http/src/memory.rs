//! A memory budget that the requests of all connections share, counted in bytes. A reservation ends when it is dropped. A holder
//! gets no more than its share, and the holders of an account together no more than the account's. Other accounts therefore
//! find memory however much one account asks for. This module knows neither bodies nor responses.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::identity::Actor;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The unit in which memory is reserved, in bytes. A reservation that fits into one block takes no memory. Each connection has buffers of
/// that size anyway, and the number of connections has its own limit.
pub(crate) const BLOCK_BYTES: usize = 16 * 1024;

/// The holder of memory. All credentials of a principal count as one, since a principal can get any number of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    /// Requests without a credential, or before it is known.
    Anonymous,
    /// A principal of an account.
    Principal(AccountId, PrincipalId),
}

impl Holder {
    /// The holder for the principal that acts.
    pub(crate) fn of(actor: &Actor) -> Self {
        Self::Principal(actor.account_id(), actor.principal.id)
    }

    /// The account, if it is known.
    pub(crate) const fn account(self) -> Option<AccountId> {
        match self {
            Self::Anonymous => None,
            Self::Principal(account, _) => Some(account),
        }
    }
}

/// The most bytes that are reserved at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BudgetLimits {
    /// By all holders together.
    pub(crate) total: usize,
    /// By the principals of one account together, since an account creates as many of them as it likes. Requests without a
    /// known credential count as one account.
    pub(crate) account: usize,
    /// By one holder.
    pub(crate) holder: usize,
}

/// The budget, or the share of a holder or account, is used up at the moment. The request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service holds as much as it can; try again")]
pub(crate) struct BudgetExhausted;

/// The shared budget. Clones share the same one.
#[derive(Debug, Clone)]
pub(crate) struct MemoryBudget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    total: Arc<Semaphore>,
    accounts: Arc<Shares<Option<AccountId>>>,
    holders: Arc<Shares<Holder>>,
}

/// Equal shares of the budget, one for each holder or account.
#[derive(Debug)]
struct Shares<K: Copy + Eq + Hash> {
    /// The number of blocks of each share.
    blocks: u32,
    /// The shares that are in use.
    in_use: Mutex<HashMap<K, Weak<Share<K>>>>,
}

/// The permits that are left of one share.
#[derive(Debug)]
struct Share<K: Copy + Eq + Hash> {
    left: Arc<Semaphore>,
    owner: K,
    siblings: Arc<Shares<K>>,
}

/// The shares that one holder takes from.
#[derive(Debug, Clone)]
struct HolderShares {
    of_holder: Arc<Share<Holder>>,
    of_account: Arc<Share<Option<AccountId>>>,
}

/// Memory that is reserved until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Reservation(Option<Permits>);

#[derive(Debug)]
struct Permits {
    of_holder: OwnedSemaphorePermit,
    of_account: OwnedSemaphorePermit,
    of_total: OwnedSemaphorePermit,
    /// Dropped last, so that a holder or an account never has two shares.
    shares: HolderShares,
}

impl MemoryBudget {
    /// A budget with these limits.
    pub(crate) fn new(limits: BudgetLimits) -> Self {
        let total = usize::try_from(blocks(limits.total)).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS);
        let share = |bytes| blocks(bytes).clamp(1, u32::try_from(total).unwrap_or(u32::MAX));
        let shared = Shared {
            total: Arc::new(Semaphore::new(total)),
            accounts: Shares::new(share(limits.account)),
            holders: Shares::new(share(limits.holder.min(limits.account))),
        };
        Self(Arc::new(shared))
    }

    /// The most bytes that one holder can hold.
    pub(crate) fn max_holder_bytes(&self) -> usize {
        self.0.holders.bytes()
    }

    /// The most bytes that the principals of one account can hold together.
    #[cfg(test)]
    pub(crate) fn max_account_bytes(&self) -> usize {
        self.0.accounts.bytes()
    }

    /// Takes memory for `bytes`, at once or not at all.
    #[cfg(test)]
    pub(crate) fn try_reserve(&self, holder: Holder, bytes: usize) -> Result<Reservation, BudgetExhausted> {
        let mut reserved = Reservation::default();
        reserved.grow(self, holder, bytes)?;
        Ok(reserved)
    }

    /// Takes memory for `bytes`, or for the whole share of a holder where that is less. Requests wait in order, no longer than
    /// `max_wait`.
    ///
    /// # Errors
    /// [`BudgetExhausted`] if no memory was free in time.
    pub(crate) async fn reserve(&self, holder: Holder, bytes: usize, max_wait: Duration) -> Result<Reservation, BudgetExhausted> {
        if bytes <= BLOCK_BYTES {
            return Ok(Reservation::default());
        }
        let blocks = blocks(bytes).min(self.0.holders.blocks);
        let shares = self.shares_of(holder);
        let take = async {
            // The scarcer permits come first: a request that waits for its own share takes nothing from other requests.
            let of_holder = Arc::clone(&shares.of_holder.left).acquire_many_owned(blocks).await.ok()?;
            let of_account = Arc::clone(&shares.of_account.left).acquire_many_owned(blocks).await.ok()?;
            let of_total = Arc::clone(&self.0.total).acquire_many_owned(blocks).await.ok()?;
            Some((of_holder, of_account, of_total))
        };
        let permits = timeout(max_wait, take).await.ok().flatten();
        let (of_holder, of_account, of_total) = permits.ok_or(BudgetExhausted)?;
        Ok(Reservation(Some(Permits { of_holder, of_account, of_total, shares })))
    }

    fn shares_of(&self, holder: Holder) -> HolderShares {
        HolderShares { of_holder: self.0.holders.share_of(holder), of_account: self.0.accounts.share_of(holder.account()) }
    }

    /// The number of free bytes.
    #[cfg(test)]
    pub(crate) fn free_bytes(&self) -> usize {
        self.0.total.available_permits() * BLOCK_BYTES
    }
}

impl<K: Copy + Eq + Hash> Shares<K> {
    fn new(blocks: u32) -> Arc<Self> {
        Arc::new(Self { blocks, in_use: Mutex::default() })
    }

    fn bytes(&self) -> usize {
        usize::try_from(self.blocks).map_or(usize::MAX, |blocks| blocks.saturating_mul(BLOCK_BYTES))
    }

    fn share_of(self: &Arc<Self>, owner: K) -> Arc<Share<K>> {
        let mut in_use = self.in_use();
        if let Some(share) = in_use.get(&owner).and_then(Weak::upgrade) {
            return share;
        }
        let left = Arc::new(Semaphore::new(usize::try_from(self.blocks).unwrap_or(Semaphore::MAX_PERMITS)));
        let share = Arc::new(Share { left, owner, siblings: Arc::clone(self) });
        in_use.insert(owner, Arc::downgrade(&share));
        share
    }

    fn in_use(&self) -> MutexGuard<'_, HashMap<K, Weak<Share<K>>>> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut in_use = self.siblings.in_use();
        // Another share of the same holder may have replaced it meanwhile.
        if in_use.get(&self.owner).is_some_and(|share| share.strong_count() == 0) {
            in_use.remove(&self.owner);
        }
    }
}

impl Reservation {
    /// The number of bytes that this covers.
    pub(crate) fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |permits| permits.of_total.num_permits().saturating_mul(BLOCK_BYTES))
    }

    /// Makes it cover at least `bytes`, at once or not at all.
    ///
    /// # Errors
    /// [`BudgetExhausted`], also where the share of the holder or of its account has too little left. The size is then unchanged.
    pub(crate) fn grow(&mut self, budget: &MemoryBudget, holder: Holder, bytes: usize) -> Result<(), BudgetExhausted> {
        let more = blocks(bytes.saturating_sub(self.bytes()));
        if bytes <= BLOCK_BYTES || more == 0 {
            return Ok(());
        }
        self.add(budget, holder, more).ok_or(BudgetExhausted)
    }

    /// Makes it cover `bytes`, or as much as is left, for an answer that can't be refused any more.
    pub(crate) fn grow_up_to(&mut self, budget: &MemoryBudget, holder: Holder, bytes: usize) {
        while self.grow(budget, holder, bytes).is_err() {
            let HolderShares { of_holder, of_account } = self.shares(budget, holder);
            let left = [&of_holder.left, &of_account.left, &budget.0.total].map(|left| left.available_permits()).into_iter().min();
            let left = left.and_then(|left| u32::try_from(left).ok()).unwrap_or(u32::MAX);
            if left == 0 || self.add(budget, holder, left).is_some() {
                return;
            }
        }
    }

    /// Gives back the part that `bytes` do not need.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        if bytes <= BLOCK_BYTES {
            self.0 = None;
            return;
        }
        let Some(permits) = &mut self.0 else { return };
        let unneeded = permits.of_total.num_permits().saturating_sub(bytes.div_ceil(BLOCK_BYTES));
        for permit in [&mut permits.of_total, &mut permits.of_account, &mut permits.of_holder] {
            drop(permit.split(unneeded));
        }
    }

    fn add(&mut self, budget: &MemoryBudget, holder: Holder, blocks: u32) -> Option<()> {
        let shares = self.shares(budget, holder);
        let of_holder = Arc::clone(&shares.of_holder.left).try_acquire_many_owned(blocks).ok()?;
        let of_account = Arc::clone(&shares.of_account.left).try_acquire_many_owned(blocks).ok()?;
        let of_total = Arc::clone(&budget.0.total).try_acquire_many_owned(blocks).ok()?;
        match &mut self.0 {
            Some(permits) => {
                permits.of_holder.merge(of_holder);
                permits.of_account.merge(of_account);
                permits.of_total.merge(of_total);
            }
            none => *none = Some(Permits { of_holder, of_account, of_total, shares }),
        }
        Some(())
    }

    /// The shares that it takes from. They stay the same as long as it holds any memory.
    fn shares(&self, budget: &MemoryBudget, holder: Holder) -> HolderShares {
        self.0.as_ref().map_or_else(|| budget.shares_of(holder), |permits| permits.shares.clone())
    }
}

fn blocks(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(BLOCK_BYTES)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;

    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn holder(number: i64) -> Holder {
        of_account(1, number)
    }

    fn of_account(account: i64, number: i64) -> Holder {
        Holder::Principal(Id::new(account), Id::new(number))
    }

    /// Memory of that number of blocks, all of which one account may take, with a share for each holder.
    fn budget(all: usize, share: usize) -> MemoryBudget {
        parted(all, all, share)
    }

    fn parted(all: usize, account: usize, share: usize) -> MemoryBudget {
        MemoryBudget::new(BudgetLimits { total: all * BLOCK_BYTES, account: account * BLOCK_BYTES, holder: share * BLOCK_BYTES })
    }

    #[test]
    fn reserved_memory_is_shared_and_given_back() {
        let budget = budget(4, 4);
        let mut one = budget.try_reserve(holder(1), 2 * BLOCK_BYTES).unwrap();
        let other = budget.try_reserve(holder(2), 2 * BLOCK_BYTES).unwrap();
        assert_eq!(one.grow(&budget, holder(1), 2 * BLOCK_BYTES + 1), Err(BudgetExhausted));
        assert_eq!(one.bytes(), 2 * BLOCK_BYTES);
        drop(other);
        one.grow(&budget, holder(1), 4 * BLOCK_BYTES).unwrap();
        one.shrink(2 * BLOCK_BYTES + 1);
        assert_eq!((one.bytes(), budget.free_bytes()), (3 * BLOCK_BYTES, BLOCK_BYTES));
        drop(one);
        assert_eq!(budget.free_bytes(), 4 * BLOCK_BYTES);
    }

    #[test]
    fn a_holder_gets_at_most_its_share() {
        let budget = budget(8, 2);
        let first = budget.try_reserve(holder(1), 2 * BLOCK_BYTES).unwrap();
        assert_eq!(budget.try_reserve(holder(1), 2 * BLOCK_BYTES).err(), Some(BudgetExhausted));
        let others: Vec<_> = (2..=4).map(|number| budget.try_reserve(holder(number), 2 * BLOCK_BYTES).unwrap()).collect();
        assert_eq!(budget.try_reserve(holder(5), 2 * BLOCK_BYTES).err(), Some(BudgetExhausted));
        drop((first, others));
        assert_eq!(budget.free_bytes(), 8 * BLOCK_BYTES);
        assert!(budget.0.holders.in_use().is_empty() && budget.0.accounts.in_use().is_empty());
    }

    #[test]
    fn an_account_leaves_memory_for_others_however_many_principals_it_has() {
        let budget = parted(8, 4, 2);
        let greedy: Vec<_> = (1..=2).map(|number| budget.try_reserve(of_account(1, number), 2 * BLOCK_BYTES).unwrap()).collect();
        assert_eq!(budget.try_reserve(of_account(1, 3), 2 * BLOCK_BYTES).err(), Some(BudgetExhausted));
        // The principals of another account have numbers of their own.
        let others: Vec<_> =
            (1..=2).map(|number| budget.try_reserve(of_account(2, number), 2 * BLOCK_BYTES).map(|reserved| reserved.bytes())).collect();
        assert_eq!(others, [Ok(2 * BLOCK_BYTES); 2]);
        drop(greedy);
        assert!(budget.try_reserve(of_account(1, 3), 2 * BLOCK_BYTES).is_ok());
    }

    #[test]
    fn memory_that_one_principal_gives_back_is_free_for_others_of_its_account() {
        let budget = parted(8, 4, 4);
        let mut first = budget.try_reserve(holder(1), 4 * BLOCK_BYTES).unwrap();
        let mut second = Reservation::default();
        second.grow_up_to(&budget, holder(2), 4 * BLOCK_BYTES);
        assert_eq!(second.bytes(), 0);
        first.shrink(3 * BLOCK_BYTES);
        second.grow_up_to(&budget, holder(2), 4 * BLOCK_BYTES);
        assert_eq!((second.bytes(), budget.free_bytes()), (BLOCK_BYTES, 4 * BLOCK_BYTES));
        drop((first, second));
        assert!(budget.0.holders.in_use().is_empty() && budget.0.accounts.in_use().is_empty());
    }

    #[tokio::test]
    async fn a_request_that_waits_for_its_account_takes_nothing_from_other_accounts() {
        let budget = parted(4, 2, 2);
        let reserved = budget.reserve(of_account(1, 1), 2 * BLOCK_BYTES, NOW).await.unwrap();
        let waiting = tokio::spawn({
            let budget = budget.clone();
            async move { budget.reserve(of_account(1, 2), 2 * BLOCK_BYTES, Duration::from_secs(60)).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(budget.reserve(of_account(2, 1), 2 * BLOCK_BYTES, NOW).await.unwrap().bytes(), 2 * BLOCK_BYTES);
        drop(reserved);
        assert_eq!(waiting.await.unwrap().map(|reserved| reserved.bytes()), Ok(2 * BLOCK_BYTES));
    }

    #[test]
    fn one_block_is_always_granted() {
        let budget = budget(2, 2);
        let all = budget.try_reserve(Holder::Anonymous, 2 * BLOCK_BYTES).unwrap();
        assert_eq!(budget.try_reserve(Holder::Anonymous, BLOCK_BYTES).unwrap().bytes(), 0);
        assert_eq!(budget.try_reserve(Holder::Anonymous, BLOCK_BYTES + 1).err(), Some(BudgetExhausted));
        drop(all);
    }

    #[test]
    fn an_answer_that_can_not_be_refused_takes_what_is_left() {
        let budget = budget(8, 4);
        let mut first = budget.try_reserve(holder(1), 2 * BLOCK_BYTES).unwrap();
        first.grow_up_to(&budget, holder(1), 100 * BLOCK_BYTES);
        assert_eq!((first.bytes(), budget.free_bytes()), (4 * BLOCK_BYTES, 4 * BLOCK_BYTES));
        let mut none = Reservation::default();
        none.grow_up_to(&budget, holder(1), 100 * BLOCK_BYTES);
        assert_eq!(none.bytes(), 0);
    }

    #[tokio::test]
    async fn a_reservation_beyond_a_share_gets_the_share_as_soon_as_it_is_free() {
        let budget = budget(8, 2);
        let reserved = budget.reserve(holder(1), 100 * BLOCK_BYTES, NOW).await.unwrap();
        assert_eq!(reserved.bytes(), 2 * BLOCK_BYTES);
        assert_eq!(budget.reserve(holder(1), 2 * BLOCK_BYTES, NOW).await.err(), Some(BudgetExhausted));
        assert_eq!(budget.reserve(holder(2), 2 * BLOCK_BYTES, NOW).await.unwrap().bytes(), 2 * BLOCK_BYTES);
        assert_eq!(budget.reserve(holder(1), BLOCK_BYTES, NOW).await.unwrap().bytes(), 0);
        let waiting = tokio::spawn({
            let budget = budget.clone();
            async move { budget.reserve(holder(1), 2 * BLOCK_BYTES, Duration::from_secs(60)).await.map(|reserved| reserved.bytes()) }
        });
        tokio::task::yield_now().await;
        drop(reserved);
        assert_eq!(waiting.await.unwrap(), Ok(2 * BLOCK_BYTES));
        assert_eq!(budget.free_bytes(), 8 * BLOCK_BYTES);
    }
}
