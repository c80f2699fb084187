//! The store of the audit log.

use derslik_domain::audit::{AuditPage, AuditRecord, NewAuditRecord};
use derslik_domain::id::AccountId;

use super::StoreError;

/// Stores the audit records of every account. A record is added in the transaction of the act that it records, and never
/// changed.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AuditRepository {
    /// Adds a record.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add(&mut self, account: AccountId, record: &NewAuditRecord) -> Result<(), StoreError>;

    /// A page of records, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self, account: AccountId, page: &AuditPage) -> Result<Vec<AuditRecord>, StoreError>;
}
