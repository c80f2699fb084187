//! The URLs of the second generation. A slash at the end of a path makes another path.

use actix_web::dev::{Service, ServiceResponse};
use actix_web::guard;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError, Scope};
use futures_util::TryFutureExt;

use super::error::V2Error;
use super::{jobs, projects, sessions, users};
use crate::memory::BudgetExhausted;
use crate::observed::Dialect;
use crate::response::count_until_sent;
use crate::routing::resource;

/// The calls below `prefix`, and an answer for every other path there.
pub fn scope(prefix: &str) -> Scope {
    web::scope(prefix).app_data(Dialect::Jobs).configure(routes).default_service(web::to(no_such_path))
}

/// Patterns are tried in order.
fn routes(config: &mut ServiceConfig) {
    let mut add = |path: &str, methods, routes: fn(Resource) -> Resource| {
        let resource = routes(resource(path, methods, method_not_allowed).app_data(Dialect::Jobs));
        config.service(resource.wrap_fn(|request, resource| resource.call(request).map_ok(finished)));
    };
    add("/{project_key}/jobs/{job_id}", &[Method::GET, Method::DELETE], |resource| {
        resource.route(web::get().to(jobs::get)).route(web::delete().to(jobs::cancel))
    });
    // This route precedes the jobs of a project, which would match `projects` as a project key.
    add("/projects/{project_key}", &[Method::GET], |resource| resource.route(web::get().to(projects::get)));
    add("/{project_key}/jobs", &[Method::GET], |resource| resource.route(web::get().to(jobs::list)));
    add("/{project_key}/users/{user_id}", &[Method::GET, Method::DELETE], |resource| {
        resource.route(web::get().to(users::get)).route(web::delete().to(users::erase))
    });
    // An erasure without a user is refused as such. With any other method, the path does not exist.
    add("/{project_key}/users/", &[Method::DELETE], |resource| resource.guard(guard::Delete()).route(web::delete().to(users::erase)));
    add("/{project_key}/users/{user_id}/sessions", &[Method::POST], |resource| resource.route(web::post().to(users::sessions)));
    add("/{project_key}/sessions/{session_id}/events", &[Method::POST], |resource| resource.route(web::post().to(sessions::events)));
    add("/projects", &[Method::GET, Method::POST], |resource| {
        resource.route(web::get().to(projects::list)).route(web::post().to(projects::create))
    });
}

/// A response that counts until it is sent.
fn finished(response: ServiceResponse) -> ServiceResponse {
    count_until_sent(response, || V2Error::BudgetExhausted(BudgetExhausted).error_response())
}

fn method_not_allowed(_: &HttpRequest) -> HttpResponse {
    V2Error::MethodNotAllowed.error_response()
}

async fn no_such_path() -> Result<HttpResponse, V2Error> {
    Err(V2Error::NoSuchPath)
}
