//! `POST /session/{guid}/attendee/batch`, `GET /session/{guid}/attendee`, `DELETE /session/{guid}/attendee/{key}`

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::attendee::{AttendeeBatch, AttendeeKey, AttendeeOutcome};
use derslik_domain::idempotency::Answer;
use derslik_domain::page::Page;

use crate::body::{body_text, read_json};
use crate::perculus::auth::Caller;
use crate::perculus::dto::attendee::{AttendeeBatchView, AttendeeView, Style, read_attendee_item};
use crate::perculus::dto::item::read_array;
use crate::perculus::dto::query::Parameters;
use crate::perculus::dto::session::{json, write};
use crate::perculus::error::PerculusError;
use crate::perculus::once::{RequestKey, answered};
use crate::perculus::v2::batch::wants_index;
use crate::state::HttpState;

pub(super) async fn upsert_batch(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let guid = guid.parse().map_err(|_| PerculusError::SessionNotFound)?;
    let body = read_json(&request, payload, &state).await?;
    let (most, with_index) = (state.limits.batch_items, wants_index(&request));
    let style = Style::V2(actor.account.settings.timezone);
    let text = body_text(&body);
    let items = read_array(&text, most, "attendee", |raw| raw)?;
    let batch = AttendeeBatch::new(items.iter().map(|item| read_attendee_item(item)).collect());
    let render = move |body: &Bytes, outcome: &AttendeeOutcome| -> Answer {
        let text = body_text(body);
        let items = read_array(&text, most, "attendee", |raw| raw).unwrap_or_default();
        let view = AttendeeBatchView::new(&items, outcome, style, with_index);
        let status = match (view.approved.is_empty(), view.rejected.is_empty()) {
            (_, true) => StatusCode::OK,
            (false, false) => StatusCode::MULTI_STATUS,
            (true, false) => StatusCode::BAD_REQUEST,
        };
        write(status, 1, &view)
    };
    let key = RequestKey::read(&request, &body, if with_index { "index" } else { "" })?;
    let kept = body.clone();
    let once = key.map(|key| key.guard(move |outcome| render(&kept, outcome)));
    let performed = state.attendees.upsert_batch(&actor, guid, batch, once).await?;
    Ok(answered(performed, |outcome| render(&body, outcome)))
}

pub(super) async fn list(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PerculusError> {
    let guid = guid.parse().map_err(|_| PerculusError::SessionNotFound)?;
    let filter = Parameters::read(request.query_string(), "")?.person_filter().judge(Page::MAX_SIZE)?;
    let attendees = state.attendees.list(&actor, guid, filter).await?;
    let style = Style::V2(actor.account.settings.timezone);
    Ok(json(&attendees.iter().map(|attendee| AttendeeView::new(attendee, style)).collect::<Vec<_>>()))
}

pub(super) async fn remove(
    state: Data<HttpState>,
    Caller(actor): Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, PerculusError> {
    let (guid, key) = path.into_inner();
    let guid = guid.parse().map_err(|_| PerculusError::SessionNotFound)?;
    let key = AttendeeKey::parse(&key).ok_or(PerculusError::AttendeeNotFound)?;
    if state.attendees.remove(&actor, guid, key).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(PerculusError::AttendeeNotFound)
    }
}
