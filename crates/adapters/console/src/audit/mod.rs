//! The audit log.

use actix_web::web::ServiceConfig;

/// Adds the pages.
pub(crate) fn configure(_config: &mut ServiceConfig) {}
