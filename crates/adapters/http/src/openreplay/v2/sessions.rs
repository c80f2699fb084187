//! The events of a session. No session has any, since nothing is recorded here.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::id::SessionGuid;

use super::auth::Caller;
use super::error::V2Error;
use super::path::project_key;
use crate::body::read_bytes;
use crate::openreplay::response::data;
use crate::state::HttpState;

/// `POST /{projectKey}/sessions/{sessionID}/events`
pub(super) async fn events(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, V2Error> {
    let project = project_key(&request)?;
    // The body says which events are wanted, and there are none.
    read_bytes(&request, payload, &state).await?;
    let session = request.match_info().get("session_id").and_then(|text| text.parse::<SessionGuid>().ok());
    let is_known = if let Some(session) = session {
        state.activity.has_session(&actor, &project, session).await?
    } else {
        state.projects.get(&actor, &project).await?;
        false
    };
    if is_known { Ok(data([(); 0])) } else { Err(V2Error::SessionNotFound) }
}
