//! The life of credentials: lists, creates, rotates and revokes them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::audit::{Change, Object};
use derslik_domain::id::{AccountId, CredentialId, Id};
use derslik_domain::identity::{CredentialFilter, CredentialKind, PrincipalKind, StoredCredential, TokenLifetime, UserKey};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::{
    CreatedKey, CreatedSecret, CredentialAdministration, CredentialPlan, KeyError, MAX_OVERLAP, NewKey,
};
use derslik_ports::outbound::{Conflict, Ids, NewCredential, StoreError, Stores, Tenant, UnitOfWork};

use super::UseCases;
use super::credentials::of_service;
use crate::identity::secret::{new_account_key, new_key_pair, new_token};
use crate::record::record;

#[async_trait]
impl<U: UnitOfWork> CredentialAdministration for UseCases<U> {
    async fn list(
        &self,
        account: AccountId,
        filter: CredentialFilter,
        page: PageRequest<CredentialId>,
    ) -> Result<Vec<StoredCredential>, StoreError> {
        let now = self.clock.now_of(account);
        self.uow.read(Tenant::Installation, move |stores| stores.identity().list_credentials(account, &filter, now, page)).await
    }

    async fn create(&self, account: AccountId, new: NewKey) -> Result<CreatedKey, KeyError> {
        let NewKey { kind, days } = new;
        if kind == CredentialKind::AccessToken {
            return Err(KeyError::TokensAreIssued);
        }
        let (secret, at) = (new_secret(kind, self.ids.as_ref()), self.clock.now_of(account));
        let expires_at = days.and_then(|days| TokenLifetime::Days(days).end(at));
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let service = stores.users().find_service(account)?.ok_or(KeyError::NoService)?;
                if !stores.identity().hold_principal(account, service.id)? {
                    return Err(KeyError::NoService);
                }
                let new = NewCredential { expires_at, ..of_service(&plan_of(&secret), at) };
                let id = stores.identity().add_credential(account, service.principal(), &new)?;
                let id = id.ok_or(StoreError::Conflict(Conflict::Credential))?;
                record(stores, account, at, requester, Change::Created, Object::Credential(id))?;
                Ok(CreatedKey { id, secret, expires_at })
            })
            .await
    }

    async fn rotate(
        &self,
        account: AccountId,
        credential: CredentialId,
        overlap: Duration,
        lifetime: Option<TokenLifetime>,
    ) -> Result<CreatedKey, KeyError> {
        let (ids, at) = (Arc::clone(&self.ids), self.clock.now_of(account));
        let end = at.plus(overlap.min(MAX_OVERLAP));
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let found = find(stores, account, credential, at)?.ok_or(KeyError::NotFound)?;
                // The principal is locked first, as an erasure does it.
                let may_act = stores.identity().hold_principal(account, found.principal)?;
                let old = stores.identity().lock_credential(account, credential)?.ok_or(KeyError::NotFound)?;
                if !may_act || old.has_ended(at) {
                    return Err(KeyError::Ended);
                }
                if old.issued_for.is_some() {
                    return Err(KeyError::Issued);
                }
                let owner = stores.users().find(account, &UserKey::Id(old.principal))?.ok_or(KeyError::Ended)?;
                let secret = new_secret(old.kind, ids.as_ref());
                let as_long = || old.expires_at.map(|end| at.plus(end.since(old.created_at)));
                let expires_at = lifetime.map_or_else(as_long, |lifetime| lifetime.end(at));
                let (scopes, project, access_key) = (old.scopes, old.project, old.access_key);
                let new = NewCredential { scopes, project, access_key, expires_at, ..of_service(&plan_of(&secret), at) };
                let id = stores.identity().add_credential(account, owner.principal(), &new)?;
                let id = id.ok_or(StoreError::Conflict(Conflict::Credential))?;
                stores.identity().end_credential(account, credential, end)?;
                if old.kind == CredentialKind::AccessKey && owner.kind == PrincipalKind::Service {
                    stores.identity().end_tokens_of_key(account, owner.id, credential, end)?;
                }
                record(stores, account, at, requester, Change::Rotated, Object::Credential(credential))?;
                record(stores, account, at, requester, Change::Created, Object::Credential(id))?;
                Ok(CreatedKey { id, secret, expires_at })
            })
            .await
    }

    async fn revoke(&self, account: AccountId, credential: CredentialId) -> Result<(), KeyError> {
        let at = self.clock.now_of(account);
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let found = stores.identity().lock_credential(account, credential)?.ok_or(KeyError::NotFound)?;
                if found.revoked_at.is_some() {
                    return Ok(());
                }
                stores.identity().revoke_credential(account, credential, at)?;
                if found.kind == CredentialKind::AccessKey && is_service(stores, account, &found)? {
                    stores.identity().revoke_tokens_of_key(account, found.principal, credential, at)?;
                }
                record(stores, account, at, requester, Change::Revoked, Object::Credential(credential))?;
                Ok(())
            })
            .await
    }
}

/// The credential of that id, also one that has ended.
fn find(
    stores: &mut dyn Stores,
    account: AccountId,
    credential: CredentialId,
    now: Timestamp,
) -> Result<Option<StoredCredential>, StoreError> {
    let filter = CredentialFilter { ended: true, ..CredentialFilter::default() };
    let page = PageRequest { size: 1, after: credential.get().checked_sub(1).map(Id::new) };
    let found = stores.identity().list_credentials(account, &filter, now, page)?;
    Ok(found.into_iter().find(|found| found.id == credential))
}

/// Whether a service owns the credential. Its tokens come from log-ins with its access keys alone, so any of those keys may have got a
/// token without a recorded key.
fn is_service(stores: &mut dyn Stores, account: AccountId, credential: &StoredCredential) -> Result<bool, StoreError> {
    let owner = stores.users().find(account, &UserKey::Id(credential.principal))?;
    Ok(owner.is_some_and(|owner| owner.kind == PrincipalKind::Service))
}

fn new_secret(kind: CredentialKind, ids: &dyn Ids) -> CreatedSecret {
    match kind {
        CredentialKind::AccessKey => CreatedSecret::KeyPair(new_key_pair(ids)),
        CredentialKind::AccountKey => CreatedSecret::Opaque(kind, new_account_key(ids)),
        CredentialKind::AccessToken => CreatedSecret::Opaque(kind, new_token(ids)),
    }
}

fn plan_of(secret: &CreatedSecret) -> CredentialPlan {
    match secret {
        CreatedSecret::KeyPair(keys) => CredentialPlan::KeyPair(keys.clone()),
        CreatedSecret::Opaque(kind, text) => CredentialPlan::Opaque(*kind, text.clone()),
    }
}

#[cfg(test)]
mod tests;
