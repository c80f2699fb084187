//! Actors for the operator, by which the use cases of clients are called.

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::identity::Actor;

use crate::StoreError;

/// Gives the operator an actor in an account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait OperatorActors: Send + Sync {
    /// An actor that may do everything in the account, by its service principal and with the first of its projects. The audit log names
    /// the operator for what it does. `None` if there is no such account, or if it has no service principal that may act.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn actor(&self, account: AccountId) -> Result<Option<Actor>, StoreError>;
}
