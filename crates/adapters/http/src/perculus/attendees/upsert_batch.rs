//! `POST /session/{guid}/attendees` in version 1, `POST /session/{guid}/attendee/batch` in version 2: adds and changes attendees.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::attendee::{AttendeeBatch, AttendeeOutcome};
use derslik_domain::idempotency::Answer;
use derslik_domain::identity::Actor;

use super::read::read_attendee_item;
use super::style::Style;
use super::view::AttendeeBatchView;
use crate::body::{body_text, read_json};
use crate::perculus::auth::Caller;
use crate::perculus::batch::{self, variant, wants_index};
use crate::perculus::body::read_array;
use crate::perculus::error::PerculusError;
use crate::perculus::idempotency::{into_response, request_key};
use crate::perculus::language::Language;
use crate::perculus::path::session_guid;
use crate::perculus::response::write;
use crate::response::{ResponseReservation, batch_bytes, reserve};
use crate::state::HttpState;

pub(in crate::perculus) async fn upsert_batch_v1(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    upsert_batch(&state, &actor, &guid, &request, payload, Style::V1).await
}

pub(in crate::perculus) async fn upsert_batch_v2(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    upsert_batch(&state, &actor, &guid, &request, payload, Style::v2(&actor, wants_index(&request))).await
}

/// Adds and changes the attendees in a body.
async fn upsert_batch(
    state: &HttpState,
    actor: &Actor,
    guid: &str,
    request: &HttpRequest,
    payload: Payload,
    style: Style,
) -> Result<HttpResponse, PerculusError> {
    let guid = session_guid(guid)?;
    let body = read_json(request, payload, state).await?;
    let max = state.limits.batch_items;
    let text = body_text(&body);
    let items = read_array(&text, max, "attendee", |raw| raw)?;
    let batch = AttendeeBatch::new(items.iter().map(|item| read_attendee_item(item, style)).collect());
    let language = Language::of(request.headers());
    let render = move |body: &Bytes, outcome: &AttendeeOutcome| -> Answer {
        let text = body_text(body);
        let items = read_array(&text, max, "attendee", |raw| raw).unwrap_or_default();
        let view = AttendeeBatchView::new(&items, outcome, style, language);
        batch::count_items(&view.approved, &view.rejected);
        write(status(&view, style), 1, &view)
    };
    let key = request_key(request, &body, variant(style.with_index()))?;
    let kept = body.clone();
    let idempotent = key.map(|key| key.into_request(move |outcome| render(&kept, outcome)));
    let held = reserve(state, request, batch_bytes(items.len())).await?;
    let outcome = state.attendees.upsert_batch(actor, guid, batch, idempotent).await?;
    Ok(ResponseReservation::committed(held).attach_to(into_response(outcome, language, |outcome| render(&body, outcome))))
}

/// Version 1 uses one status for every outcome of the items.
fn status(view: &AttendeeBatchView<'_>, style: Style) -> StatusCode {
    match style {
        Style::V1 => StatusCode::OK,
        Style::V2 { .. } => batch::status(&view.approved, &view.rejected),
    }
}
