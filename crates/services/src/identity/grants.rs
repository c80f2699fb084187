//! Issues access tokens of an hour for grants: assertions of service accounts, refresh tokens, and other access tokens.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::audit::DenialCause;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{ClientId, CredentialKind, GrantKind, GrantProof, ServiceAccount, ServiceAddress, StoredCredential};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::{Assertion, Client, DenialLog, GrantError, GrantedToken, RequestedScopes, TokenGrants, TokenRequest};
use derslik_ports::outbound::{Clock, Ids, Signatures, StoreError, Stores, Tenant, TokenSource, UnitOfWork};
use subtle::ConstantTimeEq;

use super::assertion::{granted, is_open, log_refused, verify};
use super::issue::{NewGranted, Parties, hold, issue_new, principal_of, subject};
use super::secret::{Malformed, digest, find_public_id, new_token};

/// The use case of exchanging grants over a unit of work.
#[derive(Clone)]
pub struct Grants<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    signatures: Arc<dyn Signatures>,
    denials: Option<Arc<dyn DenialLog>>,
}

impl<U> std::fmt::Debug for Grants<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grants").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> Grants<U> {
    /// The use case over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, signatures: Arc<dyn Signatures>) -> Self {
        Self { uow, clock, ids, signatures, denials: None }
    }

    /// The same use case, which counts refused grants there.
    #[must_use]
    pub fn with_denials(self, denials: Arc<dyn DenialLog>) -> Self {
        Self { denials: Some(denials), ..self }
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
            GrantError::Store(_) => return,
        };
        if let Some(denials) = &self.denials {
            denials.note(account, cause);
        }
    }

    async fn for_assertion(&self, assertion: Assertion) -> Result<GrantedToken, GrantError> {
        let now = self.clock.now();
        let verified = verify(&self.uow, &self.signatures, &assertion, now).await?;
        let (token, account) = (new_token(self.ids.as_ref()), verified.account);
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

    async fn for_refresh_token(&self, client: Client, shown: String, scopes: Option<RequestedScopes>) -> Result<GrantedToken, GrantError> {
        let now = self.clock.now();
        let ClientId { account, public_id } = client.id.parse().map_err(|_| GrantError::Client)?;
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

    async fn for_token(&self, shown: String, scopes: Option<RequestedScopes>) -> Result<GrantedToken, GrantError> {
        let (now, kind) = (self.clock.now(), CredentialKind::AccessToken);
        let public_id = find_public_id(kind, "", shown.as_bytes()).map_err(|Malformed| GrantError::Invalid)?;
        let found = self.uow.read(Tenant::Unknown, move |stores| stores.identity().find_credential(kind, &public_id));
        let found: Result<_, StoreError> = found.await;
        let shown_digest = digest(shown.as_bytes());
        let is_shown = |stored: &[u8; 32]| bool::from(stored.ct_eq(shown_digest.bytes()));
        let owner = found?.filter(|owner| is_shown(owner.credential.digest.bytes()) && !owner.credential.is_expired(now));
        let owner = owner.ok_or(GrantError::Invalid)?;
        let (account, old) = (owner.account.id, owner.credential);
        let scopes = granted(scopes, old.scopes)?;
        let token = new_token(self.ids.as_ref());
        self.uow
            .write(account, move |stores| {
                if !stores.identity().hold_principal(account, old.principal.id)? {
                    return Err(GrantError::Invalid);
                }
                let held = stores.identity().lock_credential(account, old.id)?.filter(|held| !held.has_ended(now));
                let StoredCredential { expires_at: until, access_key, .. } = held.ok_or(GrantError::Invalid)?;
                let new = NewGranted { token, scopes, source: TokenSource::Token(old.id), until, access_key };
                issue_new(stores, account, Parties::alone(old.principal), new, old.project, now)
            })
            .await
    }

    /// The service account of that address, if it may act.
    async fn find(&self, address: ServiceAddress) -> Result<Option<ServiceAccount>, StoreError> {
        self.uow
            .read(Tenant::Unknown, move |stores| {
                if !is_open(stores, address.account)? {
                    return Ok(None);
                }
                stores.grants().find_service_account(address.account, &address.name)
            })
            .await
    }

    async fn for_service(&self, address: ServiceAddress, scopes: Option<RequestedScopes>) -> Result<GrantedToken, GrantError> {
        let (now, account) = (self.clock.now(), address.account);
        let service = self.find(address).await?.ok_or(GrantError::Invalid)?;
        let scopes = granted(scopes, service.scopes)?;
        let token = new_token(self.ids.as_ref());
        self.uow
            .write(account, move |stores| {
                if !stores.identity().hold_principal(account, service.principal)? {
                    return Err(GrantError::Invalid);
                }
                let owner = principal_of(stores, account, service.principal)?;
                let first = stores.projects().list(account, PageRequest { size: 1, after: None })?;
                let new = NewGranted { token, scopes, source: TokenSource::Program, until: None, access_key: None };
                issue_new(stores, account, Parties::alone(owner), new, first.first().map(|project| project.id), now)
            })
            .await
    }
}

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
    async fn grant(&self, request: TokenRequest) -> Result<GrantedToken, GrantError> {
        let account = claimed_account(&request);
        let issued = match request {
            TokenRequest::Assertion(assertion) => self.for_assertion(assertion).await,
            TokenRequest::Refresh { client, token, scopes } => self.for_refresh_token(client, token, scopes).await,
            TokenRequest::Exchange { token, scopes } => self.for_token(token, scopes).await,
        };
        issued.inspect_err(|error| self.count(account, error))
    }

    async fn find_service_account(&self, address: ServiceAddress) -> Result<Option<ServiceAccount>, StoreError> {
        self.find(address).await
    }

    async fn grant_to(&self, address: ServiceAddress, scopes: Option<RequestedScopes>) -> Result<GrantedToken, GrantError> {
        self.for_service(address, scopes).await
    }
}

#[cfg(test)]
mod tests;
