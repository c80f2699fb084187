//! Runs what falls due while a test advances a clock.

use async_trait::async_trait;
use derslik_domain::clock::RanItem;
use derslik_domain::id::AccountId;
use derslik_domain::job::Actions;
use derslik_domain::time::Timestamp;

use super::StoreError;

/// Runs what falls due in an account, without waiting for the clock of the account to show it.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait DueWork: Send + Sync {
    /// The actions whose jobs it runs. Jobs of other actions wait for a worker.
    fn actions(&self) -> Actions;

    /// Runs some of what is due by `until`, the earliest first. An empty list means that nothing is due.
    ///
    /// # Errors
    /// [`StoreError`]. A failed job is not an error here: it is in the list.
    async fn run_some(&self, account: AccountId, until: Timestamp) -> Result<Vec<RanItem>, StoreError>;
}
