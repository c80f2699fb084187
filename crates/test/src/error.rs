//! What can go wrong between a test and the service.

use std::io;

use serde_json::Value;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no program to start.
    #[error("the program derslik is missing: build it, or name it in DERSLIK_BIN")]
    NoProgram,
    /// The program ended before it took requests.
    #[error("derslik ended before it took requests:\n{log}")]
    Ended {
        /// The end of its log.
        log: String,
    },
    /// The service can't be reached, or the connection ended.
    #[error("the service can't be reached")]
    Io(#[from] io::Error),
    /// The answer is not the JSON that was expected.
    #[error("the answer is not the expected JSON")]
    Json(#[from] serde_json::Error),
    /// The answer lacks a part that it should have.
    #[error("the answer has no {0}")]
    Missing(&'static str),
    /// The answer ended early, or is not HTTP.
    #[error("the answer ended early, or is not HTTP")]
    Malformed,
    /// The service refused a request.
    #[error("answered {status}: {problem}")]
    Refused {
        /// The status of the answer.
        status: u16,
        /// The body of the answer.
        problem: Value,
    },
    /// The journal does not have the requests that a test expects.
    #[error("no such requests: {expected}{differences}")]
    Unmet {
        /// What was expected.
        expected: Value,
        /// How the nearest requests differ, one line each.
        differences: String,
    },
}
