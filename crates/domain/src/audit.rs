//! The audit log: which principal asked for an erasure, how it ended, and how many rows it erased. Records hold none of the
//! erased data. Where they are kept is decided elsewhere.

use crate::id::{CredentialId, Id, JobId, PrincipalId, kind};
use crate::identity::Actor;
use crate::job::{ErasureCounts, ReferenceId};
use crate::text::hex;
use crate::time::Timestamp;

/// The id of a record within its account. Records are listed in the order of their ids.
pub type AuditId = Id<kind::AuditRecord>;

/// A record to write. The user that it is about is stored as a [`Subject`], which does not reveal the name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NewAuditRecord {
    /// When it happened.
    pub at: Timestamp,
    /// The job that it is about.
    pub job: JobId,
    /// The user that it is about, as the client named it.
    pub about: ReferenceId,
    /// What happened.
    pub event: AuditEvent,
}

/// A stored record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AuditRecord {
    /// Its id.
    pub id: AuditId,
    /// When it happened.
    pub at: Timestamp,
    /// The job that it is about, which may have been pruned since.
    pub job: JobId,
    /// The user that it is about, as a digest.
    pub subject: Subject,
    /// What happened.
    pub event: AuditEvent,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AuditEvent {
    /// A principal or the operator asked for the erasure of a user.
    ErasureRequested(Requester),
    /// A principal or the operator cancelled an erasure. The counts are what had been erased by then.
    ErasureCancelled(Requester, ErasureCounts),
    /// An erasure was completed.
    ErasureCompleted(ErasureCounts),
}

impl AuditEvent {
    /// The name by which it is stored.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ErasureRequested(_) => "erasure_requested",
            Self::ErasureCancelled(..) => "erasure_cancelled",
            Self::ErasureCompleted(_) => "erasure_completed",
        }
    }

    /// The requester of the event. `None` for a completion, since the worker only carries out a request.
    pub const fn requester(&self) -> Option<Requester> {
        match self {
            Self::ErasureRequested(requester) | Self::ErasureCancelled(requester, _) => Some(*requester),
            Self::ErasureCompleted(_) => None,
        }
    }

    /// What was erased; `None` for a request, which erases nothing.
    pub const fn counts(&self) -> Option<ErasureCounts> {
        match self {
            Self::ErasureRequested(_) => None,
            Self::ErasureCancelled(_, counts) | Self::ErasureCompleted(counts) => Some(*counts),
        }
    }
}

/// The requester of an erasure or of its cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Requester {
    /// A principal of the account, by one of its credentials.
    Principal(PrincipalId, CredentialId),
    /// The operator of the installation.
    Operator,
}

impl From<&Actor> for Requester {
    fn from(actor: &Actor) -> Self {
        Self::Principal(actor.principal.id, actor.credential)
    }
}

/// The user that a record is about: a digest of a name under a key of the installation. The same name always has the same
/// digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject([u8; 32]);

impl Subject {
    /// Wraps a digest.
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest.
    pub const fn digest(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// The records that a list is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AuditFilter {
    /// Only those about the user of this name, in exactly this spelling.
    pub about: Option<ReferenceId>,
    /// Only those of this job.
    pub job: Option<JobId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_shown_as_hexadecimal_digits() {
        let mut digest = [0; 32];
        digest[0] = 0xab;
        assert_eq!(Subject::new(digest).to_string(), format!("ab{}", "0".repeat(62)));
    }

    #[test]
    fn an_event_tells_who_and_how_much_where_there_is_something_to_tell() {
        let counts = ErasureCounts::default();
        let (requested, completed) = (AuditEvent::ErasureRequested(Requester::Operator), AuditEvent::ErasureCompleted(counts));
        let cancelled = AuditEvent::ErasureCancelled(Requester::Operator, counts);
        assert_eq!((requested.requester(), requested.counts()), (Some(Requester::Operator), None));
        assert_eq!((cancelled.requester(), cancelled.counts()), (Some(Requester::Operator), Some(counts)));
        assert_eq!((completed.requester(), completed.counts()), (None, Some(counts)));
    }
}
