//! `POST /session/search`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use crate::answer::{Reserved, list_bytes, reserve};
use crate::body::{body_text, read_json};
use crate::perculus::auth::Caller;
use crate::perculus::dto::filter::read_filter;
use crate::perculus::dto::json::without_comments;
use crate::perculus::dto::session::{SessionView, json};
use crate::perculus::error::PerculusError;
use crate::state::HttpState;

pub(super) async fn search(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let body = read_json(&request, payload, &state).await?;
    let filter = read_filter(&without_comments(&body_text(&body)))?.judge()?;
    let held = reserve(&state, &request, list_bytes(filter.page.size())).await?;
    let sessions = state.sessions.search(&actor, filter).await?;
    Ok(Reserved::to_read(held).put_on(json(&sessions.iter().map(SessionView).collect::<Vec<_>>())))
}
