//! Authentication by the `Authorization` header of the jobs API. The generations differ in the forms of the header and in the refusals.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use derslik_domain::identity::{Actor, CredentialKind};
use derslik_ports::inbound::{AuthenticationError, PresentedCredential};

use super::error::OpenReplayError;
use crate::body::BodyError;
use crate::body_watcher::BodyWatcher;
use crate::budgets::note_holder;
use crate::client::client_network;
use crate::controlled::meet_faults;
use crate::injection::InjectedDenial;
use crate::propagation::traced;
use crate::rate::Exceeded;
use crate::state::HttpState;

/// The actor of a request that showed a valid key.
pub(super) struct Caller(pub(super) Actor);

/// The same actor, for a call that takes no body. A body that is sent all the same was read to its end.
pub(super) struct CallerWithoutBody(pub(super) Actor);

impl FromRequest for Caller {
    type Error = OpenReplayError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, OpenReplayError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, watcher) = (request.clone(), BodyWatcher::of(request, payload));
        Box::pin(async move { Ok(Self(authenticate(&request, &watcher, key, || OpenReplayError::NoKey).await?.0)) })
    }
}

impl FromRequest for CallerWithoutBody {
    type Error = OpenReplayError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, OpenReplayError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, watcher) = (request.clone(), BodyWatcher::of(request, payload));
        Box::pin(async move {
            let (actor, state) = authenticate(&request, &watcher, key, || OpenReplayError::NoKey).await?;
            watcher.skip(&state.limits).await?;
            Ok(Self(actor))
        })
    }
}

/// The actor behind the key that `key` finds in the header, or the refusal that `no_key` makes where there is none.
pub(super) async fn authenticate<'a, E>(
    request: &'a HttpRequest,
    watcher: &BodyWatcher,
    key: fn(&HeaderMap) -> Option<&[u8]>,
    no_key: fn() -> E,
) -> Result<(Actor, &'a HttpState), E>
where
    E: From<AuthenticationError> + From<BodyError> + From<Exceeded> + From<InjectedDenial>,
{
    let Some(state) = request.app_data::<Data<HttpState>>() else { return Err(no_key()) };
    let limits = state.rate_limits();
    let Some(presented) = key(request.headers()).map(presented) else {
        return Err(limits.refuse(client_network(request), no_key()));
    };
    let looked_up = watcher.wait_for(state.identity.authenticate(presented)).await?;
    let actor = looked_up.map_err(|error| limits.refuse_looked_up::<E>(client_network(request), error))?;
    limits.count_known(&actor)?;
    note_holder(request, &actor);
    meet_faults::<E>(state, request, &actor).await?;
    Ok((traced(request, actor), state))
}

/// The key in the header, with or without a leading `Bearer`.
fn key(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes().trim_ascii();
    let key = after_bearer(value).unwrap_or(value);
    (!key.is_empty()).then_some(key)
}

/// The key in the header after `Bearer`.
pub(super) fn bearer_key(headers: &HeaderMap) -> Option<&[u8]> {
    after_bearer(headers.get(AUTHORIZATION)?.as_bytes().trim_ascii()).filter(|key| !key.is_empty())
}

fn after_bearer(value: &[u8]) -> Option<&[u8]> {
    const BEARER: &[u8] = b"bearer ";
    let (scheme, key) = value.split_at_checked(BEARER.len())?;
    scheme.eq_ignore_ascii_case(BEARER).then(|| key.trim_ascii())
}

fn presented(key: &[u8]) -> PresentedCredential {
    PresentedCredential { kind: CredentialKind::AccountKey, public_id: String::new(), secret: key.to_vec() }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn key_in(authorization: &str) -> Option<Vec<u8>> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(authorization).unwrap());
        key(&headers).map(<[u8]>::to_vec)
    }

    #[test]
    fn a_key_stands_alone_or_after_bearer() {
        for header in ["demo-organization-key", "Bearer demo-organization-key", "bearer  demo-organization-key "] {
            assert_eq!(key_in(header).as_deref(), Some(&b"demo-organization-key"[..]), "{header}");
        }
    }

    #[test]
    fn the_second_generation_takes_a_key_after_bearer_alone() {
        for (header, key) in [("Bearer demo", Some("demo")), ("bearer  demo ", Some("demo")), ("demo", None), ("Bearer ", None), ("", None)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(header).unwrap());
            assert_eq!(bearer_key(&headers), key.map(str::as_bytes), "{header}");
        }
        assert_eq!(bearer_key(&HeaderMap::new()), None);
    }

    #[test]
    fn an_empty_header_holds_no_key() {
        assert_eq!(key_in(""), None);
        assert_eq!(key(&HeaderMap::new()), None);
    }
}
