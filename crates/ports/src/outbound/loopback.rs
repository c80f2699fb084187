//! Requests of this process to its own public listener.

use std::fmt;

use async_trait::async_trait;
use derslik_domain::idempotency::AnswerCode;

use crate::recorded_request::RecordedRequest;

/// The answer to a request that was sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoopbackAnswer {
    /// Its code.
    pub code: AnswerCode,
    /// The id of the request, if the answer names it.
    pub request_id: Option<String>,
}

/// Why a recorded request has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoopbackError {
    /// The journal does not have all of it.
    #[error("a part of the request is a secret, or was not kept")]
    NotWhole,
    /// The listener takes encrypted connections alone.
    #[error("the listener takes encrypted connections alone")]
    Encrypted,
    /// The connection failed, or ended before the whole answer came.
    #[error("no whole answer came")]
    NoAnswer,
}

/// Sends requests to the public listener of this process. Only test control calls it.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Loopback: fmt::Debug + Send + Sync {
    /// Sends a recorded request once more, with that opaque text as its credential, and reads the whole answer. `body` is the one that the
    /// journal shows, if it has one. No time limit is set here.
    ///
    /// # Errors
    /// [`LoopbackError`].
    async fn send(&self, request: RecordedRequest, body: Option<String>, credential: String) -> Result<LoopbackAnswer, LoopbackError>;
}
