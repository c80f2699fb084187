//! `PUT /session/{guid}/attendee/{code, user or e-mail}`

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::attendee::AttendeeVerdict;

use super::outcome::refusal_error;
use super::read::read_attendee;
use super::style::Style;
use super::view::AttendeeView;
use crate::body::{body_text, read_json};
use crate::perculus::auth::Caller;
use crate::perculus::body::read_object;
use crate::perculus::error::PerculusError;
use crate::perculus::path::session_and_attendee;
use crate::perculus::response::json;
use crate::state::HttpState;

pub(in crate::perculus) async fn change(
    state: Data<HttpState>,
    Caller(actor): Caller,
    path: Path<(String, String)>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let (guid, key) = session_and_attendee(&path)?;
    let body = read_json(&request, payload, &state).await?;
    let change = read_attendee(read_object(&body_text(&body))?, Style::V1).unwrap_or_default();
    match state.attendees.change(&actor, guid, key, change).await?.ok_or(PerculusError::AttendeeNotFound)? {
        AttendeeVerdict::Done(attendee) => Ok(json(&AttendeeView::new(&attendee, Style::V1))),
        AttendeeVerdict::Refused(refusal) => Err(refusal_error(&refusal, Style::V1)),
    }
}
