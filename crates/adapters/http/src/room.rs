//! Memory that the requests of all connections share, counted in bytes. A request gives its memory back when it is dropped. A
//! holder gets no more than its share, and the holders of an account together no more than the account's. Other accounts
//! therefore find memory however much one account asks for.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::identity::Actor;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The unit in which memory is taken, in bytes. A holding that fits into one piece takes none. Each connection has buffers of
/// that size anyway, and the number of connections has its own limit.
pub(crate) const PIECE: usize = 16 * 1024;

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

    const fn account(self) -> Option<AccountId> {
        match self {
            Self::Anonymous => None,
            Self::Principal(account, _) => Some(account),
        }
    }
}

/// The most bytes of the memory that are held at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most {
    /// By all holders together.
    pub(crate) all: usize,
    /// By the principals of one account together, since an account creates as many of them as it likes. Requests without a
    /// known credential count as one account.
    pub(crate) account: usize,
    /// By one holder.
    pub(crate) holder: usize,
}

/// No memory is free at the moment. The request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service holds as much as it can; try again")]
pub(crate) struct NoRoom;

/// The shared memory. Clones share the same memory.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    all: Arc<Semaphore>,
    accounts: Arc<Shares<Option<AccountId>>>,
    holders: Arc<Shares<Holder>>,
}

/// Equal shares of the memory, one for each holder or account.
#[derive(Debug)]
struct Shares<K: Copy + Eq + Hash> {
    /// The number of pieces of each share.
    pieces: u32,
    /// The shares that are in use.
    in_use: Mutex<HashMap<K, Weak<Share<K>>>>,
}

/// The permits that are left of one share.
#[derive(Debug)]
struct Share<K: Copy + Eq + Hash> {
    left: Arc<Semaphore>,
    whose: K,
    among: Arc<Shares<K>>,
}

/// The shares that one holder takes from.
#[derive(Debug, Clone)]
struct Sharing {
    of_holder: Arc<Share<Holder>>,
    of_account: Arc<Share<Option<AccountId>>>,
}

/// Memory that is held until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Held(Option<Taken>);

#[derive(Debug)]
struct Taken {
    of_holder: OwnedSemaphorePermit,
    of_account: OwnedSemaphorePermit,
    of_all: OwnedSemaphorePermit,
    /// Dropped last, so that a holder or an account never has two shares.
    sharing: Sharing,
}

impl Room {
    /// Memory with these limits.
    pub(crate) fn of(most: Most) -> Self {
        let all = usize::try_from(pieces(most.all)).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS);
        let share = |bytes| pieces(bytes).clamp(1, u32::try_from(all).unwrap_or(u32::MAX));
        let shared = Shared {
            all: Arc::new(Semaphore::new(all)),
            accounts: Shares::of(share(most.account)),
            holders: Shares::of(share(most.holder.min(most.account))),
        };
        Self(Arc::new(shared))
    }

    /// The most bytes that one holder can hold.
    pub(crate) fn share_bytes(&self) -> usize {
        self.0.holders.bytes()
    }

    /// The most bytes that the principals of one account can hold together.
    #[cfg(test)]
    pub(crate) fn account_bytes(&self) -> usize {
        self.0.accounts.bytes()
    }

    /// Takes memory for `bytes`, at once or not at all.
    #[cfg(test)]
    pub(crate) fn take(&self, holder: Holder, bytes: usize) -> Result<Held, NoRoom> {
        let mut held = Held::default();
        held.grow(self, holder, bytes)?;
        Ok(held)
    }

    /// Takes memory for `bytes`, or for the whole share of a holder where that is less. Requests wait in order, no longer than
    /// `patience`.
    ///
    /// # Errors
    /// [`NoRoom`] if no memory was free in time.
    pub(crate) async fn wait_for(&self, holder: Holder, bytes: usize, patience: Duration) -> Result<Held, NoRoom> {
        if bytes <= PIECE {
            return Ok(Held::default());
        }
        let pieces = pieces(bytes).min(self.0.holders.pieces);
        let sharing = self.sharing(holder);
        let take = async {
            // The scarcer permits come first: a request that waits for its own share takes nothing from other requests.
            let of_holder = Arc::clone(&sharing.of_holder.left).acquire_many_owned(pieces).await.ok()?;
            let of_account = Arc::clone(&sharing.of_account.left).acquire_many_owned(pieces).await.ok()?;
            let of_all = Arc::clone(&self.0.all).acquire_many_owned(pieces).await.ok()?;
            Some((of_holder, of_account, of_all))
        };
        let taken = timeout(patience, take).await.ok().flatten();
        let (of_holder, of_account, of_all) = taken.ok_or(NoRoom)?;
        Ok(Held(Some(Taken { of_holder, of_account, of_all, sharing })))
    }

    fn sharing(&self, holder: Holder) -> Sharing {
        Sharing { of_holder: self.0.holders.share_of(holder), of_account: self.0.accounts.share_of(holder.account()) }
    }

    /// The number of free bytes.
    #[cfg(test)]
    pub(crate) fn free_bytes(&self) -> usize {
        self.0.all.available_permits() * PIECE
    }
}

impl<K: Copy + Eq + Hash> Shares<K> {
    fn of(pieces: u32) -> Arc<Self> {
        Arc::new(Self { pieces, in_use: Mutex::default() })
    }

    fn bytes(&self) -> usize {
        usize::try_from(self.pieces).map_or(usize::MAX, |pieces| pieces.saturating_mul(PIECE))
    }

    fn share_of(self: &Arc<Self>, whose: K) -> Arc<Share<K>> {
        let mut in_use = self.in_use();
        if let Some(share) = in_use.get(&whose).and_then(Weak::upgrade) {
            return share;
        }
        let left = Arc::new(Semaphore::new(usize::try_from(self.pieces).unwrap_or(Semaphore::MAX_PERMITS)));
        let share = Arc::new(Share { left, whose, among: Arc::clone(self) });
        in_use.insert(whose, Arc::downgrade(&share));
        share
    }

    fn in_use(&self) -> MutexGuard<'_, HashMap<K, Weak<Share<K>>>> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut in_use = self.among.in_use();
        // Another share of the same holder may have replaced it meanwhile.
        if in_use.get(&self.whose).is_some_and(|share| share.strong_count() == 0) {
            in_use.remove(&self.whose);
        }
    }
}

impl Held {
    /// The number of bytes that this covers.
    pub(crate) fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |taken| taken.of_all.num_permits().saturating_mul(PIECE))
    }

    /// Makes it cover at least `bytes`, at once or not at all.
    ///
    /// # Errors
    /// [`NoRoom`], also where the share of the holder or of its account has too little left. The size is then unchanged.
    pub(crate) fn grow(&mut self, room: &Room, holder: Holder, bytes: usize) -> Result<(), NoRoom> {
        let more = pieces(bytes.saturating_sub(self.bytes()));
        if bytes <= PIECE || more == 0 {
            return Ok(());
        }
        self.add(room, holder, more).ok_or(NoRoom)
    }

    /// Makes it cover `bytes`, or as much as is left, for an answer that can't be refused any more.
    pub(crate) fn grow_as_far_as_possible(&mut self, room: &Room, holder: Holder, bytes: usize) {
        while self.grow(room, holder, bytes).is_err() {
            let Sharing { of_holder, of_account } = self.sharing(room, holder);
            let left = [&of_holder.left, &of_account.left, &room.0.all].map(|left| left.available_permits()).into_iter().min();
            let left = left.and_then(|left| u32::try_from(left).ok()).unwrap_or(u32::MAX);
            if left == 0 || self.add(room, holder, left).is_some() {
                return;
            }
        }
    }

    /// Gives back the part that `bytes` do not need.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        if bytes <= PIECE {
            self.0 = None;
            return;
        }
        let Some(taken) = &mut self.0 else { return };
        let unneeded = taken.of_all.num_permits().saturating_sub(bytes.div_ceil(PIECE));
        for permit in [&mut taken.of_all, &mut taken.of_account, &mut taken.of_holder] {
            drop(permit.split(unneeded));
        }
    }

    fn add(&mut self, room: &Room, holder: Holder, pieces: u32) -> Option<()> {
        let sharing = self.sharing(room, holder);
        let of_holder = Arc::clone(&sharing.of_holder.left).try_acquire_many_owned(pieces).ok()?;
        let of_account = Arc::clone(&sharing.of_account.left).try_acquire_many_owned(pieces).ok()?;
        let of_all = Arc::clone(&room.0.all).try_acquire_many_owned(pieces).ok()?;
        match &mut self.0 {
            Some(taken) => {
                taken.of_holder.merge(of_holder);
                taken.of_account.merge(of_account);
                taken.of_all.merge(of_all);
            }
            none => *none = Some(Taken { of_holder, of_account, of_all, sharing }),
        }
        Some(())
    }

    /// The shares that it takes from. They stay the same as long as it holds any memory.
    fn sharing(&self, room: &Room, holder: Holder) -> Sharing {
        self.0.as_ref().map_or_else(|| room.sharing(holder), |taken| taken.sharing.clone())
    }
}

fn pieces(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(u32::MAX)
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

    /// Memory of so many pieces, all of which one account may take, with a share for each holder.
    fn room(all: usize, share: usize) -> Room {
        parted(all, all, share)
    }

    fn parted(all: usize, account: usize, share: usize) -> Room {
        Room::of(Most { all: all * PIECE, account: account * PIECE, holder: share * PIECE })
    }

    #[test]
    fn what_is_held_is_shared_and_comes_back() {
        let room = room(4, 4);
        let mut one = room.take(holder(1), 2 * PIECE).unwrap();
        let other = room.take(holder(2), 2 * PIECE).unwrap();
        assert_eq!(one.grow(&room, holder(1), 2 * PIECE + 1), Err(NoRoom));
        assert_eq!(one.bytes(), 2 * PIECE);
        drop(other);
        one.grow(&room, holder(1), 4 * PIECE).unwrap();
        one.shrink(2 * PIECE + 1);
        assert_eq!((one.bytes(), room.free_bytes()), (3 * PIECE, PIECE));
        drop(one);
        assert_eq!(room.free_bytes(), 4 * PIECE);
    }

    #[test]
    fn nobody_takes_more_than_a_share() {
        let room = room(8, 2);
        let first = room.take(holder(1), 2 * PIECE).unwrap();
        assert_eq!(room.take(holder(1), 2 * PIECE).err(), Some(NoRoom));
        let others: Vec<_> = (2..=4).map(|number| room.take(holder(number), 2 * PIECE).unwrap()).collect();
        assert_eq!(room.take(holder(5), 2 * PIECE).err(), Some(NoRoom));
        drop((first, others));
        assert_eq!(room.free_bytes(), 8 * PIECE);
        assert!(room.0.holders.in_use().is_empty() && room.0.accounts.in_use().is_empty());
    }

    #[test]
    fn an_account_leaves_room_for_others_however_many_principals_it_has() {
        let room = parted(8, 4, 2);
        let greedy: Vec<_> = (1..=2).map(|number| room.take(of_account(1, number), 2 * PIECE).unwrap()).collect();
        assert_eq!(room.take(of_account(1, 3), 2 * PIECE).err(), Some(NoRoom));
        // The principals of another account have numbers of their own.
        let others: Vec<_> = (1..=2).map(|number| room.take(of_account(2, number), 2 * PIECE).map(|held| held.bytes())).collect();
        assert_eq!(others, [Ok(2 * PIECE); 2]);
        drop(greedy);
        assert!(room.take(of_account(1, 3), 2 * PIECE).is_ok());
    }

    #[test]
    fn what_an_account_gives_back_its_other_principals_can_take() {
        let room = parted(8, 4, 4);
        let mut first = room.take(holder(1), 4 * PIECE).unwrap();
        let mut second = Held::default();
        second.grow_as_far_as_possible(&room, holder(2), 4 * PIECE);
        assert_eq!(second.bytes(), 0);
        first.shrink(3 * PIECE);
        second.grow_as_far_as_possible(&room, holder(2), 4 * PIECE);
        assert_eq!((second.bytes(), room.free_bytes()), (PIECE, 4 * PIECE));
        drop((first, second));
        assert!(room.0.holders.in_use().is_empty() && room.0.accounts.in_use().is_empty());
    }

    #[tokio::test]
    async fn a_request_that_waits_for_its_account_takes_nothing_from_other_accounts() {
        let room = parted(4, 2, 2);
        let held = room.wait_for(of_account(1, 1), 2 * PIECE, NOW).await.unwrap();
        let waiting = tokio::spawn({
            let room = room.clone();
            async move { room.wait_for(of_account(1, 2), 2 * PIECE, Duration::from_secs(60)).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(room.wait_for(of_account(2, 1), 2 * PIECE, NOW).await.unwrap().bytes(), 2 * PIECE);
        drop(held);
        assert_eq!(waiting.await.unwrap().map(|held| held.bytes()), Ok(2 * PIECE));
    }

    #[test]
    fn what_is_small_always_has_room() {
        let room = room(2, 2);
        let all = room.take(Holder::Anonymous, 2 * PIECE).unwrap();
        assert_eq!(room.take(Holder::Anonymous, PIECE).unwrap().bytes(), 0);
        assert_eq!(room.take(Holder::Anonymous, PIECE + 1).err(), Some(NoRoom));
        drop(all);
    }

    #[test]
    fn what_can_not_be_refused_takes_what_is_left() {
        let room = room(8, 4);
        let mut first = room.take(holder(1), 2 * PIECE).unwrap();
        first.grow_as_far_as_possible(&room, holder(1), 100 * PIECE);
        assert_eq!((first.bytes(), room.free_bytes()), (4 * PIECE, 4 * PIECE));
        let mut none = Held::default();
        none.grow_as_far_as_possible(&room, holder(1), 100 * PIECE);
        assert_eq!(none.bytes(), 0);
    }

    #[tokio::test]
    async fn who_asks_for_more_than_a_share_gets_one_as_soon_as_it_is_free() {
        let room = room(8, 2);
        let held = room.wait_for(holder(1), 100 * PIECE, NOW).await.unwrap();
        assert_eq!(held.bytes(), 2 * PIECE);
        assert_eq!(room.wait_for(holder(1), 2 * PIECE, NOW).await.err(), Some(NoRoom));
        assert_eq!(room.wait_for(holder(2), 2 * PIECE, NOW).await.unwrap().bytes(), 2 * PIECE);
        assert_eq!(room.wait_for(holder(1), PIECE, NOW).await.unwrap().bytes(), 0);
        let waiting = tokio::spawn({
            let room = room.clone();
            async move { room.wait_for(holder(1), 2 * PIECE, Duration::from_secs(60)).await.map(|held| held.bytes()) }
        });
        tokio::task::yield_now().await;
        drop(held);
        assert_eq!(waiting.await.unwrap(), Ok(2 * PIECE));
        assert_eq!(room.free_bytes(), 8 * PIECE);
    }
}
