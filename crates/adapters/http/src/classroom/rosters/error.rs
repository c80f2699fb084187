//! Refused changes of rosters as errors of the API.

use derslik_domain::course::roster::{JoinError, LeaveError};

use crate::classroom::courses::{inactive_owner, not_modifiable};
use crate::classroom::engine::{ClassroomError, ErrorKind};

impl From<JoinError> for ClassroomError {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::AlreadyMember(_) => Self::already_exists(),
            JoinError::NotModifiable(state) => not_modifiable(state),
            JoinError::InactiveOwner => inactive_owner(),
            JoinError::InactiveUser => Self::failed_precondition(),
            JoinError::NotAdmitted => Self::forbidden(),
        }
    }
}

impl From<LeaveError> for ClassroomError {
    fn from(error: LeaveError) -> Self {
        match error {
            LeaveError::NotMember => Self::not_found(),
            LeaveError::NotModifiable(state) => not_modifiable(state),
            LeaveError::Owner => {
                let text = "The owner of a course cannot be removed from it.";
                Self::token(ErrorKind::FailedPrecondition, "CannotRemoveCourseOwner", text)
            }
        }
    }
}
