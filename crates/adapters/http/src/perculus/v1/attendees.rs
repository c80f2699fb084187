//! `/session/{guid}/attendees` and `/session/{guid}/attendee/{code, user or e-mail}`

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::attendee::{AttendeeBatch, AttendeeKey, AttendeeOutcome, AttendeeVerdict};
use derslik_domain::id::SessionGuid;
use derslik_domain::idempotency::Answer;
use derslik_domain::page::Page;

use crate::body::{body_text, read_json, read_optional_json};
use crate::perculus::auth::Caller;
use crate::perculus::dto::attendee::{AttendeeBatchView, AttendeeView, Style, read_attendee, read_attendee_item, refusal_error};
use crate::perculus::dto::item::{read_array, read_object};
use crate::perculus::dto::query::Parameters;
use crate::perculus::dto::session::{json, write};
use crate::perculus::error::PerculusError;
use crate::perculus::once::{RequestKey, answered};
use crate::state::HttpState;

pub(super) async fn upsert_batch(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let guid = session(&guid)?;
    let body = read_json(&request, payload, &state).await?;
    let most = state.limits.batch_items;
    let text = body_text(&body);
    let items = read_array(&text, most, "attendee", |raw| raw)?;
    let batch = AttendeeBatch::new(items.iter().map(|item| read_attendee_item(item)).collect());
    let render = move |body: &Bytes, outcome: &AttendeeOutcome| -> Answer {
        let text = body_text(body);
        let items = read_array(&text, most, "attendee", |raw| raw).unwrap_or_default();
        write(StatusCode::OK, 1, &AttendeeBatchView::new(&items, outcome, Style::V1, false))
    };
    let kept = body.clone();
    let once = RequestKey::read(&request, &body, "")?.map(|key| key.guard(move |outcome| render(&kept, outcome)));
    let performed = state.attendees.upsert_batch(&actor, guid, batch, once).await?;
    Ok(answered(performed, |outcome| render(&body, outcome)))
}

pub(super) async fn add(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let guid = session(&guid)?;
    let body = read_json(&request, payload, &state).await?;
    let batch = AttendeeBatch::new(vec![read_attendee_item(read_object(&body_text(&body))?)]);
    let once = RequestKey::read(&request, &body, "")?.map(|key| key.guard(code_of_the_only_one));
    let performed = state.attendees.upsert_batch(&actor, guid, batch, once).await?;
    Ok(answered(performed, code_of_the_only_one))
}

fn code_of_the_only_one(outcome: &AttendeeOutcome) -> Answer {
    match outcome.verdicts.first() {
        Some(AttendeeVerdict::Done(attendee)) => write(StatusCode::OK, 1, &attendee.code.as_str()),
        Some(AttendeeVerdict::Refused(refusal)) => refusal_error(refusal).answer(),
        None => PerculusError::Failure.answer(),
    }
}

pub(super) async fn list(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let guid = session(&guid)?;
    let body = read_optional_json(&request, payload, &state).await?;
    let filter = Parameters::read(request.query_string(), &body_text(&body))?.person_filter().judge(Page::MAX_SIZE)?;
    let attendees = state.attendees.list(&actor, guid, filter).await?;
    Ok(json(&attendees.iter().map(|attendee| AttendeeView::new(attendee, Style::V1)).collect::<Vec<_>>()))
}

pub(super) async fn get(
    state: Data<HttpState>,
    Caller(actor): Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, PerculusError> {
    let (guid, key) = place(&path)?;
    let attendee = state.attendees.get(&actor, guid, key).await?.ok_or(PerculusError::AttendeeNotFound)?;
    Ok(json(&AttendeeView::new(&attendee, Style::V1)))
}

pub(super) async fn change(
    state: Data<HttpState>,
    Caller(actor): Caller,
    path: Path<(String, String)>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let (guid, key) = place(&path)?;
    let body = read_json(&request, payload, &state).await?;
    let change = read_attendee(read_object(&body_text(&body))?).unwrap_or_default();
    match state.attendees.change(&actor, guid, key, change).await?.ok_or(PerculusError::AttendeeNotFound)? {
        AttendeeVerdict::Done(attendee) => Ok(json(&AttendeeView::new(&attendee, Style::V1))),
        AttendeeVerdict::Refused(refusal) => Err(refusal_error(&refusal)),
    }
}

pub(super) async fn remove(
    state: Data<HttpState>,
    Caller(actor): Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, PerculusError> {
    let (guid, key) = place(&path)?;
    if state.attendees.remove(&actor, guid, key).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(PerculusError::AttendeeNotFound)
    }
}

fn session(text: &str) -> Result<SessionGuid, PerculusError> {
    text.parse().map_err(|_| PerculusError::SessionNotFound)
}

fn place((guid, key): &(String, String)) -> Result<(SessionGuid, AttendeeKey), PerculusError> {
    Ok((session(guid)?, AttendeeKey::parse(key).ok_or(PerculusError::AttendeeNotFound)?))
}
