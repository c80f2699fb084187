//! Issues the access token for a grant that is proved. Its transaction checks again that the grant holds: the end of the grant either
//! comes before it, or finds the token and ends that as well.

use std::time::Duration;

use derslik_domain::audit::{Change, Object, Requester};
use derslik_domain::course::CalendarDate;
use derslik_domain::id::{AccountId, CredentialId, GrantId, PrincipalId, ProjectId};
use derslik_domain::identity::{CredentialKind, Grant, Principal, PrincipalKind, Scopes, ServiceAccount, User, UserKey, UserState};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{GrantError, GrantedToken};
use derslik_ports::outbound::{NewCredential, Reason, StoreError, Stores, TokenSource};

use super::secret::{digest, public_id};
use crate::record::record;

/// The lifetime of a token in seconds.
pub(super) const TOKEN_SECONDS: u32 = 3_600;
const MICROS: i64 = 1_000_000;

/// A token to issue.
#[derive(Clone)]
pub(super) struct NewGranted {
    /// The text of the token.
    pub(super) token: String,
    /// Its scopes.
    pub(super) scopes: Scopes,
    /// What it is issued for.
    pub(super) source: TokenSource,
    /// The instant at which it expires at the latest; `None` for the lifetime of a token.
    pub(super) until: Option<Timestamp>,
    /// The access key whose log-in got the token that is exchanged; `None` for any other token.
    pub(super) access_key: Option<CredentialId>,
}

/// The owner of a token, and the principal that got it: another one if a service account acts for a person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parties {
    pub(super) owner: Principal,
    pub(super) requester: PrincipalId,
}

impl Parties {
    /// A principal that gets a token for itself.
    pub(super) const fn alone(owner: Principal) -> Self {
        Self { owner, requester: owner.id }
    }
}

/// The instant at which a token ends at the latest that is issued at `now`.
pub(super) fn end_of_token(now: Timestamp, until: Option<Timestamp>) -> Timestamp {
    let full = now.plus(Duration::from_secs(TOKEN_SECONDS.into()));
    until.map_or(full, |until| until.min(full))
}

/// Locks a grant and its principal, and records the day of its use.
///
/// # Errors
/// [`GrantError::Invalid`] if the grant does not hold any more.
pub(super) fn hold(
    stores: &mut dyn Stores,
    account: AccountId,
    id: GrantId,
    owner: PrincipalId,
    now: Timestamp,
) -> Result<Grant, GrantError> {
    // The principal is locked first, as an erasure does it.
    if !stores.identity().hold_principal(account, owner)? {
        return Err(GrantError::Invalid);
    }
    let grant = stores.grants().lock(account, id)?.filter(|grant| grant.principal == owner && !grant.has_ended(now));
    let grant = grant.ok_or(GrantError::Invalid)?;
    let today = CalendarDate::of_utc(now).filter(|today| grant.last_used_on.is_none_or(|day| day < *today));
    if let Some(today) = today {
        stores.grants().touch(account, id, today)?;
    }
    Ok(grant)
}

/// Stores a token of a principal that is held under a public part, and records who got it: both principals stand in the audit log. `None`
/// if a token of that public part is stored already.
///
/// # Errors
/// [`GrantError::Store`].
pub(super) fn issue(
    stores: &mut dyn Stores,
    account: AccountId,
    parties: Parties,
    (new, public_id): (NewGranted, String),
    project: Option<ProjectId>,
    now: Timestamp,
) -> Result<Option<GrantedToken>, GrantError> {
    let Parties { owner, requester } = parties;
    let (kind, secret, end) = (CredentialKind::AccessToken, new.token.as_bytes(), end_of_token(now, new.until));
    let credential = NewCredential {
        kind,
        public_id,
        digest: digest(secret),
        scopes: new.scopes,
        expires_at: Some(end),
        project,
        access_key: new.access_key,
        at: now,
    };
    let added = stores.grants().add_token(account, owner, &credential, new.source)?;
    let Some(id) = added else { return Ok(None) };
    record(stores, account, now, Requester::Principal(requester, id), Change::SignedIn, Object::Principal(owner.id))?;
    Ok(Some(GrantedToken { token: new.token, seconds: seconds_until(end, now), scopes: new.scopes }))
}

/// The whole seconds until an instant.
pub(super) fn seconds_until(end: Timestamp, now: Timestamp) -> u32 {
    u32::try_from((end.micros() - now.micros()) / MICROS).unwrap_or_default()
}

/// As [`issue`], for a token that was made at random.
///
/// # Errors
/// [`GrantError::Store`].
pub(super) fn issue_new(
    stores: &mut dyn Stores,
    account: AccountId,
    parties: Parties,
    new: NewGranted,
    project: Option<ProjectId>,
    now: Timestamp,
) -> Result<GrantedToken, GrantError> {
    let public_id = public_id(CredentialKind::AccessToken, "", new.token.as_bytes());
    let issued = issue(stores, account, parties, (new, public_id), project, now)?;
    issued.ok_or_else(|| StoreError::from(Reason::Conflict).into())
}

/// The person that a text names, if the service account may act for that person and the person may act. The person is held. A text is an
/// address, a user name or a GUID, in this order. It is never a number: user names may be numbers, and no text must name another person than
/// the client means.
///
/// # Errors
/// [`GrantError::Subject`].
pub(super) fn subject(stores: &mut dyn Stores, service: &ServiceAccount, named: &str) -> Result<Principal, GrantError> {
    let account = service.address.account;
    let mut found: Option<User> = None;
    let mut keys: Vec<_> = UserKey::all_of(named).filter_map(|key| Some((place_of(&key)?, key))).collect();
    keys.sort_by_key(|(place, _)| *place);
    for (_, key) in keys {
        found = stores.users().find(account, &key)?;
        if found.is_some() {
            break;
        }
    }
    let may_act = |user: &User| user.kind == PrincipalKind::User && user.status == UserState::Active;
    let person = found.filter(|user| may_act(user) && service.delegation.allows(user.id)).ok_or(GrantError::Subject)?;
    if stores.identity().hold_principal(account, person.id)? { Ok(person.principal()) } else { Err(GrantError::Subject) }
}

/// When a key of a person is tried; `None` for one that is not.
const fn place_of(key: &UserKey) -> Option<u8> {
    match key {
        UserKey::Email(_) => Some(0),
        UserKey::Username(_) => Some(1),
        UserKey::Guid(_) => Some(2),
        UserKey::Id(_) => None,
    }
}

/// The principal of that id.
///
/// # Errors
/// [`GrantError::Invalid`] if it is gone.
pub(super) fn principal_of(stores: &mut dyn Stores, account: AccountId, id: PrincipalId) -> Result<Principal, GrantError> {
    let user = stores.users().find(account, &UserKey::Id(id))?;
    Ok(user.ok_or(GrantError::Invalid)?.principal())
}
