//! Tokens and refusals as OAuth 2.0 shows them (RFC 6749, sections 5.1 and 5.2). No answer is stored. None repeats a part of a request,
//! except for the names of scopes that a proved grant lacks.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse};
use derslik_ports::inbound::{GrantError, GrantedToken};
use serde::Serialize;

use super::scopes;
use crate::body::BodyError;
use crate::rate::Exceeded;
use crate::response::{RETRY_AFTER_SECONDS, json_answer, respond};

const JSON: &str = "application/json; charset=utf-8";
/// The typical size of an answer, in bytes.
const ANSWER_BYTES: usize = 512;

/// The type of every token that is issued (RFC 8693, section 3).
pub(super) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

#[derive(Serialize)]
struct TokenView<'a> {
    access_token: &'a str,
    expires_in: u32,
    token_type: &'static str,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
}

#[derive(Serialize)]
struct RefusalView<'a> {
    error: &'static str,
    error_description: &'a str,
}

/// Why no token is issued.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: String,
    /// Whether the answer asks for Basic.
    asks_for_basic: bool,
    /// Whether it is a failure of the service, which is not held against the client.
    is_failure: bool,
}

impl Refusal {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        Self { status, error, description: description.into(), asks_for_basic: false, is_failure: status.is_server_error() }
    }

    /// The request is not understood.
    pub(super) fn request(description: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    /// A parameter is missing.
    pub(super) fn missing(name: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", format!("{name} is missing"))
    }

    /// The kind of the grant is not known.
    pub(super) fn grant_type() -> Self {
        let description = "grant_type must be refresh_token, or the URN of a JWT bearer or of a token exchange";
        Self::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", description)
    }

    /// The grant is not understood.
    pub(super) fn grant(description: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_grant", description)
    }

    /// The client is wrong. One that came by Basic is asked for it again.
    pub(super) fn client(by_basic: bool) -> Self {
        let refusal = Self::new(StatusCode::UNAUTHORIZED, "invalid_client", "the client is not valid");
        Self { asks_for_basic: by_basic, ..refusal }
    }

    /// The client, or a part of it, is missing.
    pub(super) fn no_client(missing: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", missing)
    }

    /// Whether the refusal counts against the quota of its network.
    pub(super) const fn counts(&self) -> bool {
        !self.is_failure
    }

    /// The response.
    pub(super) fn response(&self) -> HttpResponse {
        let view = RefusalView { error: self.error, error_description: &self.description };
        let mut response = unstored(self.status, &view);
        let headers = response.headers_mut();
        if self.asks_for_basic {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"derslik\""));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        response
    }
}

impl Refusal {
    /// The refusal of a use case. `by_basic` says how the client named itself, and `asked` is its list of scopes.
    pub(super) fn of(error: &GrantError, by_basic: bool, asked: Option<&str>) -> Self {
        match error {
            GrantError::Client => Self::client(by_basic),
            GrantError::Invalid | GrantError::Time | GrantError::Subject => {
                Self::new(StatusCode::BAD_REQUEST, "invalid_grant", error.to_string())
            }
            GrantError::Scope(refused) => {
                Self::new(StatusCode::BAD_REQUEST, "invalid_scope", format!("{error}{}", scopes::refused(*refused, asked)))
            }
            GrantError::TooMany(exceeded) => Self::new(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", exceeded.to_string()),
            GrantError::Store(store) if store.unavailable().is_some() => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "the service is not available; try again")
            }
            GrantError::Store(store) => {
                tracing::error!(error = %store, "could not issue a token");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "the service failed")
            }
        }
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        let status = match error {
            BodyError::UnsupportedMediaType | BodyError::NoForm | BodyError::CutOff => StatusCode::BAD_REQUEST,
            BodyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::TooSlow => StatusCode::REQUEST_TIMEOUT,
            BodyError::BudgetExhausted => StatusCode::SERVICE_UNAVAILABLE,
        };
        let name = if status == StatusCode::SERVICE_UNAVAILABLE { "temporarily_unavailable" } else { "invalid_request" };
        Self::new(status, name, error.to_string())
    }
}

/// The answer with a token. `exchanged` says that it came for another token.
pub(super) fn token(granted: &GrantedToken, exchanged: bool) -> HttpResponse {
    let view = TokenView {
        access_token: &granted.token,
        expires_in: granted.seconds,
        token_type: "Bearer",
        scope: scopes::list(granted.scopes),
        issued_token_type: exchanged.then_some(ACCESS_TOKEN),
    };
    unstored(StatusCode::OK, &view)
}

/// The answer to a network that is above its quota.
pub(super) fn too_many(exceeded: Exceeded) -> HttpResponse {
    let view = RefusalView { error: "temporarily_unavailable", error_description: &exceeded.to_string() };
    let mut response = unstored(StatusCode::TOO_MANY_REQUESTS, &view);
    for (name, value) in exceeded.headers() {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// The answer to every method but POST.
pub(super) fn method_not_allowed(_: &HttpRequest) -> HttpResponse {
    let view = RefusalView { error: "invalid_request", error_description: "a token is asked for by POST" };
    unstored(StatusCode::METHOD_NOT_ALLOWED, &view)
}

fn unstored(status: StatusCode, view: &impl Serialize) -> HttpResponse {
    let mut response = respond(json_answer(status, ANSWER_BYTES, view), JSON);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
