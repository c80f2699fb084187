//! The replay of a recorded request: it is sent again, in the name of the principal that sent it.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::idempotency::AnswerCode;

use super::PublicAccountId;
use crate::StoreError;

/// How long a replay may take, with its answer.
pub const MAX_REPLAY: Duration = Duration::from_secs(10);

/// A request that was sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// The code of the answer.
    pub answer: AnswerCode,
    /// From the connection to the end of the answer.
    pub took: Duration,
    /// The number of its own entry in the journal, if it is there.
    pub number: Option<u64>,
}

/// Why a request was not sent again, or was sent without an answer.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The journal has no such entry.
    #[error("the journal has no such request")]
    NotFound,
    /// It showed no valid credential where the journal looks for one, so the principal that sent it is not known.
    #[error("the journal does not have the sender of the request")]
    Anonymous,
    /// A part of it is a secret, was not read, or is not kept any more.
    #[error("the journal does not have the whole request")]
    NotWhole,
    /// The account was reset, restored or disabled since, so what the request is about may be another object.
    #[error("the account is not the one that the request was for")]
    AccountChanged,
    /// The principal was deleted or disabled since.
    #[error("the principal may not act any more")]
    SenderGone,
    /// The public listener takes encrypted connections alone.
    #[error("the public listener takes encrypted connections alone")]
    Encrypted,
    /// No whole answer came within [`MAX_REPLAY`]. The request may have been carried out.
    #[error("no whole answer came")]
    NoAnswer,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sends recorded requests again. Their credentials are not known, so the principal is taken from the journal.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait RequestReplay: fmt::Debug + Send + Sync {
    /// Sends the request of that number again, with the scopes that its credential had. A key that made it idempotent is left out, so that
    /// it acts anew. The replay is in the journal as any request is, meets the faults of the account, and counts towards the quotas of its
    /// principal.
    ///
    /// # Errors
    /// [`ReplayError`].
    async fn replay(&self, account: PublicAccountId, number: u64) -> Result<Replayed, ReplayError>;
}
