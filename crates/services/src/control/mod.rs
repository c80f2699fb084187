//! The use cases of test control: accounts of tests, their resets, seeds and snapshots. They write without an actor, and only the wiring
//! of profile `dev` builds them.
//!
//! A reset does not remove rows one by one. It makes the account anew under a fresh id, with the same keys, in one transaction.
//! The account before it ends in that transaction, and its rows are removed later.

mod accounts;
mod adoption;
mod kept;
mod plan;
mod seed;
mod seeds;
mod snapshots;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use derslik_domain::id::AccountId;
use derslik_domain::identity::{Account, AccountSettings, Scopes};
use derslik_domain::rows::BatchSize;
use derslik_ports::inbound::control::{AccountIds, ControlError, PublicAccountId, SnapshotName};
use derslik_ports::inbound::operators::AccountPlan;
use derslik_ports::outbound::{Clock, Ids, SnapshotFile, SnapshotFiles, StoreError, Stores, Tenant, UnitOfWork};

/// How long the removal of ended accounts pauses when there is nothing to do.
const PAUSE: Duration = Duration::from_millis(500);

/// What [`TestControl`] needs beside a unit of work.
#[derive(Debug, Clone)]
pub struct ControlPorts {
    /// The time of the accounts.
    pub clock: Arc<dyn Clock>,
    /// The time of the machine, by which accounts of tests live.
    pub real_clock: Arc<dyn Clock>,
    /// New ids and secrets.
    pub ids: Arc<dyn Ids>,
    /// Which account stands behind which public id.
    pub account_ids: Arc<AccountIds>,
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
    kept: Arc<Mutex<Kept>>,
}

/// What is kept in memory, by public ids.
#[derive(Default)]
struct Kept {
    made: HashMap<PublicAccountId, Made>,
    /// The first content of accounts that this process did not make.
    seeds: HashMap<PublicAccountId, String>,
    snapshots: HashMap<PublicAccountId, BTreeMap<SnapshotName, Arc<SnapshotFile>>>,
}

/// How an account was made.
#[derive(Clone)]
struct Made {
    plan: AccountPlan,
    seed: Option<String>,
    /// How many ids the account had drawn before its first content.
    drawn: u64,
}

impl<U> std::fmt::Debug for TestControl<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestControl").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> TestControl<U> {
    /// The use cases over these ports.
    pub fn new(uow: U, ports: ControlPorts) -> Self {
        Self { uow, ports, kept: Arc::default() }
    }

    /// Reads which accounts stand behind which public ids. A process calls it before it serves.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load_ids(&self) -> Result<(), StoreError> {
        load_ids(&self.uow, &self.ports.account_ids).await
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

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self, public: PublicAccountId) -> AccountId {
        self.ports.account_ids.current(public)
    }
}

/// Reads which accounts stand behind which public ids.
///
/// # Errors
/// [`StoreError`].
pub async fn load_ids<U: UnitOfWork>(uow: &U, ids: &AccountIds) -> Result<(), StoreError> {
    for known in uow.read(Tenant::Installation, |stores| stores.test_accounts().list()).await? {
        let public = PublicAccountId::new(known.public);
        if ids.current(public) != known.account {
            ids.replace(public, known.account);
        }
    }
    Ok(())
}

/// The size of one step of the removal of rows: short, since the database of a test has other work.
const STEP: BatchSize = BatchSize::DEFAULT;

/// An id that no account has, and that no account of a test ever had.
fn fresh_id(stores: &mut dyn Stores) -> Result<AccountId, StoreError> {
    let free = stores.identity().next_account_id()?;
    let highest = stores.test_accounts().highest()?;
    Ok(AccountId::new(free.get().max(highest.saturating_add(1))))
}

/// The account, unless there is none or it has ended.
fn find(stores: &mut dyn Stores, account: AccountId, public: PublicAccountId) -> Result<Account, ControlError> {
    let found = stores.identity().account_state(account)?;
    found.filter(|state| !state.is_disabled()).map(|state| state.account).ok_or_else(|| ControlError::not_found("account", &public))
}
