//! `DELETE /session/{guid}/attendee/{key}`

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use crate::perculus::auth::CallerWithoutBody;
use crate::perculus::error::PerculusError;
use crate::perculus::path::session_and_attendee;
use crate::state::HttpState;

pub(in crate::perculus) async fn remove(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    path: Path<(String, String)>,
) -> Result<HttpResponse, PerculusError> {
    let (guid, key) = session_and_attendee(&path)?;
    if state.attendees.remove(&actor, guid, key).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(PerculusError::AttendeeNotFound)
    }
}
