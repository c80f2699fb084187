//! The jobs API of OpenReplay: its names, its shapes, its errors. It knows nothing of how jobs are run.

mod auth;
mod cancel;
mod dto;
mod erase_user;
mod error;
mod get;
mod list;
mod path;
mod projects;
mod stream;
#[cfg(test)]
mod tests;
mod user;

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, ResponseError, Scope};

use self::error::OpenReplayError;

/// How the answers of this dialect are shaped where the document and the original service differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JobsCompat {
    /// As the document says.
    #[default]
    Documented,
    /// As release 1.26 of the original service answers.
    Release126,
}

/// The calls below `prefix`, and an answer for every other path there.
pub fn scope(prefix: &str) -> Scope {
    web::scope(prefix).configure(|config| routes(config, "")).default_service(web::to(no_such_path))
}

/// The calls below `prefix`, and no other path there.
pub fn routes(config: &mut ServiceConfig, prefix: &str) {
    config
        .service(
            resource(prefix, "/projects", &[Method::GET, Method::POST])
                .route(web::get().to(projects::list))
                .route(web::post().to(projects::create)),
        )
        .service(resource(prefix, "/projects/{project_key}", &[Method::GET]).route(web::get().to(projects::get)))
        .service(resource(prefix, "/{project_key}/jobs", &[Method::GET]).route(web::get().to(list::list)))
        .service(
            resource(prefix, "/{project_key}/jobs/{job_id}", &[Method::GET, Method::DELETE])
                .route(web::get().to(get::get))
                .route(web::delete().to(cancel::cancel)),
        )
        .service(
            resource(prefix, "/{project_key}/users/{user_id}", &[Method::GET, Method::DELETE])
                .route(web::get().to(user::get))
                .route(web::delete().to(erase_user::erase_user)),
        )
        .service(resource(prefix, "/{project_key}/users/{user_id}/sessions", &[Method::GET]).route(web::get().to(user::sessions)));
}

/// A resource with or without a slash at the end of its path, which tells the methods that it takes to who tries others.
fn resource(prefix: &str, path: &str, methods: &'static [Method]) -> Resource {
    let refuse = move || async move {
        let allow: Vec<_> = methods.iter().map(Method::as_str).collect();
        let mut response = OpenReplayError::MethodNotAllowed.error_response();
        if let Ok(allow) = allow.join(", ").parse() {
            response.headers_mut().insert(ALLOW, allow);
        }
        response
    };
    web::resource([format!("{prefix}{path}"), format!("{prefix}{path}/")]).default_service(web::to(refuse))
}

async fn no_such_path() -> Result<HttpResponse, OpenReplayError> {
    Err(OpenReplayError::NoSuchPath)
}
