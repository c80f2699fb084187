//! The URLs of the jobs API.

use actix_web::dev::{Service, ServiceResponse};
use actix_web::guard::{self, GuardContext, fn_guard};
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError, Scope};
use derslik_domain::job::ProjectKey;
use futures_util::TryFutureExt;

use super::error::OpenReplayError;
use super::{jobs, projects, users};
use crate::memory::BudgetExhausted;
use crate::observed::Dialect;
use crate::response::count_until_sent;
use crate::routing::{resource, with_and_without_slash};

/// The calls below `prefix`, and an answer for every other path there.
pub fn scope(prefix: &str) -> Scope {
    web::scope(prefix).app_data(Dialect::Jobs).configure(|config| routes(config, "")).default_service(web::to(no_such_path))
}

/// The calls below `prefix`, and no other path there. Patterns are tried in order, so the most frequent calls come first.
pub fn routes(config: &mut ServiceConfig, prefix: &str) {
    let mut add = |path: &str, methods, routes: fn(Resource) -> Resource| {
        for path in with_and_without_slash(&format!("{prefix}{path}")) {
            let resource = routes(resource(&path, methods, method_not_allowed).app_data(Dialect::Jobs));
            config.service(resource.wrap_fn(|request, resource| resource.call(request).map_ok(finished)));
        }
    };
    add("/{project_key}/jobs/{job_id}", &[Method::GET, Method::DELETE], |resource| {
        resource.route(web::get().to(jobs::get)).route(web::delete().to(jobs::cancel))
    });
    // This route precedes the jobs of a project, which would match `projects` as a project key.
    add("/projects/{project_key}", &[Method::GET], |resource| resource.route(web::get().to(projects::get)));
    add("/{project_key}/jobs", &[Method::GET], |resource| resource.route(web::get().to(jobs::list)));
    // Only a POST is about many users: with any other method, `erase` is the user of the next route.
    add("/{project_key}/users/erase", &[Method::POST], |resource| resource.guard(guard::Post()).route(web::post().to(jobs::erase_users)));
    add("/{project_key}/users/{user_id}", &[Method::GET, Method::DELETE], |resource| {
        resource.route(web::get().to(users::get)).route(web::delete().to(jobs::erase_user))
    });
    add("/{project_key}/users/{user_id}/sessions", &[Method::GET], |resource| resource.route(web::get().to(users::sessions)));
    add("/{project_key}/jobs/{job_id}/users", &[Method::GET], |resource| resource.route(web::get().to(jobs::erased_users)));
    add("/projects", &[Method::GET, Method::POST], |resource| {
        resource.route(web::get().to(projects::list)).route(web::post().to(projects::create))
    });
}

/// The answer for unknown paths below `prefix` that belong to a project. Another API has the rest of `prefix`.
pub fn other_paths(config: &mut ServiceConfig, prefix: &'static str) {
    let owned = move |context: &GuardContext<'_>| context.head().uri.path().strip_prefix(prefix).is_some_and(is_about_a_project);
    let rest = web::resource(format!("{prefix}/{{rest:.*}}")).app_data(Dialect::Jobs).guard(fn_guard(owned));
    config.service(rest.default_service(web::to(no_such_path)));
}

/// Whether a path below the prefix can belong only to this API. Such a path lies below its projects, below a project key, or
/// below a collection of a project.
fn is_about_a_project(path: &str) -> bool {
    let mut segments = path.trim_start_matches('/').split('/');
    let (first, second) = (segments.next().unwrap_or_default(), segments.next());
    first == "projects" || first.parse::<ProjectKey>().is_ok() || matches!(second, Some("jobs" | "users"))
}

/// A response that counts until it is sent.
fn finished(response: ServiceResponse) -> ServiceResponse {
    count_until_sent(response, || OpenReplayError::BudgetExhausted(BudgetExhausted).error_response())
}

fn method_not_allowed(_: &HttpRequest) -> HttpResponse {
    OpenReplayError::MethodNotAllowed.error_response()
}

async fn no_such_path() -> Result<HttpResponse, OpenReplayError> {
    Err(OpenReplayError::NoSuchPath)
}
