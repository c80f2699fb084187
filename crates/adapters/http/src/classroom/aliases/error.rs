//! Texts that are not aliases as errors of the API.

use derslik_domain::course::alias::AliasError;

use crate::classroom::engine::ClassroomError;

impl From<AliasError> for ClassroomError {
    fn from(error: AliasError) -> Self {
        Self::bad_value("course_alias.alias", error.to_string())
    }
}
