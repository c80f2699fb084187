//! Faults that a test injects: set for an account, and met by its requests and jobs.

use std::fmt;

use derslik_domain::fault::{Fault, FaultRule, JobFault, Moment, RequestFilter, RequestLine, Schedule};
use derslik_domain::id::AccountId;
use derslik_domain::job::Action;

use super::PublicAccountId;

/// A fault to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFault {
    /// What it does.
    pub fault: Fault,
    /// Which requests it is for.
    pub requests: RequestFilter,
    /// Which jobs it is for; `None` is for every action.
    pub action: Option<Action>,
    /// When it applies.
    pub schedule: Schedule,
}

/// Sets the faults of accounts. They live as long as the process, or until the account is reset.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait FaultControl: fmt::Debug + Send + Sync {
    /// Adds faults after those of the account. Returns them as they were set.
    fn add(&self, account: PublicAccountId, faults: Vec<NewFault>) -> Vec<FaultRule>;

    /// The faults of the account, with their counts, in the order in which they were added.
    fn list(&self, account: PublicAccountId) -> Vec<FaultRule>;

    /// Removes a fault. Returns whether there was one of that number.
    fn remove(&self, account: PublicAccountId, number: u64) -> bool;

    /// Removes all faults of the account.
    fn clear(&self, account: PublicAccountId);

    /// Removes the faults of all accounts.
    fn clear_all(&self);
}

/// Tells requests and attempts at jobs which fault they get. Each call counts one of them.
pub trait FaultInjection: fmt::Debug + Send + Sync {
    /// The fault of a request at a moment, if it gets one.
    fn for_request(&self, account: AccountId, moment: Moment, request: &RequestLine<'_>) -> Option<Fault>;

    /// Whether an account has faults for attempts at jobs. It counts none.
    fn has_for_jobs(&self, account: AccountId) -> bool;

    /// The fault of an attempt at a job, if it gets one.
    fn for_job(&self, account: AccountId, action: Action) -> Option<JobFault>;
}
