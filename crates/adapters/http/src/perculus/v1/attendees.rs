//! `/session/{guid}/attendees` and `/session/{guid}/attendee/{code, user or e-mail}`

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::attendee::{AttendeeBatch, AttendeeOutcome, AttendeeVerdict};
use derslik_domain::idempotency::Answer;

use crate::body::{body_text, read_json};
use crate::perculus::attendees::{self, session_and_attendee, session_guid};
use crate::perculus::auth::{Caller, CallerWithoutBody};
use crate::perculus::dto::attendee::{AttendeeView, Style, read_attendee, read_attendee_item, refusal_error};
use crate::perculus::dto::item::read_object;
use crate::perculus::dto::session::{json, write};
use crate::perculus::error::PerculusError;
use crate::perculus::idempotency::{RequestKey, into_response};
use crate::perculus::language::Language;
use crate::state::HttpState;

pub(super) async fn upsert_batch(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    attendees::upsert_batch(&state, &actor, &guid, &request, payload, Style::V1).await
}

pub(super) async fn list(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    attendees::list(&state, &actor, &guid, &request, payload, Style::V1).await
}

pub(super) async fn remove(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    path: Path<(String, String)>,
) -> Result<HttpResponse, PerculusError> {
    attendees::remove(&state, &actor, &path).await
}

pub(super) async fn add(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let guid = session_guid(&guid)?;
    let body = read_json(&request, payload, &state).await?;
    let batch = AttendeeBatch::new(vec![read_attendee_item(read_object(&body_text(&body))?, Style::V1)]);
    let language = Language::of(request.headers());
    let render = move |outcome: &AttendeeOutcome| attendance_code(outcome, language);
    let idempotent = RequestKey::read(&request, &body, "")?.map(|key| key.into_request(render));
    let performed = state.attendees.upsert_batch(&actor, guid, batch, idempotent).await?;
    Ok(into_response(performed, language, render))
}

fn attendance_code(outcome: &AttendeeOutcome, language: Language) -> Answer {
    match outcome.verdicts.first() {
        Some(AttendeeVerdict::Done(attendee)) => write(StatusCode::OK, 1, &attendee.code.as_str()),
        Some(AttendeeVerdict::Refused(refusal)) => refusal_error(refusal, Style::V1).answer(language),
        None => PerculusError::Failure.answer(language),
    }
}

pub(super) async fn get(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    path: Path<(String, String)>,
) -> Result<HttpResponse, PerculusError> {
    let (guid, key) = session_and_attendee(&path)?;
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
    let (guid, key) = session_and_attendee(&path)?;
    let body = read_json(&request, payload, &state).await?;
    let change = read_attendee(read_object(&body_text(&body))?, Style::V1).unwrap_or_default();
    match state.attendees.change(&actor, guid, key, change).await?.ok_or(PerculusError::AttendeeNotFound)? {
        AttendeeVerdict::Done(attendee) => Ok(json(&AttendeeView::new(&attendee, Style::V1))),
        AttendeeVerdict::Refused(refusal) => Err(refusal_error(&refusal, Style::V1)),
    }
}
