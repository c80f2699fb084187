//! The audit log: which principal or operator changed what, who signed in, what was refused, and what an erasure removed. Records
//! hold ids, never the name or address of a person. Where they are kept is decided elsewhere.

mod change;
mod denial;
mod event;
mod seal;

use crate::id::{AccountId, AdminId, CredentialId, Id, JobId, PrincipalId, kind};
use crate::identity::{Actor, Operator};
use crate::job::ReferenceId;
use crate::text::hex;
use crate::time::Timestamp;

pub use change::{Change, Object, ObjectKind};
pub use denial::DenialCause;
pub use event::{AuditEvent, Erasure, ErasureStage, EventKind};
pub use seal::{AuditHead, AuditHeadError, Checkpoint, Seal, SealKeyId, SealSequence, StoredSeal, checkpoint_message, seal_message};

/// The id of a record within its account. Records are listed in the order of their ids.
pub type AuditId = Id<kind::AuditRecord>;

/// The account under which records about the whole installation stand. No account has this id.
pub const INSTALLATION: AccountId = AccountId::new(0);

/// A record to write. A user that it is about is stored as a [`Subject`], which does not reveal the name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NewAuditRecord {
    /// When it happened.
    pub at: Timestamp,
    /// What happened. A user that it is about is named as the client named it.
    pub event: AuditEvent<ReferenceId>,
}

/// A stored record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AuditRecord {
    /// Its id.
    pub id: AuditId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened. A user that it is about is a digest.
    pub event: AuditEvent<Subject>,
}

/// The requester of a change, of an erasure, or of the cancellation of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Requester {
    /// A principal of the account, by one of its credentials.
    Principal(PrincipalId, CredentialId),
    /// The operator of the installation, by a command.
    Operator,
    /// An admin of the installation, who has signed in.
    Admin(AdminId),
}

impl Requester {
    /// Whether it is the operator of the installation, by a command or as an admin.
    pub const fn is_operator(self) -> bool {
        match self {
            Self::Operator | Self::Admin(_) => true,
            Self::Principal(..) => false,
        }
    }
}

impl From<Operator> for Requester {
    fn from(operator: Operator) -> Self {
        match operator {
            Operator::Installation => Self::Operator,
            Operator::Admin(admin) => Self::Admin(admin),
        }
    }
}

impl From<&Actor> for Requester {
    fn from(actor: &Actor) -> Self {
        actor.operator.map_or(Self::Principal(actor.principal.id, actor.credential), Self::from)
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

/// The records that a list is about. The default is all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AuditFilter {
    /// Only those about the user of this name, in exactly this spelling.
    pub about: Option<ReferenceId>,
    /// Only those of this job.
    pub job: Option<JobId>,
    /// Only those of this kind of event.
    pub event: Option<EventKind>,
    /// Only those from this instant on.
    pub from: Option<Timestamp>,
    /// Only those before this instant.
    pub before: Option<Timestamp>,
}

impl AuditFilter {
    /// How many records a list that begins with the newest looks at for one page at most, if it is filtered by event or time. Older
    /// ones are not found. The search begins close to [`before`](Self::before) in a longer log.
    pub const LOOKED_AT: u32 = 10_000;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_recorded_as_what_acted() {
        let admin = AdminId::new(3);
        let requesters = [Operator::Installation, Operator::Admin(admin)].map(Requester::from);
        assert_eq!(requesters, [Requester::Operator, Requester::Admin(admin)]);
        assert!(requesters.into_iter().all(Requester::is_operator));
        assert!(!Requester::Principal(Id::new(4), Id::new(5)).is_operator());
    }

    #[test]
    fn a_subject_is_shown_as_hexadecimal_digits() {
        let mut digest = [0; 32];
        digest[0] = 0xab;
        assert_eq!(Subject::new(digest).to_string(), format!("ab{}", "0".repeat(62)));
    }
}
