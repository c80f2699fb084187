//! The events of the audit log, and the names by which they are stored.

use std::fmt;

use super::{Change, DenialCause, Object, ObjectKind, Requester, Subject};
use crate::id::JobId;
use crate::job::ErasureCounts;

/// What happened. `S` is the form of a user that it is about: a name when it is written, a [`Subject`] when it is read.
///
/// ```
/// use derslik_domain::audit::{AuditEvent, Change, Object, Requester, Subject};
/// use derslik_domain::id::CredentialId;
///
/// let object = Object::Credential(CredentialId::new(7));
/// let event = AuditEvent::<Subject>::Change(Requester::Operator, Change::Revoked, object);
/// assert_eq!(event.kind().to_string(), "credential_revoked");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AuditEvent<S = Subject> {
    /// A stage of the erasure of a user.
    Erasure(Erasure<S>),
    /// A principal or the operator changed an object.
    Change(Requester, Change, Object),
    /// Requests were denied.
    Denied {
        /// Why.
        cause: DenialCause,
        /// How many within about a minute.
        count: u64,
    },
}

/// A stage of an erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Erasure<S = Subject> {
    /// The job of the erasure, which may have been pruned since.
    pub job: JobId,
    /// The user that is erased.
    pub subject: S,
    /// How far it has come.
    pub stage: ErasureStage,
}

/// How far an erasure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ErasureStage {
    /// A principal or the operator asked for it.
    Requested(Requester),
    /// A principal or the operator cancelled it. The counts are what had been erased by then.
    Cancelled(Requester, ErasureCounts),
    /// It was completed.
    Completed(ErasureCounts),
}

impl<S> AuditEvent<S> {
    /// The kind of the event.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Erasure(erasure) => match erasure.stage {
                ErasureStage::Requested(_) => EventKind::ErasureRequested,
                ErasureStage::Cancelled(..) => EventKind::ErasureCancelled,
                ErasureStage::Completed(_) => EventKind::ErasureCompleted,
            },
            Self::Change(_, change, object) => EventKind::Change(object.kind(), *change),
            Self::Denied { cause, count: _ } => EventKind::Denied(*cause),
        }
    }

    /// The requester of the event. `None` for a completion, since the worker only carries out a request, and for denied requests.
    pub const fn requester(&self) -> Option<Requester> {
        match self {
            Self::Erasure(erasure) => match erasure.stage {
                ErasureStage::Requested(requester) | ErasureStage::Cancelled(requester, _) => Some(requester),
                ErasureStage::Completed(_) => None,
            },
            Self::Change(requester, ..) => Some(*requester),
            Self::Denied { .. } => None,
        }
    }

    /// The job of the event: that of an erasure, or the object of a change.
    pub const fn job(&self) -> Option<JobId> {
        match self {
            Self::Erasure(erasure) => Some(erasure.job),
            Self::Change(_, _, Object::Job(job)) => Some(*job),
            Self::Change(..) | Self::Denied { .. } => None,
        }
    }

    /// The user that the event is about.
    pub const fn subject(&self) -> Option<&S> {
        match self {
            Self::Erasure(erasure) => Some(&erasure.subject),
            Self::Change(..) | Self::Denied { .. } => None,
        }
    }

    /// What was erased. `None` for a request, which erases nothing, and for other events.
    pub const fn counts(&self) -> Option<ErasureCounts> {
        match self {
            Self::Erasure(erasure) => match erasure.stage {
                ErasureStage::Requested(_) => None,
                ErasureStage::Cancelled(_, counts) | ErasureStage::Completed(counts) => Some(counts),
            },
            Self::Change(..) | Self::Denied { .. } => None,
        }
    }
}

/// The kind of an event. It is stored by its name, such as `erasure_requested`, `credential_revoked` or `denied_expired`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum EventKind {
    /// The request for an erasure.
    ErasureRequested,
    /// The cancellation of an erasure.
    ErasureCancelled,
    /// The end of an erasure.
    ErasureCompleted,
    /// A change of a kind of object.
    Change(ObjectKind, Change),
    /// Requests that were denied for a cause.
    Denied(DenialCause),
}

impl EventKind {
    /// The kind of that name.
    ///
    /// ```
    /// use derslik_domain::audit::{DenialCause, EventKind};
    ///
    /// assert_eq!(EventKind::by_name("denied_expired"), Some(EventKind::Denied(DenialCause::Expired)));
    /// assert_eq!(EventKind::by_name("expired"), None);
    /// ```
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "erasure_requested" => return Some(Self::ErasureRequested),
            "erasure_cancelled" => return Some(Self::ErasureCancelled),
            "erasure_completed" => return Some(Self::ErasureCompleted),
            _ => {}
        }
        let (first, second) = name.split_once('_')?;
        if first == "denied" {
            return DenialCause::by_name(second).map(Self::Denied);
        }
        let object = ObjectKind::ALL.into_iter().find(|kind| kind.name() == first)?;
        Change::by_name(second).map(|change| Self::Change(object, change))
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ErasureRequested => f.write_str("erasure_requested"),
            Self::ErasureCancelled => f.write_str("erasure_cancelled"),
            Self::ErasureCompleted => f.write_str("erasure_completed"),
            Self::Change(object, change) => write!(f, "{}_{}", object.name(), change.name()),
            Self::Denied(cause) => write!(f, "denied_{}", cause.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn erasure(stage: ErasureStage) -> AuditEvent {
        AuditEvent::Erasure(Erasure { job: Id::new(1), subject: Subject::new([7; 32]), stage })
    }

    #[test]
    fn an_erasure_tells_who_and_how_much_where_there_is_something_to_tell() {
        let counts = ErasureCounts::default();
        let requested = erasure(ErasureStage::Requested(Requester::Operator));
        let cancelled = erasure(ErasureStage::Cancelled(Requester::Operator, counts));
        let completed = erasure(ErasureStage::Completed(counts));
        assert_eq!((requested.requester(), requested.counts()), (Some(Requester::Operator), None));
        assert_eq!((cancelled.requester(), cancelled.counts()), (Some(Requester::Operator), Some(counts)));
        assert_eq!((completed.requester(), completed.counts()), (None, Some(counts)));
        for event in [requested, cancelled, completed] {
            assert_eq!((event.job(), event.subject()), (Some(Id::new(1)), Some(&Subject::new([7; 32]))));
        }
    }

    #[test]
    fn a_change_of_a_job_is_found_by_the_job() {
        let change = |object| AuditEvent::<Subject>::Change(Requester::Operator, Change::Retried, object);
        assert_eq!(change(Object::Job(Id::new(3))).job(), Some(Id::new(3)));
        assert_eq!(change(Object::Course(Id::new(3))).job(), None);
    }

    #[test]
    fn denied_requests_have_no_requester() {
        let denied = AuditEvent::<Subject>::Denied { cause: DenialCause::Expired, count: 3 };
        assert_eq!((denied.requester(), denied.job(), denied.subject(), denied.counts()), (None, None, None, None));
    }

    #[test]
    fn every_kind_has_a_name_of_its_own_and_is_found_by_it() {
        let mut kinds = vec![EventKind::ErasureRequested, EventKind::ErasureCancelled, EventKind::ErasureCompleted];
        kinds.extend(ObjectKind::ALL.into_iter().flat_map(|object| Change::ALL.map(|change| EventKind::Change(object, change))));
        kinds.extend(DenialCause::ALL.map(EventKind::Denied));
        for kind in &kinds {
            assert_eq!(EventKind::by_name(&kind.to_string()), Some(*kind), "{kind}");
        }
        let names: std::collections::HashSet<_> = kinds.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), kinds.len());
        for unknown in ["", "credential", "credential_", "erasure_created", "denied", "Credential_revoked"] {
            assert_eq!(EventKind::by_name(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn the_names_of_older_programs_stay() {
        let names = [EventKind::ErasureRequested, EventKind::ErasureCancelled, EventKind::ErasureCompleted].map(|kind| kind.to_string());
        assert_eq!(names, ["erasure_requested", "erasure_cancelled", "erasure_completed"]);
    }
}
