//! `/session` and `/session/{guid}`: one session for each request.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::idempotency::Answer;
use derslik_domain::session::{Batch, BatchItem, BatchOutcome, FilterError, FilterField, Target, Verdict};

use crate::body::{body_text, read_json, read_optional_json};
use crate::perculus::auth::{Caller, CallerWithoutBody};
use crate::perculus::dto::item::{RawItem, read_object};
use crate::perculus::dto::messages::{filter_unreadable, session_rule};
use crate::perculus::dto::query::Parameters;
use crate::perculus::dto::session::{SessionViewV1, json, write};
use crate::perculus::error::PerculusError;
use crate::perculus::idempotency::{RequestKey, into_response};
use crate::perculus::language::Language;
use crate::perculus::list::sessions;
use crate::state::HttpState;

pub(super) async fn create(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let body = read_json(&request, payload, &state).await?;
    let form = RawItem::read(read_object(&body_text(&body))?).form();
    let batch = Batch::new(vec![BatchItem::Session(Target::New, Box::new(form))]);
    let language = Language::of(request.headers());
    let render = move |outcome: &BatchOutcome| single_answer(outcome, StatusCode::CREATED, language);
    let idempotent = RequestKey::read(&request, &body, "")?.map(|key| key.into_request(render));
    let performed = state.sessions.upsert_batch(&actor, batch, idempotent).await?;
    Ok(into_response(performed, language, render))
}

pub(super) async fn change(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let guid = guid.parse().map_err(|_| PerculusError::SessionNotFound)?;
    let body = read_json(&request, payload, &state).await?;
    let form = RawItem::read(read_object(&body_text(&body))?).form();
    let batch = Batch::new(vec![BatchItem::Session(Target::Existing(guid), Box::new(form))]);
    let performed = state.sessions.upsert_batch(&actor, batch, None).await?;
    let language = Language::of(request.headers());
    Ok(into_response(performed, language, |outcome| single_answer(outcome, StatusCode::OK, language)))
}

/// The answer for the only item of a batch.
fn single_answer(outcome: &BatchOutcome, done: StatusCode, language: Language) -> Answer {
    match outcome.verdicts().first() {
        Some(Verdict::Created(session) | Verdict::Updated(session)) => write(done, 1, &SessionViewV1(session)),
        Some(Verdict::Refused(violations)) => {
            PerculusError::Invalid(violations.iter().map(|violation| session_rule(*violation)).collect()).answer(language)
        }
        Some(Verdict::NotFound) | None => PerculusError::SessionNotFound.answer(language),
    }
}

pub(super) async fn get(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    guid: Path<String>,
) -> Result<HttpResponse, PerculusError> {
    let guid = guid.parse().map_err(|_| PerculusError::SessionNotFound)?;
    let session = state.sessions.get(&actor, guid).await?;
    Ok(json(&SessionViewV1(&session)))
}

pub(super) async fn list(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let body = read_optional_json(&request, payload, &state).await?;
    let filter = Parameters::read(request.query_string(), &body_text(&body))?.session_filter().validate().map_err(filter_error)?;
    sessions(&state, &request, actor, filter, |list, session| list.push(&SessionViewV1(session))).await
}

/// The error for a refused filter, with this version's name for the session.
fn filter_error(error: FilterError) -> PerculusError {
    let names_session = error == FilterError::Invalid(FilterField::Guid);
    if names_session { PerculusError::Invalid(vec![filter_unreadable("session_id")]) } else { error.into() }
}

pub(super) async fn delete(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    guid: Path<String>,
) -> Result<HttpResponse, PerculusError> {
    let guid = guid.parse().map_err(|_| PerculusError::SessionNotFound)?;
    state.sessions.delete(&actor, guid).await?;
    Ok(HttpResponse::NoContent().finish())
}
