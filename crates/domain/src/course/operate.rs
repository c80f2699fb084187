//! Changes of a course that only the operator makes: its suspension, and fields that requests cannot set. Commands of the
//! operator are not part of it.

use crate::time::Timestamp;

use super::change::{Change, ChangeError, CourseFact, move_to};
use super::gradebook::GradebookSettings;
use super::material::CourseMaterialSet;
use super::{Course, CourseAccess, CourseState};

/// Closes a course, so that only its owner still sees it and no request changes it.
///
/// # Errors
/// The [`ChangeError`]; the course is then as it was.
pub fn suspend(course: &Course, at: Timestamp) -> Result<Change, ChangeError> {
    move_to(course, CourseState::Suspended, CourseAccess::OPERATOR, at)
}

/// Why the suspension of a course was not ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum RestoreError {
    /// The course is not suspended, so there is nothing to end.
    #[error("the course is {0}, not suspended")]
    NotSuspended(CourseState),
    /// The state before the suspension is unknown, so the operator has to name a state.
    #[error("the state of the course before its suspension was not recorded; name the state in which it goes on")]
    UnknownOrigin,
    /// The course cannot move to that state.
    #[error(transparent)]
    Refused(#[from] ChangeError),
}

/// Ends the suspension of a course. It moves to the state `to`, or else to the state before the suspension.
///
/// # Errors
/// The [`RestoreError`]; the course is then as it was.
pub fn restore(course: &Course, to: Option<CourseState>, at: Timestamp) -> Result<Change, RestoreError> {
    if course.state != CourseState::Suspended {
        return Err(RestoreError::NotSuspended(course.state));
    }
    let to = to.or(course.suspended_from).ok_or(RestoreError::UnknownOrigin)?;
    Ok(move_to(course, to, CourseAccess::OPERATOR, at)?)
}

/// A field of a course that requests cannot set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum OperatorSetting {
    /// Whether guardians are told about it.
    Guardians(bool),
    /// The settings of its gradebook.
    Gradebook(GradebookSettings),
    /// The materials of its "about" page.
    Materials(Vec<CourseMaterialSet>),
}

/// Why an adjustment was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AdjustError {
    /// In this state only the state of the course can change.
    #[error("a course that is {0} cannot be modified")]
    NotModifiable(CourseState),
    /// More sets of materials, or more materials in one of them, than a course holds.
    #[error("a course holds at most {} sets of at most {} materials", CourseMaterialSet::MAX_SETS, CourseMaterialSet::MAX_MATERIALS)]
    TooManyMaterials,
}

/// Sets a field of a course that requests cannot set, in the states in which requests may edit it.
///
/// # Errors
/// The [`AdjustError`]; the course is then as it was.
pub fn adjust(course: &Course, setting: OperatorSetting, at: Timestamp) -> Result<Change, AdjustError> {
    if !course.state.allows_edits() {
        return Err(AdjustError::NotModifiable(course.state));
    }
    let mut adjusted = course.clone();
    match setting {
        OperatorSetting::Guardians(enabled) => adjusted.guardians_enabled = enabled,
        OperatorSetting::Gradebook(gradebook) => adjusted.gradebook = gradebook,
        OperatorSetting::Materials(sets) if CourseMaterialSet::fit(&sets) => adjusted.material_sets = sets,
        OperatorSetting::Materials(_) => return Err(AdjustError::TooManyMaterials),
    }
    if adjusted == *course {
        return Ok(Change { course: adjusted, facts: Vec::new() });
    }
    adjusted.revision = course.revision.next();
    adjusted.updated_at = at.max(course.updated_at);
    Ok(Change { course: adjusted, facts: vec![CourseFact::Adjusted] })
}

#[cfg(test)]
mod tests {
    use super::CourseState::{Active, Archived, Declined, Provisioned, Suspended};
    use super::*;
    use crate::course::StateConflict;
    use crate::course::material::MaterialTitle;
    use crate::course::testing::course;

    const LATER: Timestamp = Timestamp::from_micros(9_000);

    #[test]
    fn a_restored_course_is_where_it_was_suspended() {
        for state in [Active, Archived, Provisioned, Declined] {
            let before = Course { state, ..course() };
            let suspended = suspend(&before, LATER).unwrap().course;
            assert_eq!((suspended.state, suspended.suspended_from), (Suspended, Some(state)));
            // Suspending it again changes nothing.
            assert_eq!(suspend(&suspended, LATER).unwrap(), Change { course: suspended.clone(), facts: Vec::new() });
            let restored = restore(&suspended, None, LATER).unwrap();
            assert_eq!(restored.facts, [CourseFact::StateChanged { from: Suspended, to: state }]);
            let revision = before.revision.next().next();
            assert_eq!(restored.course, Course { revision, updated_at: LATER, ..before });
        }
    }

    #[test]
    fn the_operator_may_name_a_state_that_needs_no_acceptance() {
        for origin in [None, Some(Active), Some(Archived), Some(Provisioned), Some(Declined)] {
            let suspended = Course { state: Suspended, suspended_from: origin, ..course() };
            for to in [Active, Archived] {
                let restored = restore(&suspended, Some(to), LATER).unwrap().course;
                assert_eq!((restored.state, restored.suspended_from), (to, None));
            }
            for to in [Provisioned, Declined] {
                let restored = restore(&suspended, Some(to), LATER);
                let reachable = [Some(Active), Some(Archived), origin].into_iter().flatten().collect();
                let conflict = StateConflict { from: Suspended, to, reachable };
                let expected = if origin == Some(to) { Ok(to) } else { Err(RestoreError::Refused(conflict.into())) };
                assert_eq!(restored.map(|change| change.course.state), expected, "{origin:?} to {to}");
            }
        }
    }

    #[test]
    fn without_a_record_the_operator_has_to_say_where() {
        let suspended = Course { state: Suspended, suspended_from: None, ..course() };
        assert_eq!(restore(&suspended, None, LATER), Err(RestoreError::UnknownOrigin));
        assert_eq!(restore(&course(), None, LATER), Err(RestoreError::NotSuspended(Active)));
    }

    #[test]
    fn a_setting_is_written_once_and_where_the_course_may_be_edited() {
        let adjusted = adjust(&course(), OperatorSetting::Guardians(true), LATER).unwrap();
        assert_eq!(adjusted.facts, [CourseFact::Adjusted]);
        let expected = Course { guardians_enabled: true, revision: course().revision.next(), updated_at: LATER, ..course() };
        assert_eq!(adjusted.course, expected);
        assert_eq!(adjust(&expected, OperatorSetting::Guardians(true), LATER).unwrap().facts, []);
        for state in [Archived, Declined, Suspended] {
            let closed = Course { state, ..course() };
            assert_eq!(adjust(&closed, OperatorSetting::Guardians(true), LATER), Err(AdjustError::NotModifiable(state)));
        }
    }

    #[test]
    fn a_course_holds_so_much_material_and_no_more() {
        let set = CourseMaterialSet { title: MaterialTitle::new("Kaynaklar").unwrap(), materials: Vec::new() };
        let sets = |count: usize| OperatorSetting::Materials(vec![set.clone(); count]);
        assert!(adjust(&course(), sets(CourseMaterialSet::MAX_SETS), LATER).is_ok());
        assert_eq!(adjust(&course(), sets(CourseMaterialSet::MAX_SETS + 1), LATER), Err(AdjustError::TooManyMaterials));
    }
}
