//! The audit log: its records, an export, and the verification of its seals.

mod export;
mod list;
mod query;
mod verify;
mod words;

use actix_web::web::{self, ServiceConfig};

/// Adds the pages.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/audit", web::get().to(list::list))
        .route("/audit/export", web::get().to(export::export))
        .route("/audit/verify", web::post().to(verify::verify));
}
