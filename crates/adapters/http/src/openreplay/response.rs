//! The object that wraps the content of every answer, and lists.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::error::OpenReplayError;
use crate::list::{self, Frame, Parts};
use crate::response::LIST_BYTES;
use crate::state::HttpState;

/// The most entries of a list that are read at once. With the longest texts they take about as much memory as a list may hold.
pub(super) const PART: u32 = 250;

/// The text around the entries of a list.
pub(super) const FRAME: Frame = Frame { content_type: "application/json", opening: r#"{"data":["#, closing: "]}" };

#[derive(Debug, Serialize)]
struct Data<T> {
    data: T,
}

/// The answer that carries `data`.
pub(super) fn data<T: Serialize>(data: T) -> HttpResponse {
    HttpResponse::Ok().json(Data { data })
}

/// The answer that carries a list.
pub(super) async fn stream(
    state: &HttpState,
    request: &HttpRequest,
    parts: impl Parts<Error = OpenReplayError>,
) -> Result<HttpResponse, OpenReplayError> {
    list::stream(state, request, LIST_BYTES, FRAME, parts).await
}
