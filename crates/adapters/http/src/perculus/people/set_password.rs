//! `PUT /user/{id or user name}/password`

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::form::Field;
use derslik_domain::identity::PersonForm;

use super::outcome::{invalid, person_error, refusal_error};
use crate::body::{body_text, read_optional_json};
use crate::perculus::auth::Caller;
use crate::perculus::body::read_text;
use crate::perculus::error::PerculusError;
use crate::perculus::parameters::Parameters;
use crate::perculus::path::user_key;
use crate::state::HttpState;

/// Sets the password of a person. It comes from the query parameter, or else from a body that is a JSON string.
pub(in crate::perculus) async fn set_password(
    state: Data<HttpState>,
    Caller(actor): Caller,
    key: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let key = user_key(&key)?;
    let body = read_optional_json(&request, payload, &state).await?;
    let password = Parameters::read(request.query_string(), "")?.text(&["password"]);
    let password = if password == Field::Missing { read_text(&body_text(&body))? } else { password };
    let form = PersonForm { password, ..PersonForm::default() };
    let change = form.validate_password().map_err(|violations| invalid(&violations))?;
    match state.people.change(&actor, key, change).await.map_err(person_error)? {
        Ok(_) => Ok(HttpResponse::NoContent().finish()),
        Err(refusal) => Err(refusal_error(&refusal)),
    }
}
