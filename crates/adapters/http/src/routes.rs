//! The one list of URLs.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, ServiceConfig};

use crate::state::HttpState;
use crate::{classroom, documentation, oauth, openreplay, perculus};

/// Adds every URL of the service to an app.
pub fn configure(config: &mut ServiceConfig, state: HttpState) {
    if state.has_documentation() {
        config.configure(documentation::configure);
    }
    config
        .app_data(Data::new(state))
        .service(perculus::scope_v2("/xapi/v2"))
        .service(perculus::scope_v2("/api/groups/xapi"))
        // Registered after version 2, because their paths have a common prefix.
        .service(perculus::scope_v1("/xapi"))
        .configure(perculus::token_routes)
        .configure(oauth::configure)
        .configure(classroom::configure)
        .service(openreplay::scope("/api/v1"))
        .service(openreplay::scope_v2("/v2/api/public"))
        .service(openreplay::scope_v2("/v2/public"))
        .configure(|config| openreplay::routes(config, "/v1"))
        .configure(|config| openreplay::other_paths(config, "/v1"))
        // Registered after the jobs, because some paths have a common prefix. The courses API takes every path that can't belong
        // to a project.
        .configure(classroom::configure_rest)
        .default_service(web::to(no_such_path));
}

async fn no_such_path() -> HttpResponse {
    HttpResponse::NotFound().content_type("application/json").body(r#"{"error":"no such path"}"#)
}
