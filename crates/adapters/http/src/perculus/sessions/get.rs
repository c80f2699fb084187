//! `GET /session/{guid}`

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::view::{SessionView, SessionViewV1};
use crate::perculus::auth::CallerWithoutBody;
use crate::perculus::error::PerculusError;
use crate::perculus::path::session_guid;
use crate::perculus::response::json;
use crate::state::HttpState;

pub(in crate::perculus) async fn get_v1(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    guid: Path<String>,
) -> Result<HttpResponse, PerculusError> {
    let guid = session_guid(&guid)?;
    let session = state.sessions.get(&actor, guid).await?;
    Ok(json(&SessionViewV1(&session)))
}

pub(in crate::perculus) async fn get_v2(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    guid: Path<String>,
) -> Result<HttpResponse, PerculusError> {
    let guid = session_guid(&guid)?;
    let session = state.sessions.get(&actor, guid).await?;
    Ok(json(&SessionView(&session)))
}
