//! Jobs: a list by state, and one of them.

use actix_web::web::ServiceConfig;

/// Adds the pages.
pub(crate) fn configure(_config: &mut ServiceConfig) {}
