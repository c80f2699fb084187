//! `GET /session/{guid}/attendees` in version 1, `GET /session/{guid}/attendee` in version 2

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::identity::Actor;
use derslik_domain::page::OffsetPage;

use super::style::Style;
use super::view::AttendeeView;
use crate::body::{body_text, read_optional_json};
use crate::perculus::auth::Caller;
use crate::perculus::error::PerculusError;
use crate::perculus::parameters::Parameters;
use crate::perculus::path::session_guid;
use crate::perculus::people::read::filter_in;
use crate::perculus::response::json;
use crate::response::{ResponseReservation, list_bytes, reserve};
use crate::state::HttpState;

pub(in crate::perculus) async fn list_v1(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    list(&state, &actor, &guid, &request, payload, Style::V1).await
}

pub(in crate::perculus) async fn list_v2(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    list(&state, &actor, &guid, &request, payload, Style::v2(&actor, false)).await
}

/// The attendees that a query or a body asks for.
async fn list(
    state: &HttpState,
    actor: &Actor,
    guid: &str,
    request: &HttpRequest,
    payload: Payload,
    style: Style,
) -> Result<HttpResponse, PerculusError> {
    let guid = session_guid(guid)?;
    let body = read_optional_json(request, payload, state).await?;
    let filter = filter_in(&Parameters::read(request.query_string(), &body_text(&body))?).validate(OffsetPage::MAX_SIZE)?;
    let held = reserve(state, request, list_bytes(filter.page.size())).await?;
    let attendees = state.attendees.list(actor, guid, filter).await?;
    Ok(ResponseReservation::refusable(held)
        .attach_to(json(&attendees.iter().map(|attendee| AttendeeView::new(attendee, style)).collect::<Vec<_>>())))
}
