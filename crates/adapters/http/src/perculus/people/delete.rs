//! `DELETE /user/{id or user name}`

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::outcome::person_error;
use crate::perculus::auth::CallerWithoutBody;
use crate::perculus::error::PerculusError;
use crate::perculus::path::user_key;
use crate::state::HttpState;

pub(in crate::perculus) async fn delete(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    key: Path<String>,
) -> Result<HttpResponse, PerculusError> {
    state.people.delete(&actor, user_key(&key)?).await.map_err(person_error)?;
    Ok(HttpResponse::NoContent().finish())
}
