//! Credentials without their secrets, as operators list them.

use crate::course::CalendarDate;
use crate::id::{CredentialId, PrincipalId, ProjectId};
use crate::time::Timestamp;

use super::{CredentialKind, CredentialRoot, Scopes};

/// The credentials that a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CredentialFilter {
    /// Those of this kind; `None` for every kind.
    pub kind: Option<CredentialKind>,
    /// Those of this principal; `None` for every principal.
    pub principal: Option<PrincipalId>,
    /// Also those that were revoked or have expired.
    pub ended: bool,
}

/// A stored credential without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StoredCredential {
    /// Its id within the account.
    pub id: CredentialId,
    /// The kind of its secret.
    pub kind: CredentialKind,
    /// The public part, by which it is found. It may be shown and logged.
    pub public_id: String,
    /// The principal that it proves.
    pub principal: PrincipalId,
    /// Its scopes.
    pub scopes: Scopes,
    /// The project to which it belongs, if any.
    pub project: Option<ProjectId>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it expires; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked; `None` if it was not.
    pub revoked_at: Option<Timestamp>,
    /// The last day, in UTC, on which it was accepted; `None` if it was not accepted since days are recorded.
    pub last_used_on: Option<CalendarDate>,
    /// The access key whose log-in got this token. `None` if it is not such a token, or if it was stored before keys were recorded.
    pub access_key: Option<CredentialId>,
    /// The grant or the first token that this token was issued for, and with which it ends. `None` for every other credential.
    pub issued_for: Option<CredentialRoot>,
}

impl StoredCredential {
    /// Whether it is no longer accepted at `now`, because it was revoked or has expired.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.revoked_at.is_some() || self.expires_at.is_some_and(|expiry| expiry <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn a_credential_has_ended_once_it_is_revoked_or_expired() {
        let (now, later) = (Timestamp::from_micros(5), Timestamp::from_micros(6));
        let stored = |revoked_at, expires_at| StoredCredential {
            id: Id::new(1),
            kind: CredentialKind::AccessKey,
            public_id: "demo-access".to_owned(),
            principal: Id::new(2),
            scopes: CredentialKind::AccessKey.scopes(),
            project: None,
            created_at: Timestamp::from_micros(0),
            expires_at,
            revoked_at,
            last_used_on: None,
            access_key: None,
            issued_for: None,
        };
        for (revoked_at, expires_at, has_ended) in [
            (None, None, false),
            (None, Some(later), false),
            (None, Some(now), true),
            (Some(now), None, true),
            (Some(now), Some(later), true),
        ] {
            assert_eq!(stored(revoked_at, expires_at).has_ended(now), has_ended, "{revoked_at:?} {expires_at:?}");
        }
    }
}
