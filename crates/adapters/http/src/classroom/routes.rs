//! The URLs of the courses API.

use actix_web::web::ServiceConfig;

use super::engine;
use super::registry::API;

/// Adds the URLs of the courses API to an app, except the paths below `/v1` that no API owns. The paths of other APIs below `/v1`
/// never begin with a collection of this one.
pub(crate) fn configure(config: &mut ServiceConfig) {
    for collection in engine::collections(&API) {
        config.service(engine::calls_below(&API, &collection));
    }
    for path in ["/batch", "/batch/classroom/v1"] {
        config.service(engine::batches(&API, path));
    }
    config.service(engine::api_directory("/discovery/v1/apis"));
    for path in ["/$discovery/rest", "/discovery/v1/apis/classroom/v1/rest"] {
        config.service(engine::description(&API, path));
    }
}

/// Answers the paths below `/v1` that no other API has taken, as clients of the courses API expect.
pub(crate) fn configure_rest(config: &mut ServiceConfig) {
    config.service(engine::calls_below(&API, "/v1"));
}
