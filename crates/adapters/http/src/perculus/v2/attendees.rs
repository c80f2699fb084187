//! `POST /session/{guid}/attendee/batch`, `GET /session/{guid}/attendee`, `DELETE /session/{guid}/attendee/{key}`

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::identity::Actor;

use crate::perculus::attendees;
use crate::perculus::auth::{Caller, CallerWithoutBody};
use crate::perculus::dto::attendee::Style;
use crate::perculus::error::PerculusError;
use crate::perculus::v2::batch::wants_index;
use crate::state::HttpState;

fn style(actor: &Actor, with_index: bool) -> Style {
    Style::V2 { zone: actor.account.settings.timezone, with_index }
}

pub(super) async fn upsert_batch(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    attendees::upsert_batch(&state, &actor, &guid, &request, payload, style(&actor, wants_index(&request))).await
}

pub(super) async fn list(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    attendees::list(&state, &actor, &guid, &request, payload, style(&actor, false)).await
}

pub(super) async fn remove(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    path: Path<(String, String)>,
) -> Result<HttpResponse, PerculusError> {
    attendees::remove(&state, &actor, &path).await
}
