//! `POST /auth/connect/token`: exchanges a name and a password for a token. Published clients send an access key and its secret
//! in their place. The answers follow OAuth 2.0.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, RETRY_AFTER};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::id::Id;
use derslik_domain::identity::{Password, Username};
use derslik_ports::inbound::{LogIn, LogInError};

use super::view::{Refusal, TokenView};
use crate::body::read_form;
use crate::claimed::note_named;
use crate::client::client_network;
use crate::perculus::error::PerculusError;
use crate::perculus::response::{json, respond, write};
use crate::rate::Exceeded;
use crate::state::HttpState;

/// The only valid `client_id`.
const CLIENT: &str = "api";

pub(in crate::perculus) async fn issue(
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let fields = read_form(&request, payload, &state).await?;
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let network = client_network(&request);
    // A refused log-in is a request without a valid credential, whether the limiter of log-ins counts it or not.
    let refuse = |refusal: HttpResponse| state.rate_limits().count_unknown(network).map_or_else(too_many_unknown, |()| refusal);
    if field("grant_type") != Some("password") {
        return Ok(refuse(refusal("unsupported_grant_type", "grant_type must be password.")));
    }
    if field("client_id") != Some(CLIENT) {
        return Ok(refuse(refusal("invalid_client", "client_id must be api.")));
    }
    let (Some(username), Some(password), Some(account)) = (field("username"), field("password"), field("account_id")) else {
        return Ok(refuse(refusal("invalid_request", "username, password and account_id are required.")));
    };
    let (Ok(account), Ok(username), Ok(secret)) =
        (account.trim().parse(), Username::parse(username), Password::new(password.as_bytes().to_vec()))
    else {
        return Ok(refuse(invalid_grant()));
    };
    note_named(&request, Id::new(account));
    let shown = LogIn { account: Id::new(account), username, password: secret, network };
    match state.log_in.log_in(shown).await {
        Ok(issued) => {
            let token = TokenView { access_token: &issued.token, expires_in: issued.seconds, token_type: "Bearer", scope: CLIENT };
            Ok(json(&token))
        }
        Err(LogInError::Invalid) => Ok(refuse(invalid_grant())),
        Err(LogInError::TooMany { retry_after_seconds }) => Ok(too_many(retry_after_seconds)),
        Err(LogInError::Store(error)) => Err(error.into()),
    }
}

fn invalid_grant() -> HttpResponse {
    refusal("invalid_grant", "The account, the user name or the password is not valid.")
}

fn refusal(error: &'static str, error_description: &'static str) -> HttpResponse {
    respond(write(StatusCode::BAD_REQUEST, 1, &Refusal { error, error_description }))
}

fn too_many_unknown(exceeded: Exceeded) -> HttpResponse {
    let mut response = too_many(exceeded.retry_after_seconds);
    for (name, value) in exceeded.headers() {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn too_many(retry_after_seconds: u64) -> HttpResponse {
    let body = Refusal { error: "invalid_grant", error_description: "Too many failed attempts; try again later." };
    let mut response = respond(write(StatusCode::TOO_MANY_REQUESTS, 1, &body));
    response.headers_mut().insert(RETRY_AFTER, retry_after_seconds.into());
    response
}
