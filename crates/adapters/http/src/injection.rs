//! Refusals that a test injects, as each dialect words them: the errors of the real causes. This module knows no request.

use std::num::NonZeroU32;

use derslik_domain::fault::Refusal;
use derslik_ports::inbound::AuthenticationError;
use derslik_ports::{Reason, StoreError};

use crate::rate::{Exceeded, Policy};

/// A request that an injected fault does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InjectedDenial;

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
        Refusal::Denied => InjectedDenial.into(),
        Refusal::TooMany { retry_after_seconds } => {
            Exceeded { policy: Policy::Credential, per_minute: NonZeroU32::MIN, retry_after_seconds: retry_after_seconds.max(1) }.into()
        }
        Refusal::Failure => AuthenticationError::Store(StoreError::Other(Box::new(InjectedFailure))).into(),
        Refusal::Unavailable => AuthenticationError::Store(Reason::Unreachable.into()).into(),
    }
}
