//! Faults that a test injects: set for an account, and met by its requests and jobs.

use std::fmt;

use async_trait::async_trait;
use derslik_domain::fault::{Fault, FaultRule, JobFault, Met, Moment, RequestFilter, RequestLine, Schedule};
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
#[async_trait]
pub trait FaultInjection: fmt::Debug + Send + Sync {
    /// What a request meets at a moment.
    fn for_request(&self, account: AccountId, moment: Moment, request: &RequestLine<'_>) -> Met;

    /// Returns once the account has no fault of that number any more, so that the requests that it holds go on.
    async fn gone(&self, account: AccountId, number: u64);

    /// Whether an account has faults for attempts at jobs. It counts none.
    fn has_for_jobs(&self, account: AccountId) -> bool;

    /// The fault of an attempt at a job, if it gets one.
    fn for_job(&self, account: AccountId, action: Action) -> Option<JobFault>;
}
