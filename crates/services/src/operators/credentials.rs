//! How a planned credential is stored and found.

use derslik_domain::identity::CredentialKind;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::{CredentialPlan, TokenPlan};
use derslik_ports::outbound::{CredentialOwner, NewCredential, StoreError, Stores};

use crate::identity::secret::{digest, public_id};

/// The kind of a planned credential, the public part by which the store finds it, and the part that proves it.
fn parts(plan: &CredentialPlan) -> (CredentialKind, String, &[u8]) {
    let (kind, shown, secret) = match plan {
        CredentialPlan::KeyPair(keys) => (CredentialKind::AccessKey, keys.access_key.as_str(), keys.proof.as_slice()),
        CredentialPlan::Opaque(kind, secret) => (*kind, "", secret.as_bytes()),
    };
    (kind, public_id(kind, shown, secret), secret)
}

/// The stored credential, if it is valid.
pub(super) fn owner(stores: &mut dyn Stores, plan: &CredentialPlan) -> Result<Option<CredentialOwner>, StoreError> {
    let (kind, public_id, _) = parts(plan);
    stores.identity().find_credential(kind, &public_id)
}

/// Whether the store holds the credential and it is valid.
pub(super) fn is_valid(stores: &mut dyn Stores, plan: &CredentialPlan) -> Result<bool, StoreError> {
    Ok(owner(stores, plan)?.is_some())
}

/// The credential to store for a service principal, with the default scopes of its kind.
pub(super) fn of_service(plan: &CredentialPlan, at: Timestamp) -> NewCredential {
    let (kind, public_id, secret) = parts(plan);
    NewCredential { kind, public_id, digest: digest(secret), scopes: kind.scopes(), expires_at: None, project: None, access_key: None, at }
}

/// The credential to store for an access token.
pub(super) fn of_token(token: &TokenPlan, at: Timestamp) -> NewCredential {
    let (kind, secret) = (CredentialKind::AccessToken, token.secret.as_bytes());
    NewCredential {
        kind,
        public_id: public_id(kind, "", secret),
        digest: digest(secret),
        scopes: token.scopes,
        expires_at: token.expires_at,
        project: token.project,
        access_key: None,
        at,
    }
}
