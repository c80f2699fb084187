//! `POST /session/search`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use crate::body::{body_text, read_json};
use crate::perculus::auth::Caller;
use crate::perculus::dto::filter::read_filter;
use crate::perculus::dto::json::without_comments;
use crate::perculus::dto::session::SessionView;
use crate::perculus::error::PerculusError;
use crate::perculus::list::sessions;
use crate::state::HttpState;

pub(super) async fn search(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let body = read_json(&request, payload, &state).await?;
    let filter = read_filter(&without_comments(&body_text(&body)))?.validate()?;
    sessions(&state, &request, actor, filter, |list, session| list.push(&SessionView(session))).await
}
