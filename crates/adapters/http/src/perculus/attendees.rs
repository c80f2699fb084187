//! The calls on the attendees of a session, for both versions. A [`Style`] says how a version shows them.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::attendee::{AttendeeBatch, AttendeeKey, AttendeeOutcome};
use derslik_domain::id::SessionGuid;
use derslik_domain::idempotency::Answer;
use derslik_domain::identity::Actor;
use derslik_domain::page::OffsetPage;

use super::dto::attendee::{AttendeeBatchView, AttendeeView, Style, read_attendee_item};
use super::dto::item::read_array;
use super::dto::query::Parameters;
use super::dto::session::{json, write};
use super::error::PerculusError;
use super::idempotency::{RequestKey, into_response};
use super::language::Language;
use crate::body::{body_text, read_json, read_optional_json};
use crate::response::{ResponseReservation, batch_bytes, list_bytes, reserve};
use crate::state::HttpState;

/// Adds and changes the attendees in a body.
pub(super) async fn upsert_batch(
    state: &HttpState,
    actor: &Actor,
    guid: &str,
    request: &HttpRequest,
    payload: Payload,
    style: Style,
) -> Result<HttpResponse, PerculusError> {
    let guid = session_guid(guid)?;
    let body = read_json(request, payload, state).await?;
    let most = state.limits.batch_items;
    let text = body_text(&body);
    let items = read_array(&text, most, "attendee", |raw| raw)?;
    let batch = AttendeeBatch::new(items.iter().map(|item| read_attendee_item(item, style)).collect());
    let language = Language::of(request.headers());
    let render = move |body: &Bytes, outcome: &AttendeeOutcome| -> Answer {
        let text = body_text(body);
        let items = read_array(&text, most, "attendee", |raw| raw).unwrap_or_default();
        let view = AttendeeBatchView::new(&items, outcome, style, language);
        write(status(&view, style), 1, &view)
    };
    let key = RequestKey::read(request, &body, if style.with_index() { "index" } else { "" })?;
    let kept = body.clone();
    let idempotent = key.map(|key| key.into_request(move |outcome| render(&kept, outcome)));
    let held = reserve(state, request, batch_bytes(items.len())).await?;
    let performed = state.attendees.upsert_batch(actor, guid, batch, idempotent).await?;
    Ok(ResponseReservation::committed(held).attach_to(into_response(performed, language, |outcome| render(&body, outcome))))
}

/// Version 1 uses one status for every outcome of the items.
fn status(view: &AttendeeBatchView<'_>, style: Style) -> StatusCode {
    match (style, view.approved.is_empty(), view.rejected.is_empty()) {
        (Style::V1, _, _) | (_, _, true) => StatusCode::OK,
        (_, false, false) => StatusCode::MULTI_STATUS,
        (_, true, false) => StatusCode::BAD_REQUEST,
    }
}

/// The attendees that a query or a body asks for.
pub(super) async fn list(
    state: &HttpState,
    actor: &Actor,
    guid: &str,
    request: &HttpRequest,
    payload: Payload,
    style: Style,
) -> Result<HttpResponse, PerculusError> {
    let guid = session_guid(guid)?;
    let body = read_optional_json(request, payload, state).await?;
    let filter = Parameters::read(request.query_string(), &body_text(&body))?.person_filter().validate(OffsetPage::MAX_SIZE)?;
    let held = reserve(state, request, list_bytes(filter.page.size())).await?;
    let attendees = state.attendees.list(actor, guid, filter).await?;
    Ok(ResponseReservation::refusable(held)
        .attach_to(json(&attendees.iter().map(|attendee| AttendeeView::new(attendee, style)).collect::<Vec<_>>())))
}

/// Removes an attendee from a session.
pub(super) async fn remove(state: &HttpState, actor: &Actor, path: &(String, String)) -> Result<HttpResponse, PerculusError> {
    let (guid, key) = session_and_attendee(path)?;
    if state.attendees.remove(actor, guid, key).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(PerculusError::AttendeeNotFound)
    }
}

/// The session in a path.
pub(super) fn session_guid(text: &str) -> Result<SessionGuid, PerculusError> {
    text.parse().map_err(|_| PerculusError::SessionNotFound)
}

/// The session and the attendee in a path.
pub(super) fn session_and_attendee((guid, key): &(String, String)) -> Result<(SessionGuid, AttendeeKey), PerculusError> {
    Ok((session_guid(guid)?, AttendeeKey::parse(key).ok_or(PerculusError::AttendeeNotFound)?))
}
