//! `POST /session/search`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::list::stream;
use super::read::read_filter;
use super::view::SessionView;
use crate::body::{body_text, read_json};
use crate::perculus::auth::Caller;
use crate::perculus::error::PerculusError;
use crate::perculus::json::without_comments;
use crate::state::HttpState;

pub(in crate::perculus) async fn search(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let body = read_json(&request, payload, &state).await?;
    let filter = read_filter(&without_comments(&body_text(&body)))?.validate()?;
    stream(&state, &request, actor, filter, |list, session| list.push(&SessionView(session))).await
}
