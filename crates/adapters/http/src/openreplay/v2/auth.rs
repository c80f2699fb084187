//! Authentication in the second generation: the key stands after `Bearer`, and a refusal has no body.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use derslik_domain::identity::Actor;

use super::error::V2Error;
use crate::body_watcher::BodyWatcher;
use crate::openreplay::auth::{authenticate, bearer_key};

/// The actor of a request that showed a valid key.
pub(super) struct Caller(pub(super) Actor);

/// The same actor, for a call that takes no body. A body that is sent all the same was read to its end.
pub(super) struct CallerWithoutBody(pub(super) Actor);

impl FromRequest for Caller {
    type Error = V2Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, V2Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, watcher) = (request.clone(), BodyWatcher::of(request, payload));
        Box::pin(async move { Ok(Self(authenticate(&request, &watcher, bearer_key, || V2Error::Unauthorized).await?.0)) })
    }
}

impl FromRequest for CallerWithoutBody {
    type Error = V2Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, V2Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, watcher) = (request.clone(), BodyWatcher::of(request, payload));
        Box::pin(async move {
            let (actor, state) = authenticate(&request, &watcher, bearer_key, || V2Error::Unauthorized).await?;
            watcher.skip(&state.limits).await?;
            Ok(Self(actor))
        })
    }
}
