//! Issues access tokens of an hour for grants: assertions of service accounts, refresh tokens, and other access tokens.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::audit::DenialCause;
use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::identity::{
    ClientId, CredentialKind, CredentialRoot, GrantKind, GrantProof, Scopes, ServiceAccount, ServiceAddress, StoredCredential, UserKey,
    UserState,
};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::AccountIds;
use derslik_ports::inbound::{
    Assertion, Client, DenialLog, GrantError, GrantedToken, RequestedScopes, TokenGrants, TokenQuota, TokenRequest,
};
use derslik_ports::outbound::{Clock, CredentialOwner, HeldToken, Ids, Signatures, StoreError, Stores, Tenant, TokenSource, UnitOfWork};
use moka::sync::Cache;
use subtle::ConstantTimeEq;

use super::assertion::{granted, is_open, log_refused, verify};
use super::issue::{NewGranted, Parties, TOKEN_SECONDS, end_of_token, hold, issue_new, principal_of, seconds_until, subject};
use super::secret::{Malformed, digest, find_public_id, new_token, public_id};
use crate::named_accounts::NamedAccounts;

/// The use case of exchanging grants over a unit of work.
#[derive(Clone)]
pub struct Grants<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    signatures: Arc<dyn Signatures>,
    denials: Option<Arc<dyn DenialLog>>,
    /// Which accounts the texts of requests name.
    accounts: NamedAccounts,
    /// The tokens that were given to service accounts without a proof.
    kept: Cache<KeptKey, Kept>,
}

impl<U> std::fmt::Debug for Grants<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grants").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> Grants<U> {
    /// The use case over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, signatures: Arc<dyn Signatures>) -> Self {
        Self { uow, clock, ids, signatures, denials: None, accounts: NamedAccounts::default(), kept: Cache::new(MOST_KEPT) }
    }

    /// The same use case, which counts refused grants there.
    #[must_use]
    pub fn with_denials(self, denials: Arc<dyn DenialLog>) -> Self {
        Self { denials: Some(denials), ..self }
    }

    /// The same use case, where tests have replaced accounts.
    #[must_use]
    pub fn with_account_ids(self, ids: Arc<AccountIds>) -> Self {
        Self { accounts: NamedAccounts::new(ids), ..self }
    }

    /// Counts a refused grant for the account that it names, which may not exist. Refused scopes are logged.
    fn count(&self, account: Option<AccountId>, error: &GrantError) {
        let cause = match error {
            GrantError::Client => DenialCause::UnknownCredential,
            GrantError::Invalid => DenialCause::WrongSecret,
            GrantError::Time => DenialCause::Expired,
            GrantError::Subject => DenialCause::NotAllowed,
            GrantError::Scope(refused) => {
                log_refused(account, *refused);
                DenialCause::NotAllowed
            }
            // Nothing was found wrong.
            GrantError::TooMany(_) | GrantError::Store(_) => return,
        };
        if let Some(denials) = &self.denials {
            denials.note(account, cause);
        }
    }

    async fn for_assertion(&self, assertion: Assertion, quota: &dyn TokenQuota) -> Result<GrantedToken, GrantError> {
        let verified = verify(&self.uow, &self.signatures, &assertion, quota, self.clock.as_ref(), &self.accounts).await?;
        quota.take_token(verified.account, CredentialRoot::Grant(verified.key.id))?;
        let (token, account) = (new_token(self.ids.as_ref()), verified.account);
        let now = self.clock.now_of(account);
        self.uow
            .write(account, move |stores| {
                let service = &verified.service;
                let key = hold(stores, account, verified.key.id, service.principal, now)?;
                let owner = match assertion.subject.as_deref().filter(|subject| *subject != assertion.issuer) {
                    Some(named) => subject(stores, service, named)?,
                    None => principal_of(stores, account, service.principal)?,
                };
                let new = NewGranted {
                    token,
                    scopes: verified.scopes,
                    source: TokenSource::Grant(key.id),
                    until: key.expires_at,
                    access_key: None,
                };
                issue_new(stores, account, Parties { owner, requester: service.principal }, new, key.project, now)
            })
            .await
    }

    async fn for_refresh_token(
        &self,
        client: Client,
        shown: String,
        scopes: Option<RequestedScopes>,
        quota: &dyn TokenQuota,
    ) -> Result<GrantedToken, GrantError> {
        let ClientId { account, public_id } = client.id.parse().map_err(|_| GrantError::Client)?;
        let account = self.accounts.behind(account);
        let now = self.clock.now_of(account);
        let find = move |stores: &mut dyn Stores| {
            let grant = stores.grants().find(account, GrantKind::Refresh, &public_id)?;
            Ok::<_, StoreError>(if is_open(stores, account)? { grant } else { None })
        };
        let grant = self.uow.read(Tenant::Unknown, find).await?.ok_or(GrantError::Client)?;
        let GrantProof::Refresh { client: secret, token } = &grant.proof else { return Err(GrantError::Client) };
        if !bool::from(secret.bytes().ct_eq(digest(client.secret.as_bytes()).bytes())) {
            return Err(GrantError::Client);
        }
        if !bool::from(token.bytes().ct_eq(digest(shown.as_bytes()).bytes())) || grant.has_ended(now) {
            return Err(GrantError::Invalid);
        }
        let scopes = granted(scopes, grant.scopes)?;
        quota.take_token(account, CredentialRoot::Grant(grant.id))?;
        let token = new_token(self.ids.as_ref());
        self.uow
            .write(account, move |stores| {
                let grant = hold(stores, account, grant.id, grant.principal, now)?;
                let owner = principal_of(stores, account, grant.principal)?;
                let new = NewGranted { token, scopes, source: TokenSource::Grant(grant.id), until: grant.expires_at, access_key: None };
                issue_new(stores, account, Parties::alone(owner), new, grant.project, now)
            })
            .await
    }

    async fn for_token(&self, shown: String, scopes: Option<RequestedScopes>, quota: &dyn TokenQuota) -> Result<GrantedToken, GrantError> {
        let (clock, kind) = (Arc::clone(&self.clock), CredentialKind::AccessToken);
        let public_id = find_public_id(kind, "", shown.as_bytes()).map_err(|Malformed| GrantError::Invalid)?;
        let found = self.uow.read(Tenant::Unknown, move |stores| stores.identity().find_credential(kind, &public_id));
        let found: Result<_, StoreError> = found.await;
        let shown_digest = digest(shown.as_bytes());
        let is_shown = |stored: &[u8; 32]| bool::from(stored.ct_eq(shown_digest.bytes()));
        let is_valid = |owner: &CredentialOwner| !owner.credential.is_expired(clock.now_of(owner.account.id));
        let owner = found?.filter(|owner| is_shown(owner.credential.digest.bytes()) && is_valid(owner));
        let owner = owner.ok_or(GrantError::Invalid)?;
        let (account, root, old) = (owner.account.id, owner.root, owner.credential);
        let now = clock.now_of(account);
        let scopes = granted(scopes, old.scopes)?;
        quota.take_token(account, root)?;
        let token = new_token(self.ids.as_ref());
        self.uow
            .write(account, move |stores| {
                if !stores.identity().hold_principal(account, old.principal.id)? {
                    return Err(GrantError::Invalid);
                }
                let held = stores.grants().hold_token(account, old.id)?.filter(|held| !held.token.has_ended(now));
                let HeldToken { token: held, requester } = held.ok_or(GrantError::Invalid)?;
                let StoredCredential { expires_at: until, access_key, .. } = held;
                let new = NewGranted { token, scopes, source: TokenSource::Token(old.id), until, access_key };
                issue_new(stores, account, Parties { owner: old.principal, requester }, new, old.project, now)
            })
            .await
    }

    /// The service account that a client knows by that address, if it may act.
    async fn find(&self, address: ServiceAddress) -> Result<Option<ServiceAccount>, StoreError> {
        let address = self.accounts.stored(address);
        self.uow
            .read(Tenant::Unknown, move |stores| {
                if !is_open(stores, address.account)? {
                    return Ok(None);
                }
                let Some(service) = stores.grants().find_service_account(address.account, &address.name)? else { return Ok(None) };
                let user = stores.users().find(address.account, &UserKey::Id(service.principal))?;
                Ok(user.filter(|user| user.status == UserState::Active).map(|_| service))
            })
            .await
    }

    async fn for_service(&self, address: ServiceAddress, scopes: Option<RequestedScopes>) -> Result<GrantedToken, GrantError> {
        let account = self.accounts.behind(address.account);
        let now = self.clock.now_of(account);
        let service = self.find(address).await?.ok_or(GrantError::Invalid)?;
        let scopes = granted(scopes, service.scopes)?;
        let key = (account, service.principal, scopes);
        if let Some(token) = self.kept_token(key, now).await? {
            return Ok(token);
        }
        let token = new_token(self.ids.as_ref());
        let public_id = public_id(CredentialKind::AccessToken, "", token.as_bytes());
        let issued: Result<GrantedToken, GrantError> = self
            .uow
            .write(account, move |stores| {
                if !stores.identity().hold_principal(account, service.principal)? {
                    return Err(GrantError::Invalid);
                }
                let owner = principal_of(stores, account, service.principal)?;
                let first = stores.projects().list(account, PageRequest { size: 1, after: None })?;
                let new = NewGranted { token, scopes, source: TokenSource::Program, until: None, access_key: None };
                issue_new(stores, account, Parties::alone(owner), new, first.first().map(|project| project.id), now)
            })
            .await;
        let token = issued?;
        self.kept.insert(key, Kept { public_id, token: token.token.clone(), ends_at: end_of_token(now, None) });
        Ok(token)
    }

    /// The token of these scopes that was given to a service account before, if it is valid and at least half of its life is left. That it
    /// is valid is read from the store: it may have been revoked since, or its principal or account may not act any more. A token has more
    /// than its life left if a test has set the clock of the account back, and is not given again then.
    async fn kept_token(&self, key: KeptKey, now: Timestamp) -> Result<Option<GrantedToken>, StoreError> {
        let Some(Kept { public_id, token, ends_at }) = self.kept.get(&key) else { return Ok(None) };
        let seconds = seconds_until(ends_at, now);
        if !(TOKEN_SECONDS / 2..=TOKEN_SECONDS).contains(&seconds) {
            return Ok(None);
        }
        let kind = CredentialKind::AccessToken;
        let found = self.uow.read(Tenant::Unknown, move |stores| stores.identity().find_credential(kind, &public_id));
        let found: Result<_, StoreError> = found.await;
        let (account, principal, scopes) = key;
        let is_same = |owner: &CredentialOwner| owner.account.id == account && owner.credential.principal.id == principal;
        let is_valid = found?.is_some_and(|owner| is_same(&owner) && !owner.credential.is_expired(now));
        Ok(is_valid.then_some(GrantedToken { token, seconds, scopes }))
    }
}

/// The account and the principal of a service account, and the scopes of a token.
type KeptKey = (AccountId, PrincipalId, Scopes);

/// A token that was given to a service account without a proof.
#[derive(Clone)]
struct Kept {
    public_id: String,
    token: String,
    ends_at: Timestamp,
}

/// The most tokens that are kept, each of other scopes.
const MOST_KEPT: u64 = 100;

/// The account that a request says it belongs to.
fn claimed_account(request: &TokenRequest) -> Option<AccountId> {
    match request {
        TokenRequest::Assertion(assertion) => assertion.issuer.parse().ok().map(|address: ServiceAddress| address.account),
        TokenRequest::Refresh { client, .. } => client.id.parse().ok().map(|client: ClientId| client.account),
        TokenRequest::Exchange { .. } => None,
    }
}

#[async_trait]
impl<U: UnitOfWork> TokenGrants for Grants<U> {
    async fn grant(&self, request: TokenRequest, quota: Arc<dyn TokenQuota>) -> Result<GrantedToken, GrantError> {
        let account = claimed_account(&request).map(|account| self.accounts.behind(account));
        let issued = match request {
            TokenRequest::Assertion(assertion) => self.for_assertion(assertion, quota.as_ref()).await,
            TokenRequest::Refresh { client, token, scopes } => self.for_refresh_token(client, token, scopes, quota.as_ref()).await,
            TokenRequest::Exchange { token, scopes } => self.for_token(token, scopes, quota.as_ref()).await,
        };
        issued.inspect_err(|error| self.count(account, error))
    }

    async fn find_service_account(&self, address: ServiceAddress) -> Result<Option<ServiceAccount>, StoreError> {
        Ok(self.find(address).await?.map(|service| self.accounts.shown(service)))
    }

    async fn grant_to(&self, address: ServiceAddress, scopes: Option<RequestedScopes>) -> Result<GrantedToken, GrantError> {
        self.for_service(address, scopes).await
    }
}

#[cfg(test)]
mod tests;
