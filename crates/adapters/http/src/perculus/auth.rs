//! Authentication by the `Authorization` header of the sessions API.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use derslik_domain::identity::{Actor, CredentialKind};
use derslik_domain::text::{from_hex, hex};
use derslik_ports::inbound::PresentedCredential;

use super::error::PerculusError;
use crate::body_watcher::BodyWatcher;
use crate::budgets::note_holder;
use crate::client::client_network;
use crate::controlled::meet_faults;
use crate::propagation::traced;
use crate::state::HttpState;

/// The token that a client sends after `Authorization: Bearer`: its access key, and the proof that it knows the secret key.
///
/// ```
/// assert_eq!(derslik_http::perculus::bearer("demo-access", &[0x0a; 32]), format!("demo-access|{}", "0a".repeat(32)));
/// ```
pub fn bearer(access_key: &str, proof: &[u8; 32]) -> String {
    format!("{access_key}|{}", hex(proof))
}

/// The actor of a request that showed a valid credential.
pub(super) struct Caller(pub(super) Actor);

/// The same actor, for a call that takes no body. A body that is sent all the same was read to its end.
pub(super) struct CallerWithoutBody(pub(super) Actor);

impl FromRequest for Caller {
    type Error = PerculusError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PerculusError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, watcher) = (request.clone(), BodyWatcher::of(request, payload));
        Box::pin(async move { Ok(Self(authenticate(&request, &watcher).await?.0)) })
    }
}

impl FromRequest for CallerWithoutBody {
    type Error = PerculusError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PerculusError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, watcher) = (request.clone(), BodyWatcher::of(request, payload));
        Box::pin(async move {
            let (actor, state) = authenticate(&request, &watcher).await?;
            watcher.skip(&state.limits).await?;
            Ok(Self(actor))
        })
    }
}

async fn authenticate<'a>(request: &'a HttpRequest, watcher: &BodyWatcher) -> Result<(Actor, &'a HttpState), PerculusError> {
    let Some(state) = request.app_data::<Data<HttpState>>() else { return Err(PerculusError::Unauthorized) };
    let limits = state.rate_limits();
    let Some(presented) = presented(request.headers()) else {
        return Err(limits.refuse(client_network(request), PerculusError::Unauthorized));
    };
    let looked_up = watcher.wait_for(state.identity.authenticate(presented)).await?;
    let actor = looked_up.map_err(|error| limits.refuse_looked_up::<PerculusError>(client_network(request), error))?;
    limits.count_known(&actor)?;
    note_holder(request, &actor);
    meet_faults::<PerculusError>(state, request, &actor).await?;
    Ok((traced(request, actor), state))
}

/// `Bearer ACCESS_KEY|HEX` or `Bearer TOKEN`, with a case-insensitive scheme. A bar tells the two apart.
fn presented(headers: &HeaderMap) -> Option<PresentedCredential> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let token = token.trim();
    match token.rsplit_once('|') {
        Some((access_key, proof)) => {
            let secret = from_hex::<32>(proof)?.to_vec();
            Some(PresentedCredential { kind: CredentialKind::AccessKey, public_id: access_key.to_owned(), secret })
        }
        None if token.is_empty() => None,
        None => {
            let secret = token.as_bytes().to_vec();
            Some(PresentedCredential { kind: CredentialKind::AccessToken, public_id: String::new(), secret })
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    const PROOF: &str = "0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3";

    fn with(authorization: &str) -> Option<PresentedCredential> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(authorization).unwrap());
        presented(&headers)
    }

    #[test]
    fn a_proof_is_read_in_either_case() {
        let proof = from_hex(PROOF).unwrap();
        assert_eq!(bearer("demo-access", &proof), format!("demo-access|{PROOF}"));
        assert_eq!(from_hex(&PROOF.to_uppercase()), Some(proof));
    }

    #[test]
    fn a_bearer_with_a_bar_is_an_access_key_and_its_proof() {
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let presented = with(&format!("{scheme} demo-access|{PROOF}")).unwrap();
            assert_eq!(presented.public_id, "demo-access");
            assert_eq!(presented.secret, from_hex::<32>(PROOF).unwrap());
        }
    }

    #[test]
    fn a_bearer_without_a_bar_is_a_token_all_of_which_is_secret() {
        let presented = with("Bearer derslik_at_0a").unwrap();
        assert_eq!((presented.kind, presented.public_id.as_str()), (CredentialKind::AccessToken, ""));
        assert_eq!(presented.secret, b"derslik_at_0a");
    }

    #[test]
    fn any_other_header_is_not_a_credential() {
        for header in ["", "Bearer", "Bearer ", "Bearer demo-access|", "Bearer demo-access|0a", &format!("Basic demo-access|{PROOF}")] {
            assert!(with(header).is_none(), "{header}");
        }
        assert!(with(&format!("Bearer demo-access|{}", PROOF.replace('a', "x"))).is_none());
    }
}
