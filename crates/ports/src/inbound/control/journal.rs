//! The journal of an account: the requests that were sent for it, without their secrets.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::fault::Api;
use derslik_domain::id::AccountId;
use derslik_domain::idempotency::AnswerCode;
use derslik_domain::time::Timestamp;

use super::PublicAccountId;

/// How many requests the journal of an account keeps.
pub const JOURNAL_ENTRIES: usize = 10_000;

/// How many of them, the latest, keep their bodies.
pub const JOURNAL_BODIES: usize = 1_000;

/// How many requests are kept that belong to no account.
pub const UNMATCHED_ENTRIES: usize = 200;

/// A request and what is known of its answer. Secrets are masked before it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// The API, if the path belongs to one.
    pub api: Option<Api>,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, without the question mark.
    pub query: String,
    /// The template of the path, if it belongs to a route.
    pub route: Option<String>,
    /// The names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The body, if it was read whole and can be shown.
    pub body: Option<String>,
    /// The bytes of the body that were read.
    pub body_bytes: u64,
    /// The code of the answer. `None` if no answer was sent.
    pub answer: Option<AnswerCode>,
    /// The bytes of the answer, where they are known before it is sent.
    pub answer_bytes: Option<u64>,
    /// From the head of the request to the head of the answer.
    pub took: Duration,
    /// The name of the fault that was injected.
    pub fault: Option<&'static str>,
    /// The id of the request.
    pub request_id: String,
}

/// An entry of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The number among the entries of the account, counted from 1.
    pub number: u64,
    /// When the answer was ready, in real time.
    pub at: Timestamp,
    /// The request.
    pub request: RecordedRequest,
}

/// Keeps requests.
pub trait JournalRecording: fmt::Debug + Send + Sync {
    /// Adds a request to the journal of an account.
    fn record(&self, account: AccountId, request: RecordedRequest);

    /// Keeps a request that no account can be found for.
    fn record_unmatched(&self, request: RecordedRequest);
}

/// Shows requests. The journal lives as long as the process, or until the account is reset.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait JournalReading: fmt::Debug + Send + Sync {
    /// The entries after that number, in their order.
    fn entries(&self, account: PublicAccountId, after: u64) -> Vec<Arc<JournalEntry>>;

    /// The number of the last entry, or 0.
    fn last(&self, account: PublicAccountId) -> u64;

    /// Waits until there is an entry after that number.
    async fn grown(&self, account: PublicAccountId, after: u64);

    /// Removes all entries of the account. Numbers go on.
    fn clear(&self, account: PublicAccountId);

    /// The last requests that belong to no account, such as those without a valid credential, in their order.
    fn unmatched(&self) -> Vec<Arc<JournalEntry>>;

    /// Removes the entries of all accounts, and those of no account.
    fn clear_all(&self);
}
