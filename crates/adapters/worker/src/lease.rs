//! The leases that the worker holds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use derslik_domain::id::AccountId;
use derslik_ports::outbound::HeldJob;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

type Held = BTreeMap<(AccountId, HeldJob), CancellationToken>;

/// The leases that the worker holds.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: Mutex<Held>,
}

/// One job that the worker holds, and the slot that it occupies, until this is dropped.
#[derive(Debug)]
pub(crate) struct HeldLease {
    leases: Arc<Leases>,
    /// `None` once another job has got the slot.
    pub(crate) slot: Option<OwnedSemaphorePermit>,
    pub(crate) account: AccountId,
    pub(crate) held: HeldJob,
    /// Signals that the job was cancelled or its lease lost.
    pub(crate) cancelled: CancellationToken,
}

impl Leases {
    pub(crate) fn hold(self: &Arc<Self>, account: AccountId, held: HeldJob, slot: OwnedSemaphorePermit) -> HeldLease {
        let cancelled = CancellationToken::new();
        self.lock().insert((account, held), cancelled.clone());
        HeldLease { leases: Arc::clone(self), slot: Some(slot), account, held, cancelled }
    }

    /// All jobs that the worker holds, by account.
    pub(crate) fn all(&self) -> BTreeMap<AccountId, Vec<HeldJob>> {
        let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (account, held) in self.lock().keys() {
            all.entry(*account).or_default().push(*held);
        }
        all
    }

    /// Signals the attempt at a job that the worker does not hold its lease any more.
    pub(crate) fn lose(&self, account: AccountId, held: HeldJob) {
        if let Some(cancelled) = self.lock().get(&(account, held)) {
            cancelled.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        self.leases.lock().remove(&(self.account, self.held));
    }
}
