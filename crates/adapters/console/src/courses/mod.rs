//! Courses: a list, and one of them with its states, roster, aliases and grading periods.

use actix_web::web::ServiceConfig;

/// Adds the pages.
pub(crate) fn configure(_config: &mut ServiceConfig) {}
