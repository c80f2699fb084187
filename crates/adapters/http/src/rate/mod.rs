//! Rate limits: how many requests a client network may send without a valid credential, and how many one credential may send.
//! This module counts. It knows neither requests of HTTP nor the dialects, which ask it and word its refusals.
//!
//! | file | content |
//! |---|---|
//! | `buckets` | the bounded memory of a limiter |
//! | `clock` | the time that limiters measure |
//! | `headers` | the header fields of a refusal |
//! | `limiter` | one quota for each key |
//!
//! A request counts as unknown where a credential is asked for and no valid one is shown. A valid credential is never refused
//! because of its network: clients behind one proxy or router share an address, and one of them must not lock out the others. Signatures
//! have a quota of their own, which the right ones take from as well: it is asked before they are verified.

mod buckets;
mod clock;
mod headers;
mod limiter;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;
use std::sync::Arc;

use derslik_domain::id::AccountId;
use derslik_domain::identity::{Actor, ClientNetwork, CredentialRoot};
use derslik_ports::inbound::{AuthenticationError, QuotaExceeded, QuotaKind, TokenQuota};

pub(crate) use clock::RateClock;
use limiter::Limiter;

/// How many requests are taken in a minute. As many are taken at once after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateQuotas {
    /// Requests without a valid credential, from one client network; 0 sets no limit.
    pub unknown_per_minute: u32,
    /// Requests with one credential; 0 sets no limit.
    pub credential_per_minute: u32,
}

impl Default for RateQuotas {
    /// No limit for credentials: a whole integration often has one.
    fn default() -> Self {
        Self { unknown_per_minute: 600, credential_per_minute: 0 }
    }
}

/// What a quota belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// A client network, for its requests without a valid credential.
    Unknown,
    /// A client network, for signatures that are verified.
    Signature,
    /// A credential.
    Credential,
}

/// A request above a quota. It was not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", .policy.text())]
pub(crate) struct Exceeded {
    pub(crate) policy: Policy,
    /// The requests that the quota allows in a minute.
    pub(crate) per_minute: NonZeroU32,
    /// After how many seconds another request is taken: at least 1.
    pub(crate) retry_after_seconds: u64,
}

impl Policy {
    /// The name that clients see, and that metrics carry.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Signature => "signature",
            Self::Credential => "credential",
        }
    }

    /// The refusal in English, for the dialects that have one language.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "too many requests without a valid credential; try again later",
            Self::Signature => "too many signatures to verify; try again later",
            Self::Credential => "too many requests with this credential; try again later",
        }
    }
}

/// The limiters of the service. Clones share the counts. Without a quota there is no limiter, and counting costs nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateLimits {
    unknown: Option<Arc<Limiter>>,
    credential: Option<Arc<Limiter>>,
}

impl RateLimits {
    /// Limiters with these quotas, and without any counts.
    pub(crate) fn new(quotas: RateQuotas, clock: &RateClock) -> Self {
        let limiter = |policy, per_minute| Some(Arc::new(Limiter::new(policy, NonZeroU32::new(per_minute)?, clock.clone())));
        Self {
            unknown: limiter(Policy::Unknown, quotas.unknown_per_minute),
            credential: limiter(Policy::Credential, quotas.credential_per_minute),
        }
    }

    /// Counts a request that showed no valid credential. Clients without an address share one quota.
    ///
    /// # Errors
    /// The quota of the network is used up.
    pub(crate) fn count_unknown(&self, client: Option<ClientNetwork>) -> Result<(), Exceeded> {
        self.unknown.as_ref().map_or(Ok(()), |limiter| limiter.count(&client))
    }

    /// Counts a request with a valid credential. Tokens that were issued for one proof share its quota.
    ///
    /// # Errors
    /// The quota of the credential is used up.
    pub(crate) fn count_known(&self, actor: &Actor) -> Result<(), Exceeded> {
        self.count_root(actor.account_id(), actor.root)
    }

    fn count_root(&self, account: AccountId, root: CredentialRoot) -> Result<(), Exceeded> {
        self.credential.as_ref().map_or(Ok(()), |limiter| limiter.count(&(account, root)))
    }

    /// Counts the verification of a signature for the network that shows it. It is work that is done before it is known whether the
    /// signature is right. It is not counted for the service account that the client names: strangers could use up its quota.
    ///
    /// # Errors
    /// The quota of the network is used up.
    fn count_signature(&self, client: Option<ClientNetwork>) -> Result<(), Exceeded> {
        self.unknown.as_ref().map_or(Ok(()), |limiter| limiter.count_by(Policy::Signature, &("signature", client)))
    }

    /// The quotas of a client, as the use cases ask for them.
    pub(crate) fn of_client(&self, client: Option<ClientNetwork>) -> Arc<dyn TokenQuota> {
        Arc::new(ClientQuota { limits: self.clone(), client })
    }

    /// Counts a request that showed no valid credential, and returns its error: `refusal`, or one that says it is above the quota.
    pub(crate) fn refuse<E: From<Exceeded>>(&self, client: Option<ClientNetwork>, refusal: E) -> E {
        self.count_unknown(client).err().map_or(refusal, E::from)
    }

    /// The error of a request whose credential was looked up without success. It counts if there is no such credential, and not if
    /// the look-up failed.
    pub(crate) fn refuse_looked_up<E>(&self, client: Option<ClientNetwork>, error: AuthenticationError) -> E
    where
        E: From<Exceeded> + From<AuthenticationError>,
    {
        match error {
            // What is above a quota is counted there.
            AuthenticationError::Store(_) | AuthenticationError::TooMany(_) => error.into(),
            AuthenticationError::Invalid | AuthenticationError::Expired | AuthenticationError::Scope(_) => {
                self.refuse(client, error.into())
            }
        }
    }
}

/// The quotas of one client.
struct ClientQuota {
    limits: RateLimits,
    client: Option<ClientNetwork>,
}

impl TokenQuota for ClientQuota {
    fn take_signature(&self) -> Result<(), QuotaExceeded> {
        self.limits.count_signature(self.client).map_err(|exceeded| exceeded.of(QuotaKind::Signatures))
    }

    fn take_token(&self, account: AccountId, root: CredentialRoot) -> Result<(), QuotaExceeded> {
        self.limits.count_root(account, root).map_err(|exceeded| exceeded.of(QuotaKind::Credential))
    }
}

impl Exceeded {
    const fn of(self, kind: QuotaKind) -> QuotaExceeded {
        QuotaExceeded { kind, per_minute: self.per_minute, retry_after_seconds: self.retry_after_seconds }
    }
}

impl From<QuotaExceeded> for Exceeded {
    fn from(exceeded: QuotaExceeded) -> Self {
        let policy = match exceeded.kind {
            QuotaKind::Signatures => Policy::Signature,
            QuotaKind::Credential => Policy::Credential,
        };
        Self { policy, per_minute: exceeded.per_minute, retry_after_seconds: exceeded.retry_after_seconds }
    }
}
