//! The store of what has to be known later.

use derslik_domain::audit::{AuditPage, AuditRecord, NewAuditRecord};
use derslik_domain::id::AccountId;

use super::StoreError;

/// Stores the audit records of every account. They are added, in the transaction of what they tell of, and never changed.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AuditRepository {
    /// Adds a record.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add(&mut self, account: AccountId, record: &NewAuditRecord) -> Result<(), StoreError>;

    /// A page of records, by their ids.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self, account: AccountId, page: &AuditPage) -> Result<Vec<AuditRecord>, StoreError>;
}
