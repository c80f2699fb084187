//! `GET /session/{guid}/attendee/{code, user or e-mail}`

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::style::Style;
use super::view::AttendeeView;
use crate::perculus::auth::CallerWithoutBody;
use crate::perculus::error::PerculusError;
use crate::perculus::path::session_and_attendee;
use crate::perculus::response::json;
use crate::state::HttpState;

pub(in crate::perculus) async fn get(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    path: Path<(String, String)>,
) -> Result<HttpResponse, PerculusError> {
    let (guid, key) = session_and_attendee(&path)?;
    let attendee = state.attendees.get(&actor, guid, key).await?.ok_or(PerculusError::AttendeeNotFound)?;
    Ok(json(&AttendeeView::new(&attendee, Style::V1)))
}
