//! The endpoint for tokens, which client libraries of the courses API ask before they call it: a grant is exchanged for an access token
//! of an hour, as OAuth 2.0 has it (RFC 6749, 7523 and 8693). Each library has a path of its own for it.
//!
//! | file | content |
//! |---|---|
//! | `form` | the fields of a request |
//! | `assertion` | assertions in the form of a JWT |
//! | `scopes` | the names of scopes |
//! | `exchange` | from a request to its answer |
//! | `answer` | tokens and refusals |

mod answer;
mod assertion;
mod exchange;
mod form;
mod scopes;
#[cfg(test)]
mod tests;

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};

use crate::observed::Dialect;
use crate::routing::{resource, with_and_without_slash};

pub(crate) use assertion::read_bearer;
pub(crate) use scopes::shown as shown_scopes;

/// The paths of the endpoint. The first is that of newer libraries.
const PATHS: [&str; 4] = ["/token", "/oauth2/v4/token", "/o/oauth2/token", "/v1/token"];

/// Adds the URLs of the endpoint to an app. One of them lies among the paths of other APIs, so it is registered before these.
pub(crate) fn configure(config: &mut ServiceConfig) {
    for path in PATHS.into_iter().flat_map(with_and_without_slash) {
        let endpoint = resource(&path, &[Method::POST], answer::method_not_allowed).app_data(Dialect::Tokens);
        config.service(endpoint.route(web::post().to(exchange::exchange)));
    }
}
