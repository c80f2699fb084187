//! What is known of a request once it is over: the line of the access log is made from it, and the metrics.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use derslik_domain::fault::Api;
use derslik_domain::id::AccountId;
use derslik_domain::trace::TraceParent;

/// The API that answered a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The sessions API.
    Sessions,
    /// The jobs API.
    Jobs,
    /// The courses API.
    Courses,
    /// The endpoint for tokens.
    Tokens,
    /// None of them: the path belongs to no API, or the request ended before it was routed.
    None,
}

impl Dialect {
    /// The API as the faults and the journal of tests know it.
    pub(crate) const fn api(self) -> Option<Api> {
        match self {
            Self::Sessions => Some(Api::Sessions),
            Self::Jobs => Some(Api::Jobs),
            Self::Courses => Some(Api::Courses),
            Self::Tokens | Self::None => None,
        }
    }

    /// The name in logs and metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Jobs => "jobs",
            Self::Courses => "courses",
            Self::Tokens => "tokens",
            Self::None => "none",
        }
    }
}

/// The route of a request to a path that belongs to no route, or that ended before it was routed.
pub(crate) const NO_ROUTE: &str = "other";

/// A request that is over.
#[derive(Debug)]
pub(crate) struct Observed<'a> {
    pub(crate) dialect: Dialect,
    /// The template of the path, such as `/v1/courses/{id}`; [`NO_ROUTE`] for any other path.
    pub(crate) route: &'a str,
    /// As it was sent: a client chooses it.
    pub(crate) method: &'a Method,
    pub(crate) status: StatusCode,
    /// From the head of the request to the last byte that was handed to the connection.
    pub(crate) duration: Duration,
    /// The bytes of the body that were handed to the connection, after compression.
    pub(crate) bytes: u64,
    /// The account of the credential, if the request showed a valid one.
    pub(crate) account: Option<AccountId>,
    pub(crate) request_id: &'a str,
    /// The step of a trace that the request continues.
    pub(crate) trace: Option<TraceParent>,
}

/// Marks a request with the template of its path, where the framework does not know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Template(pub(crate) &'static str);
