//! `POST /session`: creates one session.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::session::{Batch, BatchItem, BatchOutcome, Target};

use super::outcome::single_answer;
use super::read::RawItem;
use crate::body::{body_text, read_json};
use crate::perculus::auth::Caller;
use crate::perculus::body::read_object;
use crate::perculus::error::PerculusError;
use crate::perculus::idempotency::{into_response, request_key};
use crate::perculus::language::Language;
use crate::state::HttpState;

pub(in crate::perculus) async fn create(
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
    let idempotent = request_key(&request, &body, "")?.map(|key| key.into_request(render));
    let outcome = state.sessions.upsert_batch(&actor, batch, idempotent).await?;
    Ok(into_response(outcome, language, render))
}
