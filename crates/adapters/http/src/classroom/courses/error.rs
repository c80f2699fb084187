//! Refused requests about courses as errors of the API. Other resources of a course fail in some of the same ways.

use derslik_domain::course::roster::TransferError;
use derslik_domain::course::{
    ChangeError, CourseDenial, CourseState, CourseStates, CourseViolation, CreateError, ListError, StateConflict,
};
use derslik_ports::inbound::CourseError;

use super::fields::field_name;
use crate::classroom::engine::{ClassroomError, ErrorKind, snake};

impl From<CourseError> for ClassroomError {
    fn from(error: CourseError) -> Self {
        match error {
            CourseError::Denied(denial) => denial.into(),
            CourseError::Gone(gone) => gone.into(),
            CourseError::NotFound | CourseError::UnknownUser => Self::not_found(),
            CourseError::PrivateProfile => Self::forbidden(),
            CourseError::Stale => Self::new(ErrorKind::Stale, "The course was changed since the version that If-Match names."),
            CourseError::Create(error) => error.into(),
            CourseError::Change(error) => error.into(),
            CourseError::NotArchived { state, reachable } => wrong_state(&way_to_deletion(state, reachable)),
            CourseError::Alias(error) => error.into(),
            CourseError::AliasTaken => Self::already_exists(),
            CourseError::NoProject => Self::failed_precondition(),
            CourseError::GradingPeriods(error) => error.into(),
            CourseError::NoAliases(state) => not_modifiable(state),
            CourseError::List(error) => error.into(),
            CourseError::Join(error) => error.into(),
            CourseError::Leave(error) => error.into(),
            CourseError::Key(refusal) => refusal.into(),
            CourseError::Store(error) => error.into(),
        }
    }
}

impl From<CourseDenial> for ClassroomError {
    fn from(denial: CourseDenial) -> Self {
        match denial {
            CourseDenial::Scope(scopes) => Self::scope(scopes),
            CourseDenial::Missing => Self::not_found(),
            CourseDenial::InactiveOwner => inactive_owner(),
            CourseDenial::CannotDirectAdd => {
                Self::token(ErrorKind::PermissionDenied, "CannotDirectAddUser", "Only an administrator may add users to a course directly.")
            }
            CourseDenial::IneligibleForGradingPeriods => Self::token(
                ErrorKind::PermissionDenied,
                "UserIneligibleToUpdateGradingPeriodSettings",
                "The user is not eligible to change the grading periods of the course.",
            ),
            CourseDenial::Invisible | CourseDenial::Role => Self::forbidden(),
        }
    }
}

impl From<CreateError> for ClassroomError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Invalid(violations) => course_violations(&violations),
            CreateError::UnknownOwner => Self::not_found(),
            CreateError::CannotOwn => Self::token(ErrorKind::FailedPrecondition, "UserCannotOwnCourse", "The user cannot own a course."),
            CreateError::InactiveOwner => inactive_owner(),
            CreateError::TitleContainsUrl => title_contains_url(),
            CreateError::NotSelf | CreateError::ActiveNotAllowed => Self::forbidden(),
        }
    }
}

impl From<ChangeError> for ClassroomError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Invalid(violations) => course_violations(&violations),
            ChangeError::State(StateConflict { from, to, reachable }) => {
                wrong_state(&format!("The course is {from} and cannot become {to}. From here it may go to {}.", states(reachable)))
            }
            ChangeError::NotModifiable(state) => not_modifiable(state),
            ChangeError::TitleContainsUrl => title_contains_url(),
            ChangeError::Transfer(TransferError::UserAlreadyOwner) => Self::token(
                ErrorKind::FailedPrecondition,
                "UserAlreadyOwner",
                "Cannot transfer course to the user who is already the owner",
            ),
            ChangeError::Transfer(TransferError::InactiveCourseOwner) => {
                Self::token(ErrorKind::FailedPrecondition, "InactiveCourseOwner", "The account of the new owner is not active.")
            }
            ChangeError::Transfer(TransferError::IneligibleOwner) => {
                let text = "Only a co-teacher can be invited as owner of the course";
                Self::token(ErrorKind::FailedPrecondition, "IneligibleOwner", text)
            }
            ChangeError::Role => Self::forbidden(),
        }
    }
}

impl From<ListError> for ClassroomError {
    fn from(error: ListError) -> Self {
        let field = match error {
            ListError::StudentAndTeacher => {
                let text = "Courses can be listed by a student or by a teacher, not by both.";
                return Self::token(ErrorKind::FailedPrecondition, "ListCoursesStudentAndTeacherFilter", text);
            }
            ListError::Student => "student_id",
            ListError::Teacher => "teacher_id",
            ListError::Query => "x-query",
        };
        Self::bad_value(field, error.to_string())
    }
}

/// A course in that state cannot be modified.
pub(crate) fn not_modifiable(state: CourseState) -> ClassroomError {
    ClassroomError::token(ErrorKind::FailedPrecondition, "CourseNotModifiable", &format!("A course that is {state} cannot be modified."))
}

/// The account of the owner is not active, so the course cannot be changed.
pub(crate) fn inactive_owner() -> ClassroomError {
    ClassroomError::token(ErrorKind::FailedPrecondition, "InactiveCourseOwner", "The account of the owner is not active.")
}

fn title_contains_url() -> ClassroomError {
    let text = "The title of a course cannot contain a URL.";
    ClassroomError::token(ErrorKind::FailedPrecondition, "CourseTitleCannotContainUrl", text)
}

/// The state of the course does not allow the change.
fn wrong_state(description: &str) -> ClassroomError {
    ClassroomError::unmet("COURSE_STATE", "course.courseState", description)
}

fn states(states: CourseStates) -> String {
    let names: Vec<&str> = states.iter().map(CourseState::name).collect();
    if names.is_empty() { "no other state".to_owned() } else { names.join(" or ") }
}

fn way_to_deletion(state: CourseState, reachable: CourseStates) -> String {
    match state.way_to_deletion() {
        Some(way) => {
            let way: Vec<&str> = way.iter().map(|state| state.name()).collect();
            format!(
                "The course is {state}; only a course that is ARCHIVED can be deleted. The way there: {}. From here it may go to {}.",
                way.join(", then "),
                states(reachable)
            )
        }
        None => format!("The course is {state}; only a course that is ARCHIVED can be deleted, and nothing leads there."),
    }
}

fn course_violations(violations: &[CourseViolation]) -> ClassroomError {
    let named: Vec<(String, String)> = violations
        .iter()
        .map(|CourseViolation { field, problem }| (format!("course.{}", snake(field_name(*field))), problem.to_string()))
        .collect();
    ClassroomError::bad_values(&named)
}
