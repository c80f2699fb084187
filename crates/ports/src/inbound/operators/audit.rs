//! The audit log.

use async_trait::async_trait;
use derslik_domain::audit::{AuditFilter, AuditId, AuditRecord};
use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;

use crate::StoreError;

/// Reads the audit log.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AuditReading: Send + Sync {
    /// A page of the records of an account that match the filter, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self, account: AccountId, filter: AuditFilter, page: PageRequest<AuditId>) -> Result<Vec<AuditRecord>, StoreError>;
}
