//! `DELETE /session/{guid}`

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use crate::perculus::auth::CallerWithoutBody;
use crate::perculus::error::PerculusError;
use crate::state::HttpState;

pub(super) async fn delete(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    guid: Path<String>,
) -> Result<HttpResponse, PerculusError> {
    let guid = guid.parse().map_err(|_| PerculusError::SessionNotFound)?;
    state.sessions.delete(&actor, guid).await?;
    Ok(HttpResponse::NoContent().finish())
}
