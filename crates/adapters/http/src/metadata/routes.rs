//! The answers of the metadata server. Every path is answered here: whether a request is refused does not depend on its path.

use actix_web::http::header::{ALLOW, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::identity::{Scope, Scopes, ServiceAccount};
use derslik_ports::StoreError;
use derslik_ports::inbound::{GrantError, GrantedToken, RequestedScopes};
use serde_json::{Value, json};

use super::MetadataServer;
use super::checks::{Refusal, find_refusal};
use super::path::{DEFAULT, Folder, Question, read};
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
        Question::Folder(folder) => list(&server, folder, request.query_string()).await.unwrap_or_else(|refusal| refusal),
        Question::Aliases => text(&format!("{DEFAULT}\n")),
        Question::Email => text(&address),
        Question::ProjectId => text(&project_id(&server)),
        Question::ProjectNumber => text(&server.account.account.to_string()),
        Question::UniverseDomain => text(&server.universe_domain),
        Question::Scopes => match find(&server).await {
            Ok(service) => text(&shown_scopes(service.scopes).map(|name| name + "\n").collect::<String>()),
            Err(refusal) => refusal,
        },
        // A look must not make a token.
        Question::Token if request.method() == Method::HEAD => {
            peek(&server, request.query_string()).await.unwrap_or_else(|refusal| refusal)
        }
        Question::Token => match limits.count_unknown(None) {
            Ok(()) => token(&server, request.query_string()).await.unwrap_or_else(|refusal| refusal),
            Err(exceeded) => too_many(exceeded),
        },
        Question::Identity => problem(StatusCode::NOT_FOUND, "identity tokens are not given out: ask for an access token"),
    }
}

/// The service account.
///
/// # Errors
/// The answer that says why it can't be told about.
async fn find(server: &MetadataServer) -> Result<ServiceAccount, HttpResponse> {
    let found = server.grants.find_service_account(server.account.clone()).await;
    found.map_err(|error| unavailable(&error))?.ok_or_else(|| gone(server))
}

/// The names of what stands in a folder, or with `recursive=true` all that stands below it, as JSON.
///
/// # Errors
/// The answer that says why the service account can't be told about.
async fn list(server: &MetadataServer, folder: Folder, query: &str) -> Result<HttpResponse, HttpResponse> {
    let is_recursive = pairs(query).into_iter().any(|(name, value)| name == "recursive" && value.eq_ignore_ascii_case("true"));
    let shows_account = match folder {
        Folder::Account => true,
        Folder::Versions | Folder::All | Folder::Instance | Folder::Accounts => is_recursive,
        Folder::Project | Folder::Universe => false,
    };
    let account = if shows_account { describe(&find(server).await?) } else { Value::Null };
    Ok(if is_recursive { HttpResponse::Ok().json(tree(server, folder, &account)) } else { text(&names(server, folder)) })
}

/// The names of what stands in a folder, each on a line.
fn names(server: &MetadataServer, folder: Folder) -> String {
    match folder {
        Folder::Versions => "v1/\n".to_owned(),
        Folder::All => "instance/\nproject/\nuniverse/\n".to_owned(),
        Folder::Instance => "service-accounts/\n".to_owned(),
        Folder::Accounts => format!("{DEFAULT}/\n{}/\n", server.account),
        Folder::Account => "aliases\nemail\nscopes\ntoken\n".to_owned(),
        Folder::Project => "numeric-project-id\nproject-id\n".to_owned(),
        Folder::Universe => "universe-domain\n".to_owned(),
    }
}

/// All that stands below a folder, under the names that the original gives it in JSON. Tokens are not among it. `account` describes the
/// service account.
fn tree(server: &MetadataServer, folder: Folder, account: &Value) -> Value {
    let below = |folder| tree(server, folder, account);
    match folder {
        Folder::Versions => json!({ "v1": below(Folder::All) }),
        Folder::All => json!({
            "instance": below(Folder::Instance),
            "project": below(Folder::Project),
            "universe": below(Folder::Universe),
        }),
        Folder::Instance => json!({ "serviceAccounts": below(Folder::Accounts) }),
        Folder::Accounts => {
            let address = server.account.to_string();
            json!({ DEFAULT: account, address: account })
        }
        Folder::Account => account.clone(),
        Folder::Project => json!({ "numericProjectId": server.account.account.get(), "projectId": project_id(server) }),
        Folder::Universe => json!({ "universeDomain": server.universe_domain }),
    }
}

/// The service account as JSON.
fn describe(service: &ServiceAccount) -> Value {
    let scopes: Vec<String> = shown_scopes(service.scopes).collect();
    json!({ "aliases": [DEFAULT], "email": service.address.to_string(), "scopes": scopes })
}

/// The id of the project, in letters.
fn project_id(server: &MetadataServer) -> String {
    format!("derslik-{}", server.account.account)
}

/// Whether there would be a token, without one.
///
/// # Errors
/// The answer that says why there is none.
async fn peek(server: &MetadataServer, query: &str) -> Result<HttpResponse, HttpResponse> {
    let service = find(server).await?;
    if let Some(asked) = asked_scopes(query) {
        allowed(&service, asked).ok_or_else(no_scope)?;
    }
    Ok(HttpResponse::Ok().content_type("application/json").finish())
}

/// Of the scopes that a client asks for, those of the service account. `None` if there is none.
fn allowed(service: &ServiceAccount, asked: Vec<Scope>) -> Option<RequestedScopes> {
    let known: Scopes = asked.into_iter().filter(|scope| service.scopes.contains(*scope)).collect();
    (known != Scopes::default()).then_some(RequestedScopes { known, has_unknown: false })
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
        Some(asked) => Some(allowed(&find(server).await?, asked).ok_or_else(no_scope)?),
    };
    match server.grants.grant_to(server.account.clone(), requested).await {
        Ok(GrantedToken { token, seconds, scopes: _ }) => {
            Ok(HttpResponse::Ok().json(json!({ "access_token": token, "expires_in": seconds, "token_type": "Bearer" })))
        }
        Err(GrantError::Store(error)) => Err(unavailable(&error)),
        Err(GrantError::Scope(_)) => Err(no_scope()),
        Err(GrantError::TooMany(exceeded)) => Err(too_many(exceeded.into())),
        Err(GrantError::Client | GrantError::Invalid | GrantError::Time | GrantError::Subject) => Err(gone(server)),
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

fn gone(server: &MetadataServer) -> HttpResponse {
    let account = &server.account;
    tracing::warn!(%account, "the service account of the metadata server does not exist, or may not act; `derslik doctor` says which");
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
