//! The one decision about which actor may do what.

use super::{Actor, Role, Scope};

/// The action that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Action {
    /// Read or search sessions.
    ReadSessions,
    /// Create or change sessions.
    WriteSessions,
    /// Delete sessions.
    DeleteSessions,
    /// Read or list the people of the account.
    ReadPeople,
    /// Add, change or delete people of the account.
    ManagePeople,
    /// Read projects, their jobs, and the data that is stored about a user.
    ReadJobs,
    /// Cancel jobs.
    CancelJobs,
    /// Have a user's data erased.
    EraseUser,
    /// Create projects.
    ManageProjects,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 9] = [
        Self::ReadSessions,
        Self::WriteSessions,
        Self::DeleteSessions,
        Self::ReadPeople,
        Self::ManagePeople,
        Self::ReadJobs,
        Self::CancelJobs,
        Self::EraseUser,
        Self::ManageProjects,
    ];

    const fn scope(self) -> Scope {
        match self {
            Self::ReadSessions | Self::WriteSessions | Self::DeleteSessions | Self::ReadPeople | Self::ManagePeople => Scope::Sessions,
            Self::ReadJobs | Self::CancelJobs | Self::EraseUser | Self::ManageProjects => Scope::Jobs,
        }
    }
}

/// Why a request was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Denial {
    /// The credential does not open this kind of request.
    #[error("the credential does not allow this")]
    Scope(Scope),
    /// The principal may not do this.
    #[error("only an administrator of the account may do this")]
    Role,
}

/// Decides whether `actor` may do `action` at all. Objects need no further check: a store only finds those of the actor's
/// own account.
///
/// # Errors
/// The [`Denial`].
pub fn authorize(actor: &Actor, action: Action) -> Result<(), Denial> {
    let scope = action.scope();
    if !actor.scopes.contains(scope) {
        return Err(Denial::Scope(scope));
    }
    match (action, actor.principal.role) {
        (
            Action::ReadSessions
            | Action::WriteSessions
            | Action::DeleteSessions
            | Action::ReadPeople
            | Action::ManagePeople
            | Action::ReadJobs
            | Action::CancelJobs
            | Action::EraseUser
            | Action::ManageProjects,
            Role::Admin,
        ) => Ok(()),
        (
            Action::ReadSessions
            | Action::WriteSessions
            | Action::DeleteSessions
            | Action::ReadPeople
            | Action::ManagePeople
            | Action::ReadJobs
            | Action::CancelJobs
            | Action::EraseUser
            | Action::ManageProjects,
            Role::Member,
        ) => Err(Denial::Role),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::course::CourseSettings;
    use crate::id::Id;
    use crate::identity::{Account, AccountSettings, CredentialRoot, Lang, Principal, PrincipalKind, Scopes};
    use crate::time::{StartDateMode, Zone};

    fn actor(role: Role, scopes: Scopes) -> Actor {
        let settings = AccountSettings {
            lang: Lang::parse("en-US").unwrap(),
            timezone: Zone::ISTANBUL,
            start_date_mode: StartDateMode::Civil,
            courses: CourseSettings::default(),
        };
        Actor {
            account: Arc::new(Account { id: Id::new(1), name: crate::text::Name::new("demo").unwrap(), settings }),
            shown_account: Id::new(1),
            principal: Principal { id: Id::new(2), kind: PrincipalKind::Service, role },
            scopes,
            credential: Id::new(3),
            root: CredentialRoot::Credential(Id::new(3)),
            project: None,
            trace: None,
            operator: None,
        }
    }

    #[test]
    fn every_action_needs_the_scope_and_the_role() {
        let all: Scopes = Scope::ALL.into_iter().collect();
        for action in Action::ALL {
            assert_eq!(authorize(&actor(Role::Admin, all), action), Ok(()));
            assert_eq!(authorize(&actor(Role::Admin, Scopes::default()), action), Err(Denial::Scope(action.scope())));
            assert_eq!(authorize(&actor(Role::Member, all), action), Err(Denial::Role));
        }
    }

    #[test]
    fn a_key_for_sessions_opens_no_jobs_and_the_other_way_round() {
        let sessions = actor(Role::Admin, Scopes::from_iter([Scope::Sessions]));
        let jobs = actor(Role::Admin, Scopes::from_iter([Scope::Jobs]));
        assert_eq!(authorize(&sessions, Action::EraseUser), Err(Denial::Scope(Scope::Jobs)));
        assert_eq!(authorize(&jobs, Action::ReadSessions), Err(Denial::Scope(Scope::Sessions)));
    }

    #[test]
    fn scopes_are_stored_by_name() {
        for scope in Scope::ALL {
            assert_eq!(Scope::by_name(scope.name()), Some(scope));
        }
        assert_eq!(Scope::by_name("everything"), None);
    }

    #[test]
    fn one_scope_opens_no_other() {
        for one in Scope::ALL {
            let alone: Scopes = [one].into_iter().collect();
            assert_eq!(alone.iter().collect::<Vec<_>>(), [one]);
        }
    }
}
