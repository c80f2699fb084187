//! The tenant of a unit of work, for fair queues in front of the pool.

use derslik_domain::id::AccountId;

/// The tenant for which a unit of work runs. Tenants take turns where units of work wait for a connection, so a busy tenant
/// delays its own requests and not those of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tenant {
    /// An account.
    Account(AccountId),
    /// All requests together whose account is not known yet, because their credential is still looked up.
    Unknown,
    /// The installation itself: its keys, the worker's reads over all accounts, and the operator's commands.
    Installation,
}

impl From<AccountId> for Tenant {
    fn from(account: AccountId) -> Self {
        Self::Account(account)
    }
}
