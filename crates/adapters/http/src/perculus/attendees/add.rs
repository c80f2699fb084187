//! `POST /session/{guid}/attendee`: adds one attendee.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::attendee::{AttendeeBatch, AttendeeOutcome, AttendeeVerdict};
use derslik_domain::idempotency::Answer;

use super::outcome::refusal_error;
use super::read::read_attendee_item;
use super::style::Style;
use crate::body::{body_text, read_json};
use crate::perculus::auth::Caller;
use crate::perculus::body::read_object;
use crate::perculus::error::PerculusError;
use crate::perculus::idempotency::{into_response, request_key};
use crate::perculus::language::Language;
use crate::perculus::path::session_guid;
use crate::perculus::response::write;
use crate::state::HttpState;

pub(in crate::perculus) async fn add(
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
    let idempotent = request_key(&request, &body, "")?.map(|key| key.into_request(render));
    let outcome = state.attendees.upsert_batch(&actor, guid, batch, idempotent).await?;
    Ok(into_response(outcome, language, render))
}

/// The answer that shows the attendance code of the only attendee.
fn attendance_code(outcome: &AttendeeOutcome, language: Language) -> Answer {
    match outcome.verdicts.first() {
        Some(AttendeeVerdict::Done(attendee)) => write(StatusCode::OK, 1, &attendee.code.as_str()),
        Some(AttendeeVerdict::Refused(refusal)) => refusal_error(refusal, Style::V1).answer(language),
        None => PerculusError::Failure.answer(language),
    }
}
