//! Verifies the assertions of service accounts. A signature is verified by the algorithm of the stored key. An assertion lives for an
//! hour at the most, and may be shown again until it expires: two processes of one program make the same one in the same second.

use std::sync::Arc;
use std::time::Duration;

use derslik_domain::id::AccountId;
use derslik_domain::identity::{Grant, GrantKind, GrantProof, PublicKey, Scope, Scopes, ServiceAccount, ServiceAddress};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{Assertion, GrantError, RequestedScopes, TokenQuota};
use derslik_ports::outbound::{Clock, Signatures, StoreError, Stores, Tenant, UnitOfWork};

use super::secret::is_grant_id;
use crate::named_accounts::NamedAccounts;

/// The longest life of an assertion.
const MAX_LIFE: Duration = Duration::from_secs(3_600);
/// How far ahead of ours the clock of a client may be.
const MAX_SKEW: Duration = Duration::from_secs(60);
/// How many keys are tried for an assertion that names none, the newest ones first: an old one and its successor. Each costs the
/// verification of a signature, for anyone who knows the address of a service account.
const MOST_TRIED: usize = 2;

/// An assertion whose signature is right.
#[derive(Debug, Clone)]
pub(super) struct Verified {
    /// The account.
    pub(super) account: AccountId,
    /// The service account that signed it.
    pub(super) service: ServiceAccount,
    /// The key that it signed with.
    pub(super) key: Grant,
    /// The scopes that it is given.
    pub(super) scopes: Scopes,
}

/// Verifies an assertion. Whether the service account may act for the subject is decided later. The quota is asked before a signature is
/// verified, and not where no key can have made it. Who signs has a real clock, so the times of the assertion are judged by the clock of
/// the machine. Its key ends by the clock of the account.
///
/// # Errors
/// [`GrantError::Time`], [`GrantError::Invalid`], [`GrantError::Scope`], [`GrantError::TooMany`], [`GrantError::Store`].
pub(super) async fn verify<U: UnitOfWork>(
    uow: &U,
    signatures: &Arc<dyn Signatures>,
    assertion: &Assertion,
    quota: &dyn TokenQuota,
    clock: &dyn Clock,
    accounts: &NamedAccounts,
) -> Result<Verified, GrantError> {
    let now = clock.now();
    let Assertion { issued_at, expires_at, .. } = *assertion;
    let is_short = issued_at < expires_at && expires_at.since(issued_at) <= MAX_LIFE;
    if !is_short || issued_at > now.plus(MAX_SKEW) || expires_at <= now {
        return Err(GrantError::Time);
    }
    let address: ServiceAddress = assertion.issuer.parse().map_err(|_| GrantError::Invalid)?;
    let address = accounts.stored(address);
    let (account, named) = (address.account, assertion.key.clone());
    if named.as_deref().is_some_and(|key| !is_grant_id(key)) {
        return Err(GrantError::Invalid);
    }
    let now = clock.now_of(account);
    let found = uow.read(Tenant::Unknown, move |stores| keys_of(stores, &address, named.as_deref(), now)).await?;
    let (service, keys) = found.ok_or(GrantError::Invalid)?;
    let possible: Vec<_> = keys.into_iter().filter_map(|grant| public_half(grant, assertion)).rev().take(MOST_TRIED).collect();
    if possible.is_empty() {
        return Err(GrantError::Invalid);
    }
    quota.take_signature()?;
    let mut signer = None;
    for (grant, key) in possible {
        let (message, signature) = (assertion.message.clone(), assertion.signature.clone());
        if signatures.verify(assertion.algorithm, key, message, signature).await? {
            signer = Some(grant);
            break;
        }
    }
    let key = signer.ok_or(GrantError::Invalid)?;
    let scopes = granted(assertion.scopes, key.scopes.and(service.scopes))?;
    Ok(Verified { account, service, key, scopes })
}

/// A grant with its public half, if it is a key of the algorithm of the assertion.
fn public_half(grant: Grant, assertion: &Assertion) -> Option<(Grant, PublicKey)> {
    match &grant.proof {
        GrantProof::Key { algorithm, key } if *algorithm == assertion.algorithm => {
            let key = key.clone();
            Some((grant, key))
        }
        GrantProof::Key { .. } | GrantProof::Refresh { .. } => None,
    }
}

/// The requested scopes, which must be among the possible ones; all of these if none are requested. Scopes that do not exist are left out
/// if [`Scope::Other`] is possible.
///
/// # Errors
/// [`GrantError::Scope`] with those that are refused.
pub(super) fn granted(requested: Option<RequestedScopes>, possible: Scopes) -> Result<Scopes, GrantError> {
    let Some(RequestedScopes { known, has_unknown }) = requested else { return Ok(possible) };
    let is_left_out = possible.contains(Scope::Other) && !known.is_empty();
    let refused = RequestedScopes { known: known.without(possible), has_unknown: has_unknown && !is_left_out };
    if refused.known.is_empty() && !refused.has_unknown { Ok(known) } else { Err(GrantError::Scope(refused)) }
}

/// Writes refused scopes to the log, by the names that they have here. A name that does not exist is a text of the client, and is left out.
pub(super) fn log_refused(account: Option<AccountId>, refused: RequestedScopes) {
    let missing = refused.known.iter().map(Scope::name).collect::<Vec<_>>().join(" ");
    let account = account.map(AccountId::get);
    tracing::info!(account, missing, has_unknown = refused.has_unknown, "a grant was refused for its scopes");
}

/// The service account of an address with the keys that it may have signed with: the named one, or all that are valid. `None` if the
/// account is disabled, or there is no such service account.
fn keys_of(
    stores: &mut dyn Stores,
    address: &ServiceAddress,
    named: Option<&str>,
    now: Timestamp,
) -> Result<Option<(ServiceAccount, Vec<Grant>)>, StoreError> {
    let account = address.account;
    if !is_open(stores, account)? {
        return Ok(None);
    }
    let Some(service) = stores.grants().find_service_account(account, &address.name)? else { return Ok(None) };
    let keys = match named {
        None => stores.grants().valid_of(account, service.principal, GrantKind::Key, now)?,
        Some(key) => {
            let found = stores.grants().find(account, GrantKind::Key, key)?;
            found.into_iter().filter(|grant| grant.principal == service.principal && !grant.has_ended(now)).collect()
        }
    };
    Ok(Some((service, keys)))
}

/// Whether an account exists and is in use.
pub(super) fn is_open(stores: &mut dyn Stores, account: AccountId) -> Result<bool, StoreError> {
    Ok(stores.identity().account_state(account)?.is_some_and(|state| !state.is_disabled()))
}
