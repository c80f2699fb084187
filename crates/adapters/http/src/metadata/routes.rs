//! The answers of the metadata server. Every path is answered here: whether a request is refused does not depend on its path.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::identity::{Scope, Scopes, ServiceAccount};
use derslik_ports::StoreError;
use derslik_ports::inbound::{GrantError, GrantedToken, RequestedScopes};
use serde_json::json;

use super::MetadataServer;
use super::checks::{Refusal, find_refusal};
use super::path::{DEFAULT, Question, read};
use crate::classroom::scope_by_name;
use crate::oauth::shown_scopes;
use crate::rate::{Exceeded, RateClock, RateLimits, RateQuotas};

/// How often tokens are asked for in a minute, by all programs together. They have no credential by which they could be counted.
const QUOTAS: RateQuotas = RateQuotas { unknown_per_minute: 600, credential_per_minute: 0 };

/// The content type of answers that are not JSON.
const TEXT: &str = "application/text";

/// Adds the one handler of all paths.
pub(super) fn configure(config: &mut ServiceConfig, server: Data<MetadataServer>) {
    configure_within(config, server, RateLimits::new(QUOTAS, &RateClock::monotonic()));
}

/// The same, within other limits.
pub(super) fn configure_within(config: &mut ServiceConfig, server: Data<MetadataServer>, limits: RateLimits) {
    config.app_data(server).app_data(Data::new(limits)).default_service(web::to(answer));
}

async fn answer(request: HttpRequest, server: Data<MetadataServer>, limits: Data<RateLimits>) -> HttpResponse {
    if let Some(refusal) = find_refusal(&request, server.any_host) {
        return refuse(refusal);
    }
    let address = server.account.to_string();
    let Some(question) = read(request.path(), &address) else { return absent() };
    match question {
        Question::Ping => text("computeMetadata/\n"),
        Question::Listing(names) => text(names),
        Question::Accounts => text(&format!("{DEFAULT}/\n{address}/\n")),
        Question::Aliases => text(&format!("{DEFAULT}\n")),
        Question::Email => text(&address),
        Question::ProjectId => text(&format!("derslik-{}", server.account.account)),
        Question::ProjectNumber => text(&server.account.account.to_string()),
        Question::UniverseDomain => text(&server.universe_domain),
        Question::Account => match find(&server).await {
            Ok(service) => describe(&service, request.query_string()),
            Err(refusal) => refusal,
        },
        Question::Scopes => match find(&server).await {
            Ok(service) => text(&shown_scopes(service.scopes).map(|name| name + "\n").collect::<String>()),
            Err(refusal) => refusal,
        },
        Question::Token => match limits.count_unknown(None) {
            Ok(()) => token(&server, request.query_string()).await.unwrap_or_else(|refusal| refusal),
            Err(exceeded) => too_many(exceeded),
        },
    }
}

/// The service account.
///
/// # Errors
/// The answer that says why it can't be told about.
async fn find(server: &MetadataServer) -> Result<ServiceAccount, HttpResponse> {
    let found = server.grants.find_service_account(server.account.clone()).await;
    found.map_err(|error| unavailable(&error))?.ok_or_else(gone)
}

/// All about the service account as JSON, or the names of what there is.
fn describe(service: &ServiceAccount, query: &str) -> HttpResponse {
    let is_recursive = pairs(query).into_iter().any(|(name, value)| name == "recursive" && value.eq_ignore_ascii_case("true"));
    if !is_recursive {
        return text("aliases\nemail\nscopes\ntoken\n");
    }
    let scopes: Vec<String> = shown_scopes(service.scopes).collect();
    HttpResponse::Ok().json(json!({ "aliases": [DEFAULT], "email": service.address.to_string(), "scopes": scopes }))
}

/// A token. Its scopes are those that the client asks for, as far as the service account has them. Clients that generate
/// themselves from the description ask for every scope that it names.
///
/// # Errors
/// The answer that says why there is none.
async fn token(server: &MetadataServer, query: &str) -> Result<HttpResponse, HttpResponse> {
    let asked = asked_scopes(query);
    let requested = match asked {
        None => None,
        Some(asked) => {
            let service = find(server).await?;
            let known: Scopes = asked.into_iter().filter(|scope| service.scopes.contains(*scope)).collect();
            if known == Scopes::default() {
                return Err(no_scope());
            }
            Some(RequestedScopes { known, has_unknown: false })
        }
    };
    match server.grants.grant_to(server.account.clone(), requested).await {
        Ok(GrantedToken { token, seconds, scopes: _ }) => {
            Ok(HttpResponse::Ok().json(json!({ "access_token": token, "expires_in": seconds, "token_type": "Bearer" })))
        }
        Err(GrantError::Store(error)) => Err(unavailable(&error)),
        Err(GrantError::Scope) => Err(no_scope()),
        Err(GrantError::TooMany(exceeded)) => Err(too_many(exceeded.into())),
        Err(GrantError::Client | GrantError::Invalid | GrantError::Time | GrantError::Subject) => Err(gone()),
    }
}

/// The scopes that a client asks for, without those that do not exist. `None` if it asks for none in particular.
fn asked_scopes(query: &str) -> Option<Vec<Scope>> {
    let asked: Vec<String> = pairs(query).into_iter().filter(|(name, _)| name == "scopes").map(|(_, value)| value).collect();
    let names: Vec<&str> = asked.iter().flat_map(|value| value.split([',', ' '])).map(str::trim).filter(|name| !name.is_empty()).collect();
    (!names.is_empty()).then(|| names.into_iter().filter_map(scope_by_name).collect())
}

/// The pairs of a query. A query that can't be read has none.
fn pairs(query: &str) -> Vec<(String, String)> {
    web::Query::from_query(query).map(web::Query::into_inner).unwrap_or_default()
}

fn text(text: &str) -> HttpResponse {
    HttpResponse::Ok().content_type(TEXT).body(text.to_owned())
}

fn refuse(refusal: Refusal) -> HttpResponse {
    tracing::debug!(?refusal, "a request to the metadata server was refused");
    let mut answer = match refusal {
        Refusal::Method => HttpResponse::MethodNotAllowed(),
        Refusal::Flavor | Refusal::Forwarded | Refusal::Host | Refusal::Page => HttpResponse::Forbidden(),
    };
    if refusal == Refusal::Method {
        answer.insert_header((ALLOW, "GET, HEAD"));
    }
    answer.content_type(TEXT).body(refusal.text())
}

fn problem(status: StatusCode, text: &'static str) -> HttpResponse {
    HttpResponse::build(status).content_type(TEXT).body(text)
}

fn absent() -> HttpResponse {
    problem(StatusCode::NOT_FOUND, "there is no such metadata")
}

fn gone() -> HttpResponse {
    tracing::warn!("the service account of the metadata server does not exist, or may not act");
    problem(StatusCode::NOT_FOUND, "the service account does not exist, or may not act")
}

fn no_scope() -> HttpResponse {
    problem(StatusCode::FORBIDDEN, "the service account has none of these scopes")
}

fn too_many(exceeded: Exceeded) -> HttpResponse {
    let mut answer = HttpResponse::TooManyRequests();
    for header in exceeded.headers() {
        answer.insert_header(header);
    }
    answer.content_type(TEXT).body("too many tokens are asked for; try again later")
}

fn unavailable(error: &StoreError) -> HttpResponse {
    let cause: &dyn std::error::Error = error;
    tracing::warn!(cause, "the metadata server has no answer from the database");
    let mut answer = HttpResponse::ServiceUnavailable();
    answer.insert_header((RETRY_AFTER, "1")).content_type(TEXT).body("try again")
}
