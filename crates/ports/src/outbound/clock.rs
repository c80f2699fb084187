//! The time, as a port, so that tests can set it.

use std::collections::HashMap;

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;

use super::StoreError;

/// The instants by which it is decided what is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTimes {
    /// The instant of every account that is not listed.
    pub of_most: Timestamp,
    /// Accounts with an instant of their own.
    pub of_others: HashMap<AccountId, Timestamp>,
}

impl DueTimes {
    /// The instant of an account.
    pub fn of(&self, account: AccountId) -> Timestamp {
        self.of_others.get(&account).copied().unwrap_or(self.of_most)
    }

    /// The latest of all.
    pub fn latest(&self) -> Timestamp {
        self.of_others.values().copied().fold(self.of_most, Timestamp::max)
    }
}

/// A source of the time.
///
/// [`now`](Self::now) is the time of the process: leases, timeouts and limits go by it. [`now_of`](Self::now_of) is the time of an
/// account: its starts, expiries and creation times go by it. Both are the same unless a test has moved the clock of the account.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// The present instant of an account.
    fn now_of(&self, _account: AccountId) -> Timestamp {
        self.now()
    }

    /// Whether a test has moved the clock of the account.
    fn is_moved(&self, _account: AccountId) -> bool {
        false
    }

    /// Whether a test has moved any clock.
    fn is_any_moved(&self) -> bool {
        false
    }

    /// The present instants of all accounts.
    fn due_times(&self) -> DueTimes {
        DueTimes { of_most: self.now(), of_others: HashMap::new() }
    }
}

/// Keeps this process in step with the others on the same database: with the clocks of accounts, and with the accounts behind public ids.
#[async_trait]
pub trait ClockSync: Send + Sync + std::fmt::Debug {
    /// Reads the clocks that were moved and the accounts that were replaced, as far as needed: each move that test control has answered
    /// before this call is known after it. So is each replacement, as long as a clock is moved; else it is known a little later.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn refresh(&self) -> Result<(), StoreError>;

    /// Reads a change that was just committed, and waits until every process goes by it in its next request.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn settle(&self) -> Result<(), StoreError>;
}
