//! `GET /user/{id or user name}`

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::outcome::person_error;
use super::view::PersonView;
use crate::perculus::auth::CallerWithoutBody;
use crate::perculus::error::PerculusError;
use crate::perculus::path::user_key;
use crate::perculus::response::json;
use crate::state::HttpState;

pub(in crate::perculus) async fn get(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    key: Path<String>,
) -> Result<HttpResponse, PerculusError> {
    let user = state.people.get(&actor, user_key(&key)?).await.map_err(person_error)?;
    Ok(json(&PersonView(&user)))
}
