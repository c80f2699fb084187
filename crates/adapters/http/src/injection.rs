//! Refusals that a test injects, as each dialect words them: the errors of the real causes, and where a dialect has none, its shape with a
//! plain word. This module knows no request.

use std::num::NonZeroU32;

use actix_web::http::StatusCode;
use derslik_domain::fault::Refusal;
use derslik_ports::inbound::AuthenticationError;
use derslik_ports::{Reason, StoreError};

use crate::rate::{Exceeded, Policy};

/// A request that an injected fault does not allow, for a cause that no credential or database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InjectedDenial {
    #[error("not allowed")]
    Denied,
    #[error("bad request")]
    Malformed,
    #[error("not found")]
    Missing,
    #[error("request timeout")]
    TooSlow,
    #[error("conflict")]
    Clash,
    #[error("bad gateway")]
    BadGateway,
    #[error("gateway timeout")]
    GatewayTimeout,
}

impl InjectedDenial {
    /// The status, where a dialect has no error of its own for it.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Denied => StatusCode::FORBIDDEN,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Missing => StatusCode::NOT_FOUND,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Clash => StatusCode::CONFLICT,
            Self::BadGateway => StatusCode::BAD_GATEWAY,
            Self::GatewayTimeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// The word for programs, likewise.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Denied => "not_allowed",
            Self::Malformed => "bad_request",
            Self::Missing => "not_found",
            Self::TooSlow => "request_timeout",
            Self::Clash => "conflict",
            Self::BadGateway => "bad_gateway",
            Self::GatewayTimeout => "gateway_timeout",
        }
    }
}

/// The failure that an injected fault pretends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fault was injected for a test")]
struct InjectedFailure;

/// The error of a refused request.
pub(crate) fn refused<E>(refusal: Refusal) -> E
where
    E: From<AuthenticationError> + From<Exceeded> + From<InjectedDenial>,
{
    match refusal {
        Refusal::Unauthenticated => AuthenticationError::Invalid.into(),
        Refusal::Denied => InjectedDenial::Denied.into(),
        Refusal::TooMany { retry_after_seconds } => {
            Exceeded { policy: Policy::Credential, per_minute: NonZeroU32::MIN, retry_after_seconds: retry_after_seconds.max(1) }.into()
        }
        Refusal::Failure => AuthenticationError::Store(StoreError::Other(Box::new(InjectedFailure))).into(),
        Refusal::Unavailable | Refusal::Away => AuthenticationError::Store(Reason::Unreachable.into()).into(),
        Refusal::Malformed => InjectedDenial::Malformed.into(),
        Refusal::Missing => InjectedDenial::Missing.into(),
        Refusal::TooSlow => InjectedDenial::TooSlow.into(),
        Refusal::Clash => InjectedDenial::Clash.into(),
        Refusal::BadGateway => InjectedDenial::BadGateway.into(),
        Refusal::GatewayTimeout => InjectedDenial::GatewayTimeout.into(),
    }
}
