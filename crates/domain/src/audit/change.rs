//! Changes of objects, and the names by which they are stored.

use crate::id::{AdminId, CourseId, CredentialId, JobId, PrincipalId, ProjectId};

/// What was done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Change {
    /// It was created.
    Created,
    /// Its data or settings were changed.
    Changed,
    /// It was disabled or made passive.
    Disabled,
    /// It was enabled or made active again.
    Enabled,
    /// It was replaced by a new one of the same rights.
    Rotated,
    /// It was revoked.
    Revoked,
    /// It was given a password.
    PasswordSet,
    /// It signed in.
    SignedIn,
    /// It was deleted.
    Deleted,
    /// It was cancelled.
    Cancelled,
    /// It was made to run again after it had failed.
    Retried,
    /// It was made to run at once.
    RunNow,
    /// It was suspended.
    Suspended,
    /// Its suspension ended.
    Restored,
}

impl Change {
    /// Every change.
    pub const ALL: [Self; 14] = [
        Self::Created,
        Self::Changed,
        Self::Disabled,
        Self::Enabled,
        Self::Rotated,
        Self::Revoked,
        Self::PasswordSet,
        Self::SignedIn,
        Self::Deleted,
        Self::Cancelled,
        Self::Retried,
        Self::RunNow,
        Self::Suspended,
        Self::Restored,
    ];

    /// The second part of the name of an event.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Rotated => "rotated",
            Self::Revoked => "revoked",
            Self::PasswordSet => "password_set",
            Self::SignedIn => "signed_in",
            Self::Deleted => "deleted",
            Self::Cancelled => "cancelled",
            Self::Retried => "retried",
            Self::RunNow => "run_now",
            Self::Suspended => "suspended",
            Self::Restored => "restored",
        }
    }

    /// The change of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.name() == name)
    }
}

/// The object of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Object {
    /// The account under which the record stands.
    Account,
    /// A credential.
    Credential(CredentialId),
    /// A person or a service.
    Principal(PrincipalId),
    /// A project.
    Project(ProjectId),
    /// A course.
    Course(CourseId),
    /// A job.
    Job(JobId),
    /// An admin of the installation.
    Admin(AdminId),
}

impl Object {
    /// The kind of the object.
    pub const fn kind(self) -> ObjectKind {
        match self {
            Self::Account => ObjectKind::Account,
            Self::Credential(_) => ObjectKind::Credential,
            Self::Principal(_) => ObjectKind::Principal,
            Self::Project(_) => ObjectKind::Project,
            Self::Course(_) => ObjectKind::Course,
            Self::Job(_) => ObjectKind::Job,
            Self::Admin(_) => ObjectKind::Admin,
        }
    }

    /// The number of its id; `None` for the account itself.
    pub const fn id(self) -> Option<i64> {
        match self {
            Self::Account => None,
            Self::Credential(id) => Some(id.get()),
            Self::Principal(id) => Some(id.get()),
            Self::Project(id) => Some(id.get()),
            Self::Course(id) => Some(id.get()),
            Self::Job(id) => Some(id.get()),
            Self::Admin(id) => Some(id.get()),
        }
    }
}

/// The kind of an object of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ObjectKind {
    /// An account.
    Account,
    /// A credential.
    Credential,
    /// A person or a service.
    Principal,
    /// A project.
    Project,
    /// A course.
    Course,
    /// A job.
    Job,
    /// An admin of the installation.
    Admin,
}

impl ObjectKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [Self::Account, Self::Credential, Self::Principal, Self::Project, Self::Course, Self::Job, Self::Admin];

    /// The first part of the name of an event.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Credential => "credential",
            Self::Principal => "principal",
            Self::Project => "project",
            Self::Course => "course",
            Self::Job => "job",
            Self::Admin => "admin",
        }
    }

    /// The object of this kind with that id. `None` if an id is missing, or if the account has one.
    pub const fn object(self, id: Option<i64>) -> Option<Object> {
        match (self, id) {
            (Self::Account, None) => Some(Object::Account),
            (Self::Credential, Some(id)) => Some(Object::Credential(CredentialId::new(id))),
            (Self::Principal, Some(id)) => Some(Object::Principal(PrincipalId::new(id))),
            (Self::Project, Some(id)) => Some(Object::Project(ProjectId::new(id))),
            (Self::Course, Some(id)) => Some(Object::Course(CourseId::new(id))),
            (Self::Job, Some(id)) => Some(Object::Job(JobId::new(id))),
            (Self::Admin, Some(id)) => Some(Object::Admin(AdminId::new(id))),
            (Self::Account, Some(_))
            | (Self::Credential | Self::Principal | Self::Project | Self::Course | Self::Job | Self::Admin, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_stored_by_name() {
        for change in Change::ALL {
            assert_eq!(Change::by_name(change.name()), Some(change));
        }
        assert_eq!(Change::by_name("created "), None);
    }

    #[test]
    fn an_object_comes_back_from_its_kind_and_id() {
        for kind in ObjectKind::ALL {
            let id = (kind != ObjectKind::Account).then_some(7);
            let object = kind.object(id).unwrap();
            assert_eq!((object.kind(), object.id()), (kind, id));
            let other = if id.is_some() { None } else { Some(7) };
            assert_eq!(kind.object(other), None, "{kind:?}");
        }
    }
}
