//! `GET /user`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::page::OffsetPage;

use super::read::filter_in;
use super::view::PersonView;
use crate::body::{body_text, read_optional_json};
use crate::perculus::auth::Caller;
use crate::perculus::error::PerculusError;
use crate::perculus::parameters::Parameters;
use crate::perculus::response::json;
use crate::response::{ResponseReservation, list_bytes, reserve};
use crate::state::HttpState;

pub(in crate::perculus) async fn list(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let body = read_optional_json(&request, payload, &state).await?;
    let filter = filter_in(&Parameters::read(request.query_string(), &body_text(&body))?).validate(OffsetPage::DEFAULT_SIZE)?;
    let held = reserve(&state, &request, list_bytes(filter.page.size())).await?;
    let people = state.people.list(&actor, filter).await?;
    Ok(ResponseReservation::refusable(held).attach_to(json(&people.iter().map(PersonView).collect::<Vec<_>>())))
}
