//! Creates, lists and revokes service accounts, their keys, and the refresh tokens of people.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::audit::{Change, Object, Requester};
use derslik_domain::id::{AccountId, GrantId, PrincipalId};
use derslik_domain::identity::{
    ClientId, Delegation, Email, Grant, GrantProof, PersonName, PrincipalKind, ServiceAccount, ServiceAddress, ServiceName,
    SignatureAlgorithm, User, UserKey, UserProfile, UserState,
};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::Client;
use derslik_ports::inbound::control::AccountIds;
use derslik_ports::inbound::operators::{
    CreateGrantError, CreateServiceAccountError, CreatedRefreshToken, CreatedServiceKey, GrantAdministration, GrantTerms, IssueTokenError,
    NewDelegation, NewServiceAccount, RevokeGrantError,
};
use derslik_ports::outbound::{Clock, Conflict, Ids, NewGrant, Reason, Signatures, SigningKey, StoreError, Stores, Tenant, UnitOfWork};

use super::tokens::project_of;
use crate::identity::secret::{RefreshSecrets, digest, new_grant_id, new_refresh_token};
use crate::named_accounts::NamedAccounts;
use crate::record::record;

/// The use case of grants over a unit of work.
#[derive(Clone)]
pub struct GrantUseCases<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    signatures: Arc<dyn Signatures>,
    /// By which ids texts name accounts.
    accounts: NamedAccounts,
    /// What the audit log names.
    requester: Requester,
}

impl<U> std::fmt::Debug for GrantUseCases<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GrantUseCases").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> GrantUseCases<U> {
    /// The use case over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, signatures: Arc<dyn Signatures>) -> Self {
        Self { uow, clock, ids, signatures, accounts: NamedAccounts::default(), requester: Requester::Operator }
    }

    /// The same use case, where tests have replaced accounts.
    #[must_use]
    pub fn with_account_ids(self, ids: Arc<AccountIds>) -> Self {
        Self { accounts: NamedAccounts::new(ids), ..self }
    }

    /// The same use case in the name of another requester than the operator at the command line.
    #[must_use]
    pub fn acting_for(self, requester: Requester) -> Self {
        Self { requester, ..self }
    }
}

/// The people that a delegation names.
fn people(stores: &mut dyn Stores, account: AccountId, named: NewDelegation) -> Result<Delegation, CreateServiceAccountError> {
    let NewDelegation::People(keys) = named else { return Ok(Delegation::Everyone) };
    let mut people = BTreeSet::new();
    for key in keys {
        let user = stores.users().find(account, &key)?;
        let user = user.filter(|user| user.kind == PrincipalKind::User).ok_or(CreateServiceAccountError::UnknownUser)?;
        // Read again with a lock, against a concurrent erasure.
        let user = stores.users().lock(account, user.id)?.filter(|user| user.status != UserState::Deleted);
        people.insert(user.ok_or(CreateServiceAccountError::UnknownUser)?.id);
    }
    Ok(if people.is_empty() { Delegation::None } else { Delegation::People(people) })
}

/// Adds a grant unless its principal holds the most of that kind, and records it as a change of the principal.
fn add(stores: &mut dyn Stores, account: AccountId, requester: Requester, grant: &NewGrant) -> Result<GrantId, CreateGrantError> {
    let valid = stores.grants().valid_of(account, grant.principal, grant.proof.kind(), grant.at)?;
    if u32::try_from(valid.len()).is_ok_and(|count| count >= Grant::MOST) {
        return Err(CreateGrantError::TooMany);
    }
    let added = stores.grants().add(account, grant)?;
    let id = added.ok_or(StoreError::Conflict(Conflict::Credential))?;
    record(stores, account, grant.at, requester, Change::Changed, Object::Principal(grant.principal))?;
    Ok(id)
}

/// Revokes what a principal holds: grants, credentials, and the tokens that were issued for them.
fn revoke_all(
    stores: &mut dyn Stores,
    account: AccountId,
    requester: Requester,
    principal: PrincipalId,
    at: Timestamp,
) -> Result<(), StoreError> {
    stores.identity().revoke_credentials_of(account, principal, at)?;
    record(stores, account, at, requester, Change::Revoked, Object::Principal(principal))
}

#[async_trait]
impl<U: UnitOfWork> GrantAdministration for GrantUseCases<U> {
    async fn create_service_account(
        &self,
        account: AccountId,
        new: NewServiceAccount,
    ) -> Result<ServiceAccount, CreateServiceAccountError> {
        let (guid, at) = (self.ids.user_guid(), self.clock.now_of(account));
        let NewServiceAccount { name, role, scopes, delegation } = new;
        let accounts = self.accounts.clone();
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                if stores.grants().find_service_account(account, &name)?.is_some() {
                    return Err(CreateServiceAccountError::NameTaken);
                }
                let delegation = people(stores, account, delegation)?;
                let shown = ServiceAddress { account: accounts.name_of(account), name: name.clone() };
                let address = ServiceAddress { account, name };
                let id = stores.users().next_id(account)?;
                let user = User {
                    id,
                    guid,
                    kind: PrincipalKind::Service,
                    role,
                    username: None,
                    email: Email::parse(&shown.to_string()).ok(),
                    name: PersonName::new(address.name.as_str()).unwrap_or_default(),
                    surname: PersonName::default(),
                    status: UserState::Active,
                    created_at: at,
                    updated_at: at,
                    profile: UserProfile { login_allowed: false, ..UserProfile::default() },
                };
                let service = ServiceAccount { address, principal: id, scopes, delegation, created_at: at };
                // Another transaction may have taken the id or the name that was free a moment ago.
                if !stores.users().add(account, &user)? || !stores.grants().add_service_account(&service)? {
                    return Err(StoreError::from(Reason::Conflict).into());
                }
                record(stores, account, at, requester, Change::Created, Object::Principal(id))?;
                Ok(accounts.shown(service))
            })
            .await
    }

    async fn list_service_accounts(&self, account: AccountId, page: PageRequest<PrincipalId>) -> Result<Vec<ServiceAccount>, StoreError> {
        let listed = self.uow.read(Tenant::Installation, move |stores| stores.grants().list_service_accounts(account, page));
        let listed: Result<Vec<_>, StoreError> = listed.await;
        Ok(listed?.into_iter().map(|service| self.accounts.shown(service)).collect())
    }

    async fn revoke_service_account(&self, account: AccountId, name: ServiceName) -> Result<(), RevokeGrantError> {
        let at = self.clock.now_of(account);
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let service = stores.grants().find_service_account(account, &name)?.ok_or(RevokeGrantError::NotFound)?;
                // It may not act any more: callers inside of the program need no key of it.
                let locked = stores.users().lock(account, service.principal)?;
                if let Some(user) = locked.filter(|user| user.status == UserState::Active) {
                    stores.users().update(account, &User { status: UserState::Passive, updated_at: at, ..user })?;
                }
                Ok(revoke_all(stores, account, requester, service.principal, at)?)
            })
            .await
    }

    async fn create_key(
        &self,
        account: AccountId,
        service: ServiceName,
        algorithm: SignatureAlgorithm,
        terms: GrantTerms,
    ) -> Result<CreatedServiceKey, CreateGrantError> {
        let SigningKey { private_pem, public } = self.signatures.new_key(algorithm)?;
        let (key, at) = (new_grant_id(self.ids.as_ref()), self.clock.now_of(account));
        let GrantTerms { scopes, project, lifetime } = terms;
        let (expires_at, accounts) = (lifetime.end(at), self.accounts.clone());
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let service = stores.grants().find_service_account(account, &service)?.ok_or(CreateGrantError::UnknownService)?;
                if !scopes.is_within(service.scopes) {
                    return Err(CreateGrantError::ScopeOutside);
                }
                let project = project_of(stores, account, project)?;
                let user = stores.users().lock(account, service.principal)?.filter(|user| user.status != UserState::Deleted);
                let user = user.ok_or(CreateGrantError::UnknownService)?;
                let (principal, is_revoked) = (user.id, user.status == UserState::Passive);
                if is_revoked {
                    stores.users().update(account, &User { status: UserState::Active, updated_at: at, ..user })?;
                    record(stores, account, at, requester, Change::Enabled, Object::Principal(principal))?;
                }
                let proof = GrantProof::Key { algorithm, key: public };
                let grant = NewGrant { principal: service.principal, public_id: key.clone(), proof, scopes, project, expires_at, at };
                let id = add(stores, account, requester, &grant)?;
                let ServiceAccount { address, principal, .. } = accounts.shown(service);
                Ok(CreatedServiceKey { id, address, principal, key, private_pem, expires_at })
            })
            .await
    }

    async fn create_refresh_token(
        &self,
        account: AccountId,
        user: UserKey,
        terms: GrantTerms,
    ) -> Result<CreatedRefreshToken, CreateGrantError> {
        let (public_id, at) = (new_grant_id(self.ids.as_ref()), self.clock.now_of(account));
        let RefreshSecrets { token, client } = new_refresh_token(self.ids.as_ref(), &public_id);
        let GrantTerms { scopes, project, lifetime } = terms;
        let (expires_at, named) = (lifetime.end(at), self.accounts.name_of(account));
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let project = project_of(stores, account, project)?;
                let user = stores.users().find(account, &user)?.ok_or(IssueTokenError::UnknownUser)?;
                // Read again with a lock, against a concurrent erasure.
                let user = stores.users().lock(account, user.id)?;
                let user = user.filter(|user| user.status != UserState::Deleted && user.kind == PrincipalKind::User);
                let user = user.ok_or(IssueTokenError::UnknownUser)?;
                if user.status == UserState::Passive {
                    return Err(IssueTokenError::PassiveUser.into());
                }
                let proof = GrantProof::Refresh { client: digest(client.as_bytes()), token: digest(token.as_bytes()) };
                let grant = NewGrant { principal: user.id, public_id: public_id.clone(), proof, scopes, project, expires_at, at };
                let id = add(stores, account, requester, &grant)?;
                let client = Client { id: ClientId { account: named, public_id }.to_string(), secret: client };
                Ok(CreatedRefreshToken { id, client, token, expires_at })
            })
            .await
    }

    async fn list(&self, account: AccountId, principal: Option<PrincipalId>, page: PageRequest<GrantId>) -> Result<Vec<Grant>, StoreError> {
        self.uow.read(Tenant::Installation, move |stores| stores.grants().list(account, principal, page)).await
    }

    async fn revoke(&self, account: AccountId, grant: GrantId) -> Result<(), RevokeGrantError> {
        let at = self.clock.now_of(account);
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let found = stores.grants().lock(account, grant)?.ok_or(RevokeGrantError::NotFound)?;
                if stores.grants().revoke(account, grant, at)? {
                    record(stores, account, at, requester, Change::Revoked, Object::Principal(found.principal))?;
                }
                Ok(())
            })
            .await
    }
}

#[cfg(test)]
mod tests;
