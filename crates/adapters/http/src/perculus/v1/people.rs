//! `/user` and `/user/{id or user name}`: the people of an account.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::form::{Field, Violation};
use derslik_domain::idempotency::Answer;
use derslik_domain::identity::{PersonField, PersonForm, PersonRefusal, User, UserKey, Username};
use derslik_domain::page::OffsetPage;
use derslik_ports::inbound::ServiceError;

use crate::body::{body_text, read_json, read_optional_json};
use crate::perculus::auth::{Caller, CallerWithoutBody};
use crate::perculus::dto::item::{read_object, read_text};
use crate::perculus::dto::messages::person_rule;
use crate::perculus::dto::person::{PersonView, read_person};
use crate::perculus::dto::query::Parameters;
use crate::perculus::dto::session::{json, write};
use crate::perculus::error::PerculusError;
use crate::perculus::idempotency::{RequestKey, into_response, with_content_language};
use crate::perculus::language::Language;
use crate::response::{ResponseReservation, list_bytes, reserve};
use crate::state::HttpState;

pub(super) async fn add(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let body = read_json(&request, payload, &state).await?;
    let person = read_person(read_object(&body_text(&body))?).validate_new().map_err(|violations| invalid(&violations))?;
    let language = Language::of(request.headers());
    let render = move |added: &Result<User, PersonRefusal>| answer(added, StatusCode::CREATED, language);
    let idempotent = RequestKey::read(&request, &body, "")?.map(|key| key.into_request(render));
    let performed = state.people.add(&actor, person, idempotent).await.map_err(person_error)?;
    Ok(into_response(performed, language, render))
}

pub(super) async fn change(
    state: Data<HttpState>,
    Caller(actor): Caller,
    key: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let key = key_of(&key)?;
    let body = read_json(&request, payload, &state).await?;
    let change = read_person(read_object(&body_text(&body))?).validate().map_err(|violations| invalid(&violations))?;
    let changed = state.people.change(&actor, key, change).await.map_err(person_error)?;
    let language = Language::of(request.headers());
    Ok(with_content_language(answer(&changed, StatusCode::OK, language), language))
}

/// Sets the password of a person. It comes from the query parameter, or else from a body that is a JSON string.
pub(super) async fn set_password(
    state: Data<HttpState>,
    Caller(actor): Caller,
    key: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let key = key_of(&key)?;
    let body = read_optional_json(&request, payload, &state).await?;
    let password = Parameters::read(request.query_string(), "")?.password();
    let password = if password == Field::Missing { read_text(&body_text(&body))? } else { password };
    let form = PersonForm { password, ..PersonForm::default() };
    let change = form.validate_password().map_err(|violations| invalid(&violations))?;
    match state.people.change(&actor, key, change).await.map_err(person_error)? {
        Ok(_) => Ok(HttpResponse::NoContent().finish()),
        Err(refusal) => Err(refused(&refusal)),
    }
}

pub(super) async fn get(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    key: Path<String>,
) -> Result<HttpResponse, PerculusError> {
    let user = state.people.get(&actor, key_of(&key)?).await.map_err(person_error)?;
    Ok(json(&PersonView(&user)))
}

pub(super) async fn list(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let body = read_optional_json(&request, payload, &state).await?;
    let filter = Parameters::read(request.query_string(), &body_text(&body))?.person_filter().validate(OffsetPage::DEFAULT_SIZE)?;
    let held = reserve(&state, &request, list_bytes(filter.page.size())).await?;
    let people = state.people.list(&actor, filter).await?;
    Ok(ResponseReservation::refusable(held).attach_to(json(&people.iter().map(PersonView).collect::<Vec<_>>())))
}

pub(super) async fn delete(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    key: Path<String>,
) -> Result<HttpResponse, PerculusError> {
    state.people.delete(&actor, key_of(&key)?).await.map_err(person_error)?;
    Ok(HttpResponse::NoContent().finish())
}

/// A GUID, or else a user name.
fn key_of(text: &str) -> Result<UserKey, PerculusError> {
    if let Ok(guid) = text.parse() {
        return Ok(UserKey::Guid(guid));
    }
    Username::parse(text).map(UserKey::Username).map_err(|_| PerculusError::UserNotFound)
}

fn answer(outcome: &Result<User, PersonRefusal>, done: StatusCode, language: Language) -> Answer {
    match outcome {
        Ok(user) => write(done, 1, &PersonView(user)),
        Err(refusal) => refused(refusal).answer(language),
    }
}

fn refused(refusal: &PersonRefusal) -> PerculusError {
    match refusal {
        PersonRefusal::Invalid(violations) => invalid(violations),
        PersonRefusal::EmailTaken => PerculusError::EmailTaken,
        PersonRefusal::UsernameTaken => PerculusError::UsernameTaken,
    }
}

fn invalid(violations: &[Violation<PersonField>]) -> PerculusError {
    PerculusError::Invalid(violations.iter().map(|violation| person_rule(*violation)).collect())
}

fn person_error(error: ServiceError) -> PerculusError {
    if matches!(error, ServiceError::NotFound) { PerculusError::UserNotFound } else { error.into() }
}
