//! The time of each account in this process. The clocks are stored, so that the processes on one database agree: each request reads
//! what changed since the last one, and requests that wait at the same time share a read. While no clock is moved, a process reads only now
//! and then, so that this costs nothing; the first move waits for as long before it is answered.
//!
//! A clock is found by the public id of its account, so the same read brings the accounts that other processes have put behind public ids.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use derslik_domain::audit::INSTALLATION;
use derslik_domain::clock::VirtualClock;
use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::{AccountIds, PublicAccountId};
use derslik_ports::outbound::{Clock, ClockRevision, ClockSync, DueTimes, KnownTestAccount, StoreError, StoredClock, Tenant, UnitOfWork};
use tokio::sync::Mutex;
use tokio::time::sleep;

/// How old a read may be while no clock is known to be moved.
const QUIET: Duration = Duration::from_millis(20);

/// After how long each process reads a first move before it serves its next request.
const SPREAD: Duration = Duration::from_millis(25);

/// The clocks of accounts over a unit of work.
#[derive(Debug)]
pub struct AccountClocks<U> {
    uow: U,
    machine: Arc<dyn Clock>,
    ids: Arc<AccountIds>,
    known: RwLock<Known>,
    /// When the last read of the stored clocks began.
    read: Mutex<Option<Instant>>,
}

#[derive(Debug, Default)]
struct Known {
    /// By the public ids of accounts: a clock outlives the resets of its account.
    clocks: HashMap<AccountId, VirtualClock>,
    revision: ClockRevision,
    /// The last account of tests that was read: fresh ones have higher ids.
    last: Option<AccountId>,
    /// When the last read began.
    read_at: Option<Instant>,
    /// Since when a clock is known to be moved.
    moved_since: Option<Instant>,
}

impl<U: UnitOfWork + Debug> AccountClocks<U> {
    /// The clocks over that store. An account without one shows the time of `machine`.
    pub fn new(uow: U, machine: Arc<dyn Clock>, ids: Arc<AccountIds>) -> Self {
        Self { uow, machine, ids, known: RwLock::default(), read: Mutex::default() }
    }

    /// The unit of work over the store of the clocks.
    pub(super) fn uow(&self) -> &U {
        &self.uow
    }

    /// The ids by which tests name accounts.
    pub(super) fn ids(&self) -> &AccountIds {
        &self.ids
    }

    /// The clock that is stored under that id, as far as it is known.
    pub(super) fn own(&self, stored: AccountId) -> Option<VirtualClock> {
        self.known().clocks.get(&stored).copied()
    }

    /// The clock that goes for that id: its own one, or that for all, or one that shows the time of the machine.
    pub(super) fn effective(&self, stored: AccountId) -> VirtualClock {
        self.moved(stored).unwrap_or(VirtualClock::Running { ahead_micros: 0 })
    }

    fn moved(&self, stored: AccountId) -> Option<VirtualClock> {
        let known = self.known();
        known.clocks.get(&stored).or_else(|| known.clocks.get(&INSTALLATION)).copied()
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id under which the clock of an account is stored.
    fn stored_id(&self, account: AccountId) -> AccountId {
        AccountId::new(self.ids.public(account).get())
    }

    fn note(&self, accounts: &[KnownTestAccount], changed: Vec<StoredClock>, began: Instant) {
        for KnownTestAccount { account, public, .. } in accounts {
            let public = PublicAccountId::new(*public);
            if self.ids.current(public) != *account {
                self.ids.replace(public, *account);
            }
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for StoredClock { account, clock, revision } in changed {
            match clock {
                Some(clock) => known.clocks.insert(account, clock),
                None => known.clocks.remove(&account),
            };
            known.revision = known.revision.max(revision);
        }
        known.last = known.last.max(accounts.last().map(|known| known.account));
        known.read_at = Some(began);
        known.moved_since = if known.clocks.is_empty() { None } else { known.moved_since.or_else(|| Some(Instant::now())) };
    }
}

impl<U: UnitOfWork + Debug> Clock for AccountClocks<U> {
    fn now(&self) -> Timestamp {
        self.machine.now()
    }

    fn now_of(&self, account: AccountId) -> Timestamp {
        self.effective(self.stored_id(account)).shows(self.machine.now())
    }

    fn is_moved(&self, account: AccountId) -> bool {
        self.moved(self.stored_id(account)).is_some()
    }

    fn is_any_moved(&self) -> bool {
        !self.known().clocks.is_empty()
    }

    fn due_times(&self) -> DueTimes {
        let machine = self.machine.now();
        let of_most = self.effective(INSTALLATION).shows(machine);
        let known = self.known();
        let others = known.clocks.iter().filter(|(stored, _)| **stored != INSTALLATION);
        let current = |stored: AccountId| self.ids.current(PublicAccountId::new(stored.get()));
        DueTimes { of_most, of_others: others.map(|(stored, clock)| (current(*stored), clock.shows(machine))).collect() }
    }
}

#[async_trait]
impl<U: UnitOfWork + Debug> ClockSync for AccountClocks<U> {
    async fn refresh(&self) -> Result<(), StoreError> {
        if self.is_quiet() {
            return Ok(());
        }
        let asked = Instant::now();
        let mut read = self.read.lock().await;
        // While no clock is moved, the read of another request is enough, also if it began earlier.
        if self.is_quiet() { Ok(()) } else { self.read_after(asked, &mut read).await }
    }

    async fn settle(&self) -> Result<(), StoreError> {
        self.spread().await;
        self.read_changes().await
    }
}

impl<U: UnitOfWork + Debug> AccountClocks<U> {
    /// Reads what has changed. Each change that was committed before this call is known after it.
    pub(super) async fn read_changes(&self) -> Result<(), StoreError> {
        let asked = Instant::now();
        let mut read = self.read.lock().await;
        self.read_after(asked, &mut read).await
    }

    /// Whether no clock is known to be moved, by a read that is young enough.
    fn is_quiet(&self) -> bool {
        let known = self.known();
        // A replacement of an account may set its clock, which must be known as soon as the account is found.
        known.clocks.is_empty() && !self.ids.is_changing() && known.read_at.is_some_and(|began| began.elapsed() < QUIET)
    }

    /// Reads what has changed, unless a read has begun since the caller asked.
    async fn read_after(&self, asked: Instant, read: &mut Option<Instant>) -> Result<(), StoreError> {
        // A read that began later than this call saw all that this call must see.
        if read.is_some_and(|began| began >= asked) {
            return Ok(());
        }
        let began = Instant::now();
        let (since, last) = {
            let known = self.known();
            (known.revision, known.last)
        };
        let found = self.uow.read(Tenant::Installation, move |stores| {
            // An account that is found here has committed its clock before.
            let accounts = stores.test_accounts().list(last)?;
            Ok((accounts, stores.clocks().changed_since(since)?))
        });
        let found: Result<_, StoreError> = found.await;
        let (accounts, changes) = found?;
        self.note(&accounts, changes, began);
        *read = Some(began);
        Ok(())
    }

    /// Waits until each process reads a change before its next request. Processes that know of a moved clock do so anyway.
    pub(super) async fn spread(&self) {
        let is_known = self.known().moved_since.is_some_and(|since| since.elapsed() >= SPREAD);
        if !is_known {
            sleep(SPREAD).await;
        }
    }
}
