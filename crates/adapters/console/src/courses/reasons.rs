//! Why something was not done to a course, in the language of the visitor.

use derslik_domain::course::alias::AliasError;
use derslik_domain::course::grading_period::{GradingPeriodError, GradingPeriodProblem};
use derslik_domain::course::roster::{JoinError, LeaveError, TransferError};
use derslik_domain::course::{AdjustError, ChangeError, CourseDenial, CourseProblem, CreateError, RestoreError};
use derslik_domain::text::TextError;
use derslik_ports::inbound::CourseError;
use derslik_ports::inbound::operators::CourseOperationError;

use crate::failure::Failure;
use crate::texts::Texts;

/// The page for a use case that has failed.
pub(crate) fn failure(t: Texts, error: CourseError) -> Failure {
    reason(t, error).map_or_else(|failure| failure, Failure::Conflict)
}

/// Why a use case refused something.
///
/// # Errors
/// A failure that has a page of its own.
pub(super) fn reason(t: Texts, error: CourseError) -> Result<String, Failure> {
    Ok(match error {
        CourseError::NotFound | CourseError::Denied(CourseDenial::Missing | CourseDenial::Invisible) => return Err(Failure::NotFound),
        CourseError::Store(error) => return Err(error.into()),
        CourseError::Gone(_) => t.failure_no_service(),
        CourseError::Denied(CourseDenial::IneligibleForGradingPeriods) => t.courses_no_licence(),
        CourseError::Denied(CourseDenial::Scope(_) | CourseDenial::Role | CourseDenial::InactiveOwner | CourseDenial::CannotDirectAdd)
        | CourseError::PrivateProfile
        | CourseError::Key(_) => t.courses_denied(),
        CourseError::UnknownUser => t.courses_no_such_person(),
        CourseError::Stale => t.courses_stale(),
        CourseError::Create(error) => of_create(t, &error),
        CourseError::Change(error) => of_change(t, &error),
        CourseError::NotArchived { state, .. } => t.courses_not_archived(state.name()),
        CourseError::Alias(error) => of_alias(t, error),
        CourseError::AliasTaken => t.courses_alias_taken(),
        CourseError::NoProject => t.courses_no_project(),
        CourseError::NoAliases(state) => t.courses_no_aliases_in(state.name()),
        CourseError::GradingPeriods(GradingPeriodError::Invalid(_)) => t.courses_periods_refused(),
        CourseError::GradingPeriods(GradingPeriodError::NotModifiable(state)) => t.courses_not_modifiable(state.name()),
        CourseError::List(_) => t.courses_filter_refused(),
        CourseError::Join(error) => of_join(t, error),
        CourseError::Leave(error) => of_leave(t, error),
    })
}

/// Why an operation was refused.
///
/// # Errors
/// A failure that has a page of its own.
pub(super) fn of_operation(t: Texts, error: CourseOperationError) -> Result<String, Failure> {
    Ok(match error {
        CourseOperationError::NotFound => return Err(Failure::NotFound),
        CourseOperationError::Store(error) => return Err(error.into()),
        CourseOperationError::Suspend(error) | CourseOperationError::Restore(RestoreError::Refused(error)) => of_change(t, &error),
        CourseOperationError::Restore(RestoreError::NotSuspended(state)) => t.courses_not_suspended(state.name()),
        CourseOperationError::Restore(RestoreError::UnknownOrigin) => t.courses_unknown_origin(),
        CourseOperationError::Adjust(AdjustError::NotModifiable(state)) => t.courses_not_modifiable(state.name()),
        CourseOperationError::Adjust(AdjustError::TooManyMaterials) | CourseOperationError::Gradebook(_) => t.courses_refused(),
    })
}

/// Why a course was not created. The fields at fault are told beside them.
fn of_create(t: Texts, error: &CreateError) -> String {
    match error {
        CreateError::Invalid(_) => t.courses_refused(),
        CreateError::NotSelf | CreateError::ActiveNotAllowed => t.courses_denied(),
        CreateError::UnknownOwner => t.courses_no_such_person(),
        CreateError::CannotOwn => t.courses_cannot_own(),
        CreateError::InactiveOwner => t.courses_person_inactive(),
        CreateError::TitleContainsUrl => t.courses_name_has_url(),
    }
}

/// Why a course was not changed. The fields at fault are told beside them.
pub(super) fn of_change(t: Texts, error: &ChangeError) -> String {
    match error {
        ChangeError::Role => t.courses_denied(),
        ChangeError::Invalid(_) => t.courses_refused(),
        ChangeError::State(conflict) => t.courses_no_such_move(conflict.from.name(), conflict.to.name()),
        ChangeError::NotModifiable(state) => t.courses_not_modifiable(state.name()),
        ChangeError::TitleContainsUrl => t.courses_name_has_url(),
        ChangeError::Transfer(TransferError::UserAlreadyOwner) => t.courses_owner_already(),
        ChangeError::Transfer(TransferError::IneligibleOwner) => t.courses_owner_no_teacher(),
        ChangeError::Transfer(TransferError::InactiveCourseOwner) => t.courses_person_inactive(),
    }
}

/// Why a text is not an alias.
pub(super) fn of_alias(t: Texts, error: AliasError) -> String {
    match error {
        AliasError::NoScope => t.courses_alias_no_scope(),
        AliasError::Empty => t.courses_alias_empty(),
        AliasError::TooLong => t.courses_alias_too_long(),
        AliasError::Nul | AliasError::NotUnicode => t.courses_text_characters(),
    }
}

fn of_join(t: Texts, error: JoinError) -> String {
    match error {
        JoinError::NotAdmitted | JoinError::InactiveOwner => t.courses_denied(),
        JoinError::AlreadyMember(membership) => t.courses_already_member(membership.name()),
        JoinError::NotModifiable(state) => t.courses_not_modifiable(state.name()),
        JoinError::InactiveUser => t.courses_person_inactive(),
    }
}

fn of_leave(t: Texts, error: LeaveError) -> String {
    match error {
        LeaveError::NotMember => t.courses_not_member(),
        LeaveError::Owner => t.courses_owner_stays(),
        LeaveError::NotModifiable(state) => t.courses_not_modifiable(state.name()),
    }
}

/// What is wrong with a field of a course.
pub(super) fn of_field(t: Texts, problem: CourseProblem) -> String {
    match problem {
        CourseProblem::Required => t.courses_required(),
        CourseProblem::Mistyped | CourseProblem::Repeated => t.courses_unusable(),
        CourseProblem::Text(error) => of_text(t, error),
        CourseProblem::Alias(error) => of_alias(t, error),
        CourseProblem::NoFirstState(state) => t.courses_no_first_state(state.name()),
    }
}

/// What is wrong with a grading period.
pub(super) fn of_period(t: Texts, problem: GradingPeriodProblem) -> String {
    match problem {
        GradingPeriodProblem::Required => t.courses_required(),
        GradingPeriodProblem::Mistyped
        | GradingPeriodProblem::Repeated
        | GradingPeriodProblem::UnknownId
        | GradingPeriodProblem::DuplicateId => t.courses_unusable(),
        GradingPeriodProblem::Text(error) => of_text(t, error),
        GradingPeriodProblem::NotADate => t.courses_no_date(),
        GradingPeriodProblem::TooMany => t.courses_too_many_periods(),
        GradingPeriodProblem::DuplicateTitle => t.courses_title_twice(),
        GradingPeriodProblem::EndBeforeStart => t.courses_end_before_start(),
        GradingPeriodProblem::OutOfOrder => t.courses_out_of_order(),
        GradingPeriodProblem::Overlap => t.courses_overlap(),
    }
}

fn of_text(t: Texts, error: TextError) -> String {
    match error {
        TextError::NotUnicode | TextError::Nul => t.courses_text_characters(),
        TextError::Empty => t.courses_required(),
        TextError::TooLong { max } => t.courses_text_too_long(max),
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::course::{CourseState, StateConflict};

    use super::*;
    use crate::locale::Language;

    #[test]
    fn what_is_not_there_and_what_the_store_says_have_pages_of_their_own() {
        let t = Texts::of(Language::English);
        for error in [CourseError::NotFound, CourseError::Denied(CourseDenial::Missing), CourseError::Denied(CourseDenial::Invisible)] {
            assert_eq!(reason(t, error), Err(Failure::NotFound));
        }
        assert_eq!(failure(t, CourseError::Stale), Failure::Conflict(t.courses_stale()));
    }

    #[test]
    fn a_refused_move_names_both_states_in_each_language() {
        let conflict =
            StateConflict { from: CourseState::Active, to: CourseState::Declined, reachable: CourseState::ALL.into_iter().collect() };
        for language in Language::ALL {
            let said = of_change(Texts::of(language), &conflict.into());
            assert!(said.contains("ACTIVE") && said.contains("DECLINED"), "{said}");
        }
    }
}
