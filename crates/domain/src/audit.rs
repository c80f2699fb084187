//! What has to be known later of what was done to the data of people: who asked for an erasure, what became of it, and how
//! much went. It knows nothing of where records are kept, and holds nothing of what was erased.

use crate::id::{CredentialId, Id, JobId, PrincipalId, kind};
use crate::identity::Actor;
use crate::job::{ErasureCounts, ReferenceId};
use crate::time::Timestamp;

/// The id of a record within its account. Records come in its order.
pub type AuditId = Id<kind::AuditRecord>;

/// A record to write. Whom it is about is written as a [`Subject`], which does not tell the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditRecord {
    /// When it happened.
    pub at: Timestamp,
    /// The job that it happened to.
    pub job: JobId,
    /// Whom it is about, in the words of who asked.
    pub about: ReferenceId,
    /// What happened.
    pub event: AuditEvent,
}

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its id.
    pub id: AuditId,
    /// When it happened.
    pub at: Timestamp,
    /// The job that it happened to, which may be gone by now.
    pub job: JobId,
    /// Whom it is about.
    pub subject: Subject,
    /// What happened.
    pub event: AuditEvent,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditEvent {
    /// Somebody asked for the erasure of a user.
    ErasureRequested(Requester),
    /// Somebody called an erasure off. What had gone by then is told.
    ErasureCancelled(Requester, ErasureCounts),
    /// An erasure came to its end.
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

    /// Who made it happen; a worker, who only does what it was told, is nobody.
    pub const fn requester(&self) -> Option<Requester> {
        match self {
            Self::ErasureRequested(requester) | Self::ErasureCancelled(requester, _) => Some(*requester),
            Self::ErasureCompleted(_) => None,
        }
    }

    /// How much went, where anything could.
    pub const fn counts(&self) -> Option<ErasureCounts> {
        match self {
            Self::ErasureRequested(_) => None,
            Self::ErasureCancelled(_, counts) | Self::ErasureCompleted(counts) => Some(*counts),
        }
    }
}

/// Who made something happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requester {
    /// A principal of the account, by one of its credentials.
    Principal(PrincipalId, CredentialId),
    /// Whoever runs the installation.
    Operator,
}

impl From<&Actor> for Requester {
    fn from(actor: &Actor) -> Self {
        Self::Principal(actor.principal.id, actor.credential)
    }
}

/// Whom a record is about: a digest of a name under a key of the installation. The same name always has the same.
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
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Which records are asked for, by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// Only those about whom the text names, in just this spelling.
    pub about: Option<ReferenceId>,
    /// Only those of this job.
    pub job: Option<JobId>,
    /// The record after which the page begins.
    pub after: Option<AuditId>,
    /// The most records.
    pub limit: u32,
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
