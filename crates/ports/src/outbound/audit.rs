//! The store of the audit log.

use derslik_domain::audit::{AuditFilter, AuditId, AuditRecord, NewAuditRecord};
use derslik_domain::id::AccountId;
use derslik_domain::page::{Page, PageRequest};

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

    /// Adds records, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_many(&mut self, account: AccountId, records: &[NewAuditRecord]) -> Result<(), StoreError>;

    /// A page of the records that match the filter, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self, account: AccountId, filter: &AuditFilter, page: PageRequest<AuditId>) -> Result<Vec<AuditRecord>, StoreError>;

    /// A page of the records that match the filter, the newest first: at most `size` of those with ids below `before`. For a filter by
    /// event or time, at most [`AuditFilter::LOOKED_AT`] records are looked at.
    ///
    /// # Errors
    /// [`StoreError`].
    fn latest(
        &mut self,
        account: AccountId,
        filter: &AuditFilter,
        before: Option<AuditId>,
        size: u32,
    ) -> Result<Page<AuditRecord>, StoreError>;
}
