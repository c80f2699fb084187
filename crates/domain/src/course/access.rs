//! What somebody is to a course. It knows nothing of what that permits: states and actions ask it, each for itself.

use crate::identity::Role;

use super::roster::Membership;

/// One thing that somebody can be to a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CourseRole {
    /// Whoever runs the installation, at its command line.
    Operator,
    /// An administrator of the account.
    Admin,
    /// The teacher who owns the course.
    Owner,
    /// Any other teacher of the course.
    CoTeacher,
    /// A student of the course.
    Student,
    /// Anybody else in the account.
    Stranger,
}

impl CourseRole {
    /// Every role.
    pub const ALL: [Self; 6] = [Self::Operator, Self::Admin, Self::Owner, Self::CoTeacher, Self::Student, Self::Stranger];

    /// The word for the role in documents.
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

    /// Whether the role may change courses at all.
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

/// Everything that somebody is to one course: an administrator may teach it as well, and then may do what either may.
///
/// ```
/// use derslik_domain::course::{CourseRole, Membership, CourseAccess};
/// use derslik_domain::identity::Role;
///
/// let access = CourseAccess::of(Role::Admin, Some(Membership::Owner));
/// assert!(access.roles().eq([CourseRole::Admin, CourseRole::Owner]));
/// assert!(CourseAccess::of(Role::Member, None).roles().eq([CourseRole::Stranger]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CourseAccess {
    first: CourseRole,
    second: Option<CourseRole>,
}

impl CourseAccess {
    /// The access of the operator towards every course.
    pub const OPERATOR: Self = Self { first: CourseRole::Operator, second: None };

    /// The access of somebody with that role in the account and that membership in the course.
    pub fn of(role: Role, membership: Option<Membership>) -> Self {
        let member = membership.map(CourseRole::of_member);
        match role {
            Role::Admin => Self { first: CourseRole::Admin, second: member },
            Role::Member => Self { first: member.unwrap_or(CourseRole::Stranger), second: None },
        }
    }

    /// The roles, the more powerful first.
    pub fn roles(self) -> impl Iterator<Item = CourseRole> {
        std::iter::once(self.first).chain(self.second)
    }

    /// Whether one of the roles will do.
    pub fn any(self, will_do: impl FnMut(CourseRole) -> bool) -> bool {
        self.roles().any(will_do)
    }

    /// Whether this is an administrator or the operator, whatever else it is.
    pub fn is_admin(self) -> bool {
        self.any(|role| matches!(role, CourseRole::Admin | CourseRole::Operator))
    }

    /// Whether this is one of the teachers of the course.
    pub fn is_teacher(self) -> bool {
        self.any(|role| matches!(role, CourseRole::Owner | CourseRole::CoTeacher))
    }

    /// Whether a course is shown with what only its teachers and administrators see: its enrollment code and its folder.
    pub fn sees_staff_fields(self) -> bool {
        self.any(CourseRole::is_staff)
    }
}

impl From<CourseRole> for CourseAccess {
    /// The access of somebody who is this and nothing else.
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
