//! The access of a user to a course: the roles that the user has towards it. What each role permits is decided by the states
//! and the actions.

use crate::identity::{Actor, Role};

use super::membership::Membership;

/// One role that a user can have towards a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CourseRole {
    /// The operator of the installation.
    Operator,
    /// An administrator of the account.
    Admin,
    /// The teacher who owns the course.
    Owner,
    /// Any other teacher of the course.
    CoTeacher,
    /// A student of the course.
    Student,
    /// Any other user of the account.
    Stranger,
}

impl CourseRole {
    /// Every role.
    pub const ALL: [Self; 6] = [Self::Operator, Self::Admin, Self::Owner, Self::CoTeacher, Self::Student, Self::Stranger];

    /// The name of the role in the documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Owner => "owner",
            Self::CoTeacher => "co-teacher",
            Self::Student => "student",
            Self::Stranger => "stranger",
        }
    }

    /// Whether the role may change courses in any way.
    pub const fn is_staff(self) -> bool {
        match self {
            Self::Operator | Self::Admin | Self::Owner | Self::CoTeacher => true,
            Self::Student | Self::Stranger => false,
        }
    }

    const fn of_member(membership: Membership) -> Self {
        match membership {
            Membership::Owner => Self::Owner,
            Membership::Teacher => Self::CoTeacher,
            Membership::Student => Self::Student,
        }
    }
}

/// All roles of a user towards one course. An administrator may also teach it, and may then do what either role permits.
///
/// ```
/// use derslik_domain::course::roster::Membership;
/// use derslik_domain::course::{CourseRole, CourseAccess};
/// use derslik_domain::identity::Role;
///
/// let access = CourseAccess::of(Role::Admin, Some(Membership::Owner));
/// assert!(access.roles().eq([CourseRole::Admin, CourseRole::Owner]));
/// assert!(CourseAccess::of(Role::Member, None).roles().eq([CourseRole::Stranger]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CourseAccess {
    first: CourseRole,
    second: Option<CourseRole>,
}

impl CourseAccess {
    /// The access of the operator towards every course.
    pub const OPERATOR: Self = Self { first: CourseRole::Operator, second: None };

    /// The access of a user with that role in the account and that membership in the course.
    pub fn of(role: Role, membership: Option<Membership>) -> Self {
        let member = membership.map(CourseRole::of_member);
        match role {
            Role::Admin => Self { first: CourseRole::Admin, second: member },
            Role::Member => Self { first: member.unwrap_or(CourseRole::Stranger), second: None },
        }
    }

    /// The access of an actor with that membership in the course. The operator has its own role in each course.
    pub fn of_actor(actor: &Actor, membership: Option<Membership>) -> Self {
        if actor.operator.is_some() { Self::OPERATOR } else { Self::of(actor.principal.role, membership) }
    }

    /// The roles, the more powerful first.
    pub fn roles(self) -> impl Iterator<Item = CourseRole> {
        std::iter::once(self.first).chain(self.second)
    }

    /// Whether `will_do` accepts one of the roles.
    pub fn any(self, will_do: impl FnMut(CourseRole) -> bool) -> bool {
        self.roles().any(will_do)
    }

    /// Whether one of the roles is administrator or operator.
    pub fn is_admin(self) -> bool {
        self.any(|role| matches!(role, CourseRole::Admin | CourseRole::Operator))
    }

    /// Whether one of the roles is teacher of the course.
    pub fn is_teacher(self) -> bool {
        self.any(|role| matches!(role, CourseRole::Owner | CourseRole::CoTeacher))
    }

    /// Whether the fields for teachers and administrators are shown: the enrollment code and the folder.
    pub fn sees_staff_fields(self) -> bool {
        self.any(CourseRole::is_staff)
    }
}

impl From<CourseRole> for CourseAccess {
    /// The access of a user with only this role.
    fn from(role: CourseRole) -> Self {
        Self { first: role, second: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_students_and_strangers_do_not_see_what_is_for_staff() {
        for role in CourseRole::ALL {
            let hidden = matches!(role, CourseRole::Student | CourseRole::Stranger);
            assert_eq!(CourseAccess::from(role).sees_staff_fields(), !hidden, "{role:?}");
        }
        assert!(CourseAccess::of(Role::Admin, Some(Membership::Student)).sees_staff_fields());
    }

    #[test]
    fn an_administrator_is_a_teacher_only_as_a_member() {
        assert!(!CourseAccess::of(Role::Admin, None).is_teacher());
        assert!(CourseAccess::of(Role::Admin, Some(Membership::Teacher)).is_teacher());
        assert!(!CourseAccess::of(Role::Member, Some(Membership::Owner)).is_admin());
    }
}
