//! From a request for a token to its answer.

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_ports::inbound::{GrantError, TokenRequest};

use super::answer::{ACCESS_TOKEN, Refusal, token, too_many};
use super::assertion::{Decoded, decode};
use super::form::{Fields, client};
use super::scopes;
use crate::body::read_form_within;
use crate::claimed::note_issued;
use crate::client::client_network;
use crate::state::HttpState;

/// The longest form, in bytes.
const FORM_BYTES: usize = 64 * 1024;

const REFRESH_TOKEN: &str = "refresh_token";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// Issues a token. A refused grant is a request without a valid credential, so it counts against the quota of its network.
pub(super) async fn exchange(state: Data<HttpState>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let refusal = match issue(&state, &request, payload).await {
        Ok(response) => return response,
        Err(refusal) => refusal,
    };
    if refusal.counts()
        && let Err(exceeded) = state.rate_limits().count_unknown(client_network(&request))
    {
        return too_many(exceeded);
    }
    refusal.response()
}

async fn issue(state: &HttpState, request: &HttpRequest, payload: Payload) -> Result<HttpResponse, Refusal> {
    let fields = Fields::new(read_form_within(FORM_BYTES, request, payload, state).await?)?;
    let (grant, asked) = read(request, &fields)?;
    let is_exchange = matches!(grant, TokenRequest::Exchange { .. });
    let quota = state.rate_limits().of_client(client_network(request));
    let by_basic = request.headers().contains_key(AUTHORIZATION);
    match state.token_grants.grant(grant, quota).await {
        Ok(granted) => {
            note_issued(state, request, &granted.token).await;
            Ok(token(&granted, is_exchange))
        }
        // It is counted where it is above the quota.
        Err(GrantError::TooMany(exceeded)) => Ok(too_many(exceeded.into())),
        Err(error) => Err(Refusal::of(&error, by_basic, asked.as_deref())),
    }
}

/// The grant, and the list of scopes as the client sent it.
fn read(request: &HttpRequest, fields: &Fields) -> Result<(TokenRequest, Option<String>), Refusal> {
    let asked = fields.get("scope").map(str::to_owned);
    let requested = || fields.get("scope").and_then(scopes::read);
    match fields.need("grant_type")? {
        JWT_BEARER => {
            let Decoded { assertion, scopes, has_audience } =
                decode(fields.need("assertion")?).ok_or_else(|| Refusal::grant("the assertion is not a JWT by RS256 or ES256"))?;
            if !has_audience {
                return Err(Refusal::grant("the assertion has no audience"));
            }
            Ok((TokenRequest::Assertion(assertion), scopes))
        }
        REFRESH_TOKEN => {
            let shown = fields.need("refresh_token")?.to_owned();
            let client = client(request.headers(), fields)?;
            Ok((TokenRequest::Refresh { client, token: shown, scopes: requested() }, asked))
        }
        TOKEN_EXCHANGE => {
            let shown = fields.need("subject_token")?.to_owned();
            if fields.need("subject_token_type")? != ACCESS_TOKEN {
                return Err(Refusal::request("subject_token_type must be that of an access token"));
            }
            if fields.get("requested_token_type").is_some_and(|wanted| wanted != ACCESS_TOKEN) {
                return Err(Refusal::request("requested_token_type must be that of an access token"));
            }
            Ok((TokenRequest::Exchange { token: shown, scopes: requested() }, asked))
        }
        _ => Err(Refusal::grant_type()),
    }
}
