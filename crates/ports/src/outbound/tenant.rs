//! On whose behalf the database is used.

use derslik_domain::id::AccountId;

/// On whose behalf a unit of work runs. Each tenant has a turn of its own where units of work wait for a connection, so
/// one that asks much delays its own requests and not those of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tenant {
    /// An account.
    Account(AccountId),
    /// All callers together whose account is not known before their credential was found.
    Unknown,
    /// The installation itself: its keys, the worker's looks over all accounts, and what its operator does.
    Installation,
}

impl From<AccountId> for Tenant {
    fn from(account: AccountId) -> Self {
        Self::Account(account)
    }
}
