//! `DELETE /session/{guid}`

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use crate::perculus::auth::CallerWithoutBody;
use crate::perculus::error::PerculusError;
use crate::perculus::path::session_guid;
use crate::state::HttpState;

pub(in crate::perculus) async fn delete(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    guid: Path<String>,
) -> Result<HttpResponse, PerculusError> {
    let guid = session_guid(&guid)?;
    state.sessions.delete(&actor, guid).await?;
    Ok(HttpResponse::NoContent().finish())
}
