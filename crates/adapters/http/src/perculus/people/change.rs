//! `PUT /user/{id or user name}`

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::outcome::{answer, invalid, person_error};
use super::read::read_person;
use crate::body::{body_text, read_json};
use crate::perculus::auth::Caller;
use crate::perculus::body::read_object;
use crate::perculus::error::PerculusError;
use crate::perculus::language::Language;
use crate::perculus::path::user_key;
use crate::perculus::response::with_content_language;
use crate::state::HttpState;

pub(in crate::perculus) async fn change(
    state: Data<HttpState>,
    Caller(actor): Caller,
    key: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let key = user_key(&key)?;
    let body = read_json(&request, payload, &state).await?;
    let change = read_person(read_object(&body_text(&body))?).validate().map_err(|violations| invalid(&violations))?;
    let changed = state.people.change(&actor, key, change).await.map_err(person_error)?;
    let language = Language::of(request.headers());
    Ok(with_content_language(answer(&changed, StatusCode::OK, language), language))
}
