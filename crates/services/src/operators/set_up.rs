//! Writes the rows of an account that is set up: the account, its service principal, credentials, projects and people. Existing
//! rows stay as they are.

use derslik_domain::id::CredentialId;
use derslik_domain::identity::{PersonName, PrincipalKind, Role, User, UserProfile, UserState};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::{AccountPlan, Credentials, UserPlan};
use derslik_ports::outbound::{StoreError, Stores};

use super::credentials::{of_service, of_token};

/// What was written for an account.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// Whether the account is new.
    pub(crate) is_new: bool,
    /// The new credentials of its service principal.
    pub(crate) credentials: Vec<CredentialId>,
}

/// Sets up an account.
pub(crate) fn set_up(stores: &mut dyn Stores, plan: AccountPlan, which: Credentials, at: Timestamp) -> Result<Written, StoreError> {
    let AccountPlan { account, service, service_guid, credentials, projects, users } = plan;
    let mut written = Written { is_new: stores.identity().add_account(&account, at)?, credentials: Vec::new() };
    if !written.is_new && which == Credentials::OfNewAccount {
        return Ok(written);
    }
    let service = User {
        id: service,
        guid: service_guid,
        kind: PrincipalKind::Service,
        role: Role::Admin,
        username: None,
        email: None,
        name: PersonName::new("service").unwrap_or_default(),
        surname: PersonName::default(),
        status: UserState::Active,
        created_at: at,
        updated_at: at,
        profile: UserProfile::default(),
    };
    stores.users().add(account.id, &service)?;
    for credential in &credentials {
        written.credentials.extend(stores.identity().add_credential(account.id, service.principal(), &of_service(credential, at))?);
    }
    for project in &projects {
        stores.projects().add(account.id, project)?;
    }
    for UserPlan { user, tokens } in &users {
        stores.users().add(account.id, user)?;
        for token in tokens {
            stores.identity().add_credential(account.id, user.principal(), &of_token(token, at))?;
        }
    }
    Ok(written)
}
