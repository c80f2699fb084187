//! The account of a request that no handler has authenticated: its path fits no route, or it asks for a token. Only journals of tests ask.

use std::future::Future;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use derslik_domain::id::AccountId;
use derslik_domain::identity::CredentialKind;
use derslik_domain::text::from_hex;
use derslik_ports::inbound::PresentedCredential;

use crate::exchange::Exchange;
use crate::observed::Dialect;
use crate::state::HttpState;

/// Notes the account that a request for a token names, whether it is there or not.
pub(crate) fn note_named(request: &HttpRequest, account: AccountId) {
    if let Some(exchange) = Exchange::of(request) {
        exchange.name(account);
    }
}

/// Notes the account of a token that was issued to a request.
pub(crate) async fn note_issued(state: &HttpState, request: &HttpRequest, token: &str) {
    if state.request_control().is_none() {
        return;
    }
    let Some(exchange) = Exchange::of(request) else { return };
    if let Ok(actor) = state.identity.authenticate(opaque(CredentialKind::AccessToken, token)).await {
        exchange.name(actor.account_id());
    }
}

/// The account of the credential that a request shows, if the credential is valid. The look-up does not need the request any more.
pub(crate) fn account_of(request: &HttpRequest) -> impl Future<Output = Option<AccountId>> + use<> {
    let asked = request.app_data::<Data<HttpState>>().cloned().zip(presented(request));
    async move {
        let (state, shown) = asked?;
        Some(state.identity.authenticate(shown).await.ok()?.account_id())
    }
}

/// The credential in the header of a request. The path tells which API is meant.
fn presented(request: &HttpRequest) -> Option<PresentedCredential> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?.trim();
    let Some((scheme, token)) = value.split_once(' ') else {
        return (!value.is_empty()).then(|| opaque(CredentialKind::AccountKey, value));
    };
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    if let Some((access_key, proof)) = token.rsplit_once('|') {
        let secret = from_hex::<32>(proof)?.to_vec();
        return Some(PresentedCredential { kind: CredentialKind::AccessKey, public_id: access_key.to_owned(), secret });
    }
    let is_of_jobs = request.app_data::<Dialect>() == Some(&Dialect::Jobs)
        || ["/api/v1/", "/v2/"].iter().any(|beginning| request.path().starts_with(beginning));
    Some(opaque(if is_of_jobs { CredentialKind::AccountKey } else { CredentialKind::AccessToken }, token))
}

fn opaque(kind: CredentialKind, secret: &str) -> PresentedCredential {
    PresentedCredential { kind, public_id: String::new(), secret: secret.as_bytes().to_vec() }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_form_of_a_credential_and_the_path_tell_its_kind() {
        let with_proof = format!("Bearer key|{}", "0a".repeat(32));
        for (path, header, kind) in [
            ("/v1/corses", "Bearer token", Some(CredentialKind::AccessToken)),
            ("/xapi/v2/sesion", with_proof.as_str(), Some(CredentialKind::AccessKey)),
            ("/api/v1/projcts", "Bearer key", Some(CredentialKind::AccountKey)),
            ("/v1/x/y", "key", Some(CredentialKind::AccountKey)),
            ("/xapi/v2/sesion", "Bearer key|0a", None),
            ("/v1/courses", "Basic eA==", None),
            ("/v1/courses", "", None),
        ] {
            let request = TestRequest::get().uri(path).insert_header((AUTHORIZATION, header)).to_http_request();
            assert_eq!(presented(&request).map(|shown| shown.kind), kind, "{path} {header}");
        }
    }
}
