//! Time, faults, snapshots and seeds of a test account, and the bar about them on each page. A process with test control has them.

pub(crate) mod bar;

use actix_web::web::ServiceConfig;

/// Adds the pages.
pub(crate) fn configure(_config: &mut ServiceConfig) {}
