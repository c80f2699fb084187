//! What the process does now, and did in the last hour.

use actix_web::web::ServiceConfig;

/// Adds the pages.
pub(crate) fn configure(_config: &mut ServiceConfig) {}
