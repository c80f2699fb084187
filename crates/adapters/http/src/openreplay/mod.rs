//! The jobs API of OpenReplay: its names, its shapes, its errors. This module does not know how jobs run.

mod auth;
mod cancel;
pub(crate) mod compat;
mod dto;
mod erase_user;
mod error;
mod get;
mod list;
mod path;
mod projects;
#[cfg(test)]
mod tests;
mod user;
mod words;

use actix_web::dev::{Service, ServiceResponse};
use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError, Scope};
use derslik_domain::job::ProjectKey;

use futures_util::TryFutureExt;

pub use self::compat::JobsCompat;
use self::error::OpenReplayError;
use crate::list::{Frame, Parts};
use crate::memory::BudgetExhausted;
use crate::response::LIST_BYTES;
use crate::response::count_until_sent;
use crate::state::HttpState;

/// The calls below `prefix`, and an answer for every other path there.
pub fn scope(prefix: &str) -> Scope {
    web::scope(prefix).configure(|config| routes(config, "")).default_service(web::to(no_such_path))
}

/// The calls below `prefix`, and no other path there. Patterns are tried in order, so the most frequent calls come first.
pub fn routes(config: &mut ServiceConfig, prefix: &str) {
    let mut add = |path: &str, methods, routes: fn(Resource) -> Resource| {
        // A pattern for each form of a path is faster than one pattern for both.
        for end in ["", "/"] {
            let resource = routes(resource(&format!("{prefix}{path}{end}"), methods));
            config.service(resource.wrap_fn(|request, resource| resource.call(request).map_ok(counted)));
        }
    };
    add("/{project_key}/jobs/{job_id}", &[Method::GET, Method::DELETE], |resource| {
        resource.route(web::get().to(get::get)).route(web::delete().to(cancel::cancel))
    });
    // This route precedes the jobs of a project, which would match `projects` as a project key.
    add("/projects/{project_key}", &[Method::GET], |resource| resource.route(web::get().to(projects::get)));
    add("/{project_key}/jobs", &[Method::GET], |resource| resource.route(web::get().to(list::list)));
    add("/{project_key}/users/{user_id}", &[Method::GET, Method::DELETE], |resource| {
        resource.route(web::get().to(user::get)).route(web::delete().to(erase_user::erase_user))
    });
    add("/{project_key}/users/{user_id}/sessions", &[Method::GET], |resource| resource.route(web::get().to(user::sessions)));
    add("/projects", &[Method::GET, Method::POST], |resource| {
        resource.route(web::get().to(projects::list)).route(web::post().to(projects::create))
    });
}

/// The answer for unknown paths below `prefix` that belong to a project. Another API has the rest of `prefix`.
pub fn other_paths(config: &mut ServiceConfig, prefix: &'static str) {
    let owned = move |context: &GuardContext<'_>| context.head().uri.path().strip_prefix(prefix).is_some_and(is_about_a_project);
    config.service(web::resource(format!("{prefix}/{{rest:.*}}")).guard(fn_guard(owned)).default_service(web::to(no_such_path)));
}

/// Whether a path below the prefix can belong only to this API. Such a path lies below its projects, below a project key, or
/// below a collection of a project.
fn is_about_a_project(path: &str) -> bool {
    let mut segments = path.trim_start_matches('/').split('/');
    let (first, second) = (segments.next().unwrap_or_default(), segments.next());
    first == "projects" || first.parse::<ProjectKey>().is_ok() || matches!(second, Some("jobs" | "users"))
}

/// A resource that answers other methods with the list of the allowed ones.
fn resource(path: &str, methods: &'static [Method]) -> Resource {
    let refuse = move || async move {
        let allow: Vec<_> = methods.iter().map(Method::as_str).collect();
        let mut response = OpenReplayError::MethodNotAllowed.error_response();
        if let Ok(allow) = allow.join(", ").parse() {
            response.headers_mut().insert(ALLOW, allow);
        }
        response
    };
    web::resource(path).default_service(web::to(refuse))
}

/// The most entries of a list that are read at once. With the longest texts they take about as much memory as a list may hold.
const PART: u32 = 250;

/// The answer that carries a list.
async fn stream(
    state: &HttpState,
    request: &HttpRequest,
    parts: impl Parts<Error = OpenReplayError>,
) -> Result<HttpResponse, OpenReplayError> {
    const FRAME: Frame = Frame { content_type: "application/json", opening: r#"{"data":["#, closing: "]}" };
    crate::list::stream(state, request, LIST_BYTES, FRAME, parts).await
}

/// A response that counts until it is sent.
fn counted(response: ServiceResponse) -> ServiceResponse {
    count_until_sent(response, || OpenReplayError::BudgetExhausted(BudgetExhausted).error_response())
}

async fn no_such_path() -> Result<HttpResponse, OpenReplayError> {
    Err(OpenReplayError::NoSuchPath)
}
