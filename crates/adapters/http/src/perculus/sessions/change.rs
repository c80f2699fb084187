//! `PUT /session/{guid}`: changes one session.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::session::{Batch, BatchItem, Target};

use super::outcome::single_answer;
use super::read::RawItem;
use crate::body::{body_text, read_json};
use crate::perculus::auth::Caller;
use crate::perculus::body::read_object;
use crate::perculus::error::PerculusError;
use crate::perculus::idempotency::into_response;
use crate::perculus::language::Language;
use crate::perculus::path::session_guid;
use crate::state::HttpState;

pub(in crate::perculus) async fn change(
    state: Data<HttpState>,
    Caller(actor): Caller,
    guid: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let guid = session_guid(&guid)?;
    let body = read_json(&request, payload, &state).await?;
    let form = RawItem::read(read_object(&body_text(&body))?).form();
    let batch = Batch::new(vec![BatchItem::Session(Target::Existing(guid), Box::new(form))]);
    let outcome = state.sessions.upsert_batch(&actor, batch, None).await?;
    let language = Language::of(request.headers());
    Ok(into_response(outcome, language, |outcome| single_answer(outcome, StatusCode::OK, language)))
}
