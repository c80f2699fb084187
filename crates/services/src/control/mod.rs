//! The use cases of test control: accounts of tests, their resets, seeds and snapshots. They write without an actor, and only the wiring
//! of profile `dev` builds them.
//!
//! A reset does not remove rows one by one. It makes the account anew under a fresh id, with the same keys, in one transaction.
//! The account before it ends in that transaction, and its rows are removed later.
//!
//! Calls for one account take turns in this process. That gives them an order, and the store decides: each call finds the account that
//! is behind the public id within its own transaction, and locks it there, since another process may replace it as well.

mod accounts;
mod adoption;
mod kept;
mod memory;
mod plan;
mod seed;
mod seeds;
mod snapshots;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use derslik_domain::clock::VirtualClock;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{Account, AccountSettings, Scopes};
use derslik_domain::rows::BatchSize;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::{AccountIds, AccountMemory, ControlError, PublicAccountId};
use derslik_ports::outbound::{Clock, ClockSync, Conflict, Ids, Reason, SnapshotFiles, StoreError, Stores, UnitOfWork};
use tokio::sync::{OwnedMutexGuard, OwnedRwLockReadGuard, RwLock};
use tracing::Instrument;

use self::memory::Memory;
use crate::keyed_locks::KeyedLocks;

/// How long the removal of ended accounts pauses when there is nothing to do.
const PAUSE: Duration = Duration::from_millis(500);

/// The most bytes of the documents that resets bring back, all together.
const MAX_SEEDS: usize = 256 << 20;

/// What [`TestControl`] needs beside a unit of work.
#[derive(Debug, Clone)]
pub struct ControlPorts {
    /// The time of the accounts.
    pub clock: Arc<dyn Clock>,
    /// What keeps the clocks of this process in step with those that are stored.
    pub clock_sync: Arc<dyn ClockSync>,
    /// The time of the machine, by which accounts of tests live.
    pub real_clock: Arc<dyn Clock>,
    /// New ids and secrets.
    pub ids: Arc<dyn Ids>,
    /// Which account stands behind which public id.
    pub account_ids: Arc<AccountIds>,
    /// What else is in memory about accounts.
    pub memories: Vec<Arc<dyn AccountMemory>>,
    /// The files of snapshots.
    pub files: Arc<dyn SnapshotFiles>,
    /// The settings of new accounts.
    pub settings: AccountSettings,
    /// The scopes of the access tokens of their people.
    pub token_scopes: Scopes,
}

/// The use cases of test control over a unit of work. Clones share what they keep.
#[derive(Clone)]
pub struct TestControl<U> {
    uow: U,
    ports: ControlPorts,
    memory: Arc<Mutex<Memory>>,
    turns: Arc<Turns>,
}

/// The order of calls in this process.
#[derive(Default)]
struct Turns {
    of_account: KeyedLocks<PublicAccountId>,
    /// Who changes all accounts waits for all calls for one of them.
    of_all: Arc<RwLock<()>>,
}

/// The turn of a call for one account, until it is dropped.
type Turn = (OwnedRwLockReadGuard<()>, OwnedMutexGuard<()>);

impl<U> std::fmt::Debug for TestControl<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestControl").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> TestControl<U> {
    /// The use cases over these ports.
    pub fn new(uow: U, ports: ControlPorts) -> Self {
        Self { uow, ports, memory: Arc::default(), turns: Arc::default() }
    }

    /// Ends the accounts whose time is over, and removes the rows of ended ones, until the task is dropped.
    pub async fn tidy(&self) {
        loop {
            match self.tidy_once().await {
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(PAUSE).await,
                Err(error) => {
                    tracing::warn!(%error, "ended accounts of tests were not removed");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// One step of that. Returns whether there is more to do.
    async fn tidy_once(&self) -> Result<bool, StoreError> {
        self.end_overdue().await?;
        self.prune().await
    }

    /// Refuses a first content for which there is no room in memory beside those of other accounts: resets bring it back.
    fn require_room(&self, account: Option<PublicAccountId>, seed: &str) -> Result<(), ControlError> {
        let others = self.memory().other_seed_bytes(account);
        if others.saturating_add(seed.len()) > MAX_SEEDS {
            let problem = format!("the first contents of all accounts have at most {MAX_SEEDS} bytes, and the others have {others}");
            return Err(ControlError::Conflict(problem));
        }
        Ok(())
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which account is probably behind a public id: this process may not know of the last reset.
    fn guess(&self, public: PublicAccountId) -> AccountId {
        self.ports.account_ids.current(public)
    }

    /// Waits until no other call for that account runs, nor one for all.
    async fn turn(&self, account: PublicAccountId) -> Turn {
        let of_all = Arc::clone(&self.turns.of_all).read_owned().await;
        (of_all, self.turns.of_account.lock(account).await)
    }

    /// Notes what a transaction has put behind public ids, and whether it has set clocks.
    async fn note(&self, replaced: Replaced) -> Result<(), StoreError> {
        for (public, account) in replaced.accounts {
            self.ports.account_ids.replace(public, account);
        }
        if replaced.has_set_clocks { self.ports.clock_sync.settle().await } else { Ok(()) }
    }
}

/// What a transaction has put behind public ids.
#[derive(Debug, Default)]
struct Replaced {
    accounts: Vec<(PublicAccountId, AccountId)>,
    /// Whether a clock shows another time since.
    has_set_clocks: bool,
}

/// How often a change is tried while other transactions take the ids that were free a moment ago, or lock what it needs.
const TRIES: usize = 20;

/// The pause before the next try.
const PAUSE_OF_TRIES: Duration = Duration::from_millis(2);

/// Runs a change to its end, also if its caller goes away: what it has committed is noted in memory afterwards.
async fn to_its_end<T: Send + 'static>(change: impl Future<Output = Result<T, ControlError>> + Send + 'static) -> Result<T, ControlError> {
    match tokio::spawn(change.in_current_span()).await {
        Ok(done) => done,
        Err(error) => Err(StoreError::Other(Box::new(error)).into()),
    }
}

/// Whether another transaction stood in the way, so that the same change may succeed now.
fn is_passing(error: &ControlError) -> bool {
    let ControlError::Store(error) = error else { return false };
    matches!(error, StoreError::Conflict(Conflict::Account)) || error.unavailable() == Some(Reason::Conflict)
}

/// The size of one step of the removal of rows: short, since the database of a test has other work.
const STEP: BatchSize = BatchSize::DEFAULT;

/// An id that no account has, and that no account of a test ever had.
fn fresh_id(stores: &mut dyn Stores) -> Result<AccountId, StoreError> {
    let free = stores.identity().next_account_id()?;
    let highest = stores.test_accounts().highest()?;
    Ok(AccountId::new(free.get().max(highest.saturating_add(1))))
}

/// An account that is in use.
struct Found {
    account: Account,
    /// When it ends, in real time; `None` for never.
    lives_until: Option<Timestamp>,
}

/// The account behind a public id, unless it has ended. In a transaction that sees one state, it is that of the state.
fn find(stores: &mut dyn Stores, public: PublicAccountId, guess: AccountId) -> Result<Account, ControlError> {
    Ok(look(stores, public, guess, false)?.account)
}

/// The same, locked until the transaction ends: no other one replaces or ends the account meanwhile.
fn lock(stores: &mut dyn Stores, public: PublicAccountId, guess: AccountId) -> Result<Found, ControlError> {
    look(stores, public, guess, true)
}

fn look(stores: &mut dyn Stores, public: PublicAccountId, guess: AccountId, is_locked: bool) -> Result<Found, ControlError> {
    let missing = || ControlError::not_found("account", &public);
    let known = stores.test_accounts().current(public.get(), guess, is_locked)?.ok_or_else(missing)?;
    let in_use = stores.identity().account_state(known.account)?.filter(|state| !state.is_disabled());
    Ok(Found { account: in_use.ok_or_else(missing)?.account, lives_until: known.lives_until })
}

/// The id under which the clock of an account is stored, which it keeps.
const fn clock_id(public: PublicAccountId) -> AccountId {
    AccountId::new(public.get())
}

/// Sets the clock of an account, whatever it was. Returns whether that changes it. It is the last step of a transaction, since other
/// changes of clocks wait for the end of it.
fn set_clock(stores: &mut dyn Stores, public: PublicAccountId, clock: Option<VirtualClock>) -> Result<bool, StoreError> {
    // A refused change holds the lock of all changes, so nothing comes between the second look and the second change.
    for _ in 0..2 {
        let before = stores.clocks().find(clock_id(public))?;
        if before == clock {
            return Ok(false);
        }
        if stores.clocks().replace(clock_id(public), before, clock)? {
            return Ok(true);
        }
    }
    Err(StoreError::from(Reason::Conflict))
}
