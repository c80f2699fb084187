//! Sessions: a week, a list, one of them, and batches.

use actix_web::web::ServiceConfig;

/// Adds the pages.
pub(crate) fn configure(_config: &mut ServiceConfig) {}
