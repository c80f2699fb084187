//! Memory that the requests of all connections share, counted in bytes: what a request holds of it comes back when it is
//! dropped. No holder gets more than its share, so that one alone leaves room for the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::identity::Actor;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// In what pieces room is taken, in bytes. What fits into one piece takes none: each connection has buffers of that size
/// anyway, and the number of connections has its own bound.
pub(crate) const PIECE: usize = 16 * 1024;

/// For whom room is taken. All credentials of a principal count as one, since it can get any number of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    /// Requests without a credential, or before it is known.
    Anonymous,
    /// A principal of an account.
    Principal(AccountId, PrincipalId),
}

impl Holder {
    /// The principal that acts.
    pub(crate) fn of(actor: &Actor) -> Self {
        Self::Principal(actor.account_id(), actor.principal.id)
    }
}

/// There is no room at the moment: the request may come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service holds as much as it can; try again")]
pub(crate) struct NoRoom;

/// The shared room. Clones are the same room.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    all: Arc<Semaphore>,
    pieces: u32,
    /// The most pieces of one holder.
    share: u32,
    /// The shares that are in use.
    shares: Mutex<HashMap<Holder, Weak<Share>>>,
}

/// What one holder has left of its share.
#[derive(Debug)]
struct Share {
    left: Arc<Semaphore>,
    holder: Holder,
    room: Arc<Shared>,
}

/// The part of a room that something takes until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Held(Option<Taken>);

#[derive(Debug)]
struct Taken {
    of_share: OwnedSemaphorePermit,
    of_all: OwnedSemaphorePermit,
    /// Goes last, so that a holder never has two shares.
    share: Arc<Share>,
}

impl Room {
    /// Room for `bytes`, of which one holder takes `share` at the most.
    pub(crate) fn of_bytes(bytes: usize, share: usize) -> Self {
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let pieces = pieces(bytes).clamp(1, most);
        let shared = Shared {
            all: Arc::new(Semaphore::new(usize::try_from(pieces).unwrap_or(Semaphore::MAX_PERMITS))),
            pieces,
            share: pieces_of_share(share, pieces),
            shares: Mutex::default(),
        };
        Self(Arc::new(shared))
    }

    /// The most bytes that one holder can hold.
    pub(crate) fn share_bytes(&self) -> usize {
        usize::try_from(self.0.share).map_or(usize::MAX, |pieces| pieces.saturating_mul(PIECE))
    }

    /// Room for `bytes`, at once or not at all.
    #[cfg(test)]
    pub(crate) fn take(&self, holder: Holder, bytes: usize) -> Result<Held, NoRoom> {
        let mut held = Held::default();
        held.grow(self, holder, bytes)?;
        Ok(held)
    }

    /// Room for `bytes`, or for as much as a holder gets where that is less: waits for it in the order of the requests, no
    /// longer than `patience`.
    ///
    /// # Errors
    /// [`NoRoom`] if there was none in time.
    pub(crate) async fn wait_for(&self, holder: Holder, bytes: usize, patience: Duration) -> Result<Held, NoRoom> {
        if bytes <= PIECE {
            return Ok(Held::default());
        }
        let pieces = pieces(bytes).min(self.0.share);
        let share = self.share_of(holder);
        let take = async {
            // The share comes first: whoever waits for that takes nothing from the others.
            let of_share = Arc::clone(&share.left).acquire_many_owned(pieces).await.ok()?;
            let of_all = Arc::clone(&self.0.all).acquire_many_owned(pieces).await.ok()?;
            Some((of_share, of_all))
        };
        let taken = timeout(patience, take).await.ok().flatten();
        let (of_share, of_all) = taken.ok_or(NoRoom)?;
        Ok(Held(Some(Taken { of_share, of_all, share })))
    }

    fn share_of(&self, holder: Holder) -> Arc<Share> {
        let mut shares = self.0.shares();
        if let Some(share) = shares.get(&holder).and_then(Weak::upgrade) {
            return share;
        }
        let left = Arc::new(Semaphore::new(usize::try_from(self.0.share).unwrap_or(Semaphore::MAX_PERMITS)));
        let share = Arc::new(Share { left, holder, room: Arc::clone(&self.0) });
        shares.insert(holder, Arc::downgrade(&share));
        share
    }

    /// How many bytes nobody holds.
    #[cfg(test)]
    pub(crate) fn free_bytes(&self) -> usize {
        self.0.all.available_permits() * PIECE
    }
}

impl Shared {
    fn shares(&self) -> MutexGuard<'_, HashMap<Holder, Weak<Share>>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut shares = self.room.shares();
        // Another one may have taken its place meanwhile.
        if shares.get(&self.holder).is_some_and(|share| share.strong_count() == 0) {
            shares.remove(&self.holder);
        }
    }
}

impl Held {
    /// How many bytes it is good for.
    pub(crate) fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |taken| taken.of_all.num_permits().saturating_mul(PIECE))
    }

    /// Makes it good for `bytes` at least, at once or not at all.
    ///
    /// # Errors
    /// [`NoRoom`], also where the holder has too little left of its share; it is as large as before then.
    pub(crate) fn grow(&mut self, room: &Room, holder: Holder, bytes: usize) -> Result<(), NoRoom> {
        let more = pieces(bytes.saturating_sub(self.bytes()));
        if bytes <= PIECE || more == 0 {
            return Ok(());
        }
        self.add(room, holder, more).ok_or(NoRoom)
    }

    /// Makes it good for `bytes`, or for as much as is left: for what can't be refused any more.
    pub(crate) fn grow_as_far_as_possible(&mut self, room: &Room, holder: Holder, bytes: usize) {
        while self.grow(room, holder, bytes).is_err() {
            let left = self
                .0
                .as_ref()
                .map_or_else(|| room.share_of(holder).left.available_permits(), |taken| taken.share.left.available_permits());
            let left = u32::try_from(left.min(room.0.all.available_permits())).unwrap_or(room.0.pieces);
            if left == 0 || self.add(room, holder, left).is_some() {
                return;
            }
        }
    }

    /// Gives back what `bytes` do not need.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        if bytes <= PIECE {
            self.0 = None;
            return;
        }
        let Some(taken) = &mut self.0 else { return };
        let unneeded = taken.of_all.num_permits().saturating_sub(bytes.div_ceil(PIECE));
        drop(taken.of_all.split(unneeded));
        drop(taken.of_share.split(unneeded));
    }

    fn add(&mut self, room: &Room, holder: Holder, pieces: u32) -> Option<()> {
        let share = self.0.as_ref().map_or_else(|| room.share_of(holder), |taken| Arc::clone(&taken.share));
        let of_share = Arc::clone(&share.left).try_acquire_many_owned(pieces).ok()?;
        let of_all = Arc::clone(&room.0.all).try_acquire_many_owned(pieces).ok()?;
        match &mut self.0 {
            Some(taken) => {
                taken.of_share.merge(of_share);
                taken.of_all.merge(of_all);
            }
            none => *none = Some(Taken { of_share, of_all, share }),
        }
        Some(())
    }
}

fn pieces(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(u32::MAX)
}

fn pieces_of_share(bytes: usize, all: u32) -> u32 {
    pieces(bytes).clamp(1, all)
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;

    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn holder(number: i64) -> Holder {
        Holder::Principal(Id::new(1), Id::new(number))
    }

    #[test]
    fn what_is_held_is_shared_and_comes_back() {
        let room = Room::of_bytes(4 * PIECE, 4 * PIECE);
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
        let room = Room::of_bytes(8 * PIECE, 2 * PIECE);
        let first = room.take(holder(1), 2 * PIECE).unwrap();
        assert_eq!(room.take(holder(1), 2 * PIECE).err(), Some(NoRoom));
        let others: Vec<_> = (2..=4).map(|number| room.take(holder(number), 2 * PIECE).unwrap()).collect();
        assert_eq!(room.take(holder(5), 2 * PIECE).err(), Some(NoRoom));
        drop((first, others));
        assert_eq!(room.free_bytes(), 8 * PIECE);
        assert!(room.0.shares().is_empty());
    }

    #[test]
    fn what_is_small_always_has_room() {
        let room = Room::of_bytes(2 * PIECE, 2 * PIECE);
        let all = room.take(Holder::Anonymous, 2 * PIECE).unwrap();
        assert_eq!(room.take(Holder::Anonymous, PIECE).unwrap().bytes(), 0);
        assert_eq!(room.take(Holder::Anonymous, PIECE + 1).err(), Some(NoRoom));
        drop(all);
    }

    #[test]
    fn what_can_not_be_refused_takes_what_is_left() {
        let room = Room::of_bytes(8 * PIECE, 4 * PIECE);
        let mut first = room.take(holder(1), 2 * PIECE).unwrap();
        first.grow_as_far_as_possible(&room, holder(1), 100 * PIECE);
        assert_eq!((first.bytes(), room.free_bytes()), (4 * PIECE, 4 * PIECE));
        let mut none = Held::default();
        none.grow_as_far_as_possible(&room, holder(1), 100 * PIECE);
        assert_eq!(none.bytes(), 0);
    }

    #[tokio::test]
    async fn who_asks_for_more_than_a_share_gets_one_as_soon_as_it_is_free() {
        let room = Room::of_bytes(8 * PIECE, 2 * PIECE);
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
