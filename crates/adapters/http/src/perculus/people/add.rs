//! `POST /user`

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::identity::{PersonRefusal, User};

use super::outcome::{answer, invalid, person_error};
use super::read::read_person;
use crate::body::{body_text, read_json};
use crate::perculus::auth::Caller;
use crate::perculus::body::read_object;
use crate::perculus::error::PerculusError;
use crate::perculus::idempotency::{into_response, request_key};
use crate::perculus::language::Language;
use crate::state::HttpState;

pub(in crate::perculus) async fn add(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let body = read_json(&request, payload, &state).await?;
    let person = read_person(read_object(&body_text(&body))?).validate_new().map_err(|violations| invalid(&violations))?;
    let language = Language::of(request.headers());
    let render = move |added: &Result<User, PersonRefusal>| answer(added, StatusCode::CREATED, language);
    let idempotent = request_key(&request, &body, "")?.map(|key| key.into_request(render));
    let outcome = state.people.add(&actor, person, idempotent).await.map_err(person_error)?;
    Ok(into_response(outcome, language, render))
}
