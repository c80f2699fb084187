//! Where a course may go from its present state, and why it may not go elsewhere: before a request, the same decision that the request
//! would get.

use super::access::{CourseAccess, CourseRole};
use super::change::check_move;
use super::{Course, CourseState};

/// Why a course would not move to a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum MoveRefusal {
    /// The user lacks a role: this is the least powerful one that may.
    NeedsRole(CourseRole),
    /// No role moves a course there from its present state.
    NotFromHere {
        /// The state to move to before; `None` if no way leads there.
        first: Option<CourseState>,
    },
    /// The suspension of the course began in another state.
    NotTheStateBefore,
}

/// Each other state, and whether a user with that access may move the course there.
pub fn moves(course: &Course, access: CourseAccess) -> impl Iterator<Item = (CourseState, Result<(), MoveRefusal>)> {
    let others = CourseState::ALL.into_iter().filter(move |to| *to != course.state);
    others.map(move |to| (to, check_move(course, to, access).map_err(|_| refusal(course, to))))
}

/// Why a course would not move to a state, if a role is not enough.
fn refusal(course: &Course, to: CourseState) -> MoveRefusal {
    let may = |role: &CourseRole| check_move(course, to, (*role).into()).is_ok();
    match CourseRole::ALL.into_iter().rev().find(may) {
        Some(role) => MoveRefusal::NeedsRole(role),
        None if course.state == CourseState::Suspended => MoveRefusal::NotTheStateBefore,
        None => MoveRefusal::NotFromHere { first: first_step(course.state, to) },
    }
}

/// The first state on the way to a state that is not next to the present one.
fn first_step(from: CourseState, to: CourseState) -> Option<CourseState> {
    match from.way_to_deletion()? {
        [first, rest @ ..] if rest.contains(&to) => Some(*first),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::CourseState::{Active, Archived, Declined, Provisioned, Suspended};
    use super::*;
    use crate::course::testing::course;

    fn of(state: CourseState, suspended_from: Option<CourseState>, role: CourseRole) -> Vec<(CourseState, Result<(), MoveRefusal>)> {
        moves(&Course { state, suspended_from, ..course() }, role.into()).collect()
    }

    #[test]
    fn each_move_is_open_to_a_role_or_says_what_is_missing() {
        let shut = |first| Err(MoveRefusal::NotFromHere { first });
        let needs = |role| Err(MoveRefusal::NeedsRole(role));
        let expected = [(Active, Ok(())), (Archived, shut(Some(Active))), (Declined, Ok(())), (Suspended, needs(CourseRole::Operator))];
        assert_eq!(of(Provisioned, None, CourseRole::Owner), expected);
        let expected = [(Active, shut(Some(Provisioned))), (Archived, shut(Some(Provisioned))), (Provisioned, Ok(())), (Suspended, Ok(()))];
        assert_eq!(of(Declined, None, CourseRole::Operator), expected);
        let expected = [(Archived, Ok(())), (Provisioned, shut(None)), (Declined, shut(None)), (Suspended, needs(CourseRole::Operator))];
        assert_eq!(of(Active, None, CourseRole::CoTeacher), expected);
        let needs_owner = of(Provisioned, None, CourseRole::CoTeacher);
        assert_eq!(needs_owner[0], (Active, needs(CourseRole::Owner)));
    }

    #[test]
    fn a_suspension_leads_back_or_to_a_state_that_needs_no_acceptance() {
        let before = Err(MoveRefusal::NotTheStateBefore);
        let expected = [(Active, Ok(())), (Archived, Ok(())), (Provisioned, before), (Declined, Ok(()))];
        assert_eq!(of(Suspended, Some(Declined), CourseRole::Operator), expected);
        let by_admin = of(Suspended, Some(Declined), CourseRole::Admin);
        assert_eq!(by_admin[0], (Active, Err(MoveRefusal::NeedsRole(CourseRole::Operator))));
        assert_eq!(by_admin[2], (Provisioned, before));
    }

    #[test]
    fn a_move_is_open_where_a_request_for_it_would_be_granted() {
        for state in CourseState::ALL {
            for role in CourseRole::ALL {
                for (to, verdict) in of(state, None, role) {
                    let here = Course { state, suspended_from: None, ..course() };
                    let granted = crate::course::move_to(&here, to, role.into(), here.updated_at).is_ok();
                    assert_eq!(verdict.is_ok(), granted, "{state} to {to} by {role:?}");
                }
            }
        }
    }
}
