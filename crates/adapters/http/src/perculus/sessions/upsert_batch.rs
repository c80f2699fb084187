//! `POST /session/batch`: an ordered mix of sessions to create and to change, with partial success.

use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::idempotency::Answer;
use derslik_domain::identity::Actor;
use derslik_domain::session::{Batch, BatchOutcome, Verdict};

use super::read::{RawItem, read_items};
use super::rejected::Rejected;
use super::view::{Approved, BatchView};
use crate::body::{body_text, read_json};
use crate::perculus::auth::Caller;
use crate::perculus::batch::{count_items, status, variant, wants_index};
use crate::perculus::error::PerculusError;
use crate::perculus::idempotency::{into_response, request_key};
use crate::perculus::json::without_comments;
use crate::perculus::language::Language;
use crate::perculus::response::write;
use crate::response::{ResponseReservation, batch_bytes, reserve};
use crate::state::HttpState;

pub(in crate::perculus) async fn upsert_batch(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let body = read_json(&request, payload, &state).await?;
    let text = body_text(&body);
    let text = without_comments(&text);
    let items = read_items(&text, state.limits.batch_items)?;
    let batch = Batch::new(items.iter().map(RawItem::as_domain).collect());
    let with_index = wants_index(&request);
    let key = request_key(&request, &body, variant(with_index))?;
    let options = ResponseOptions { with_index, language: Language::of(request.headers()) };
    let idempotent = key.map(|key| key.into_request(render_later(body.clone(), actor.clone(), state.limits.batch_items, options)));
    let held = reserve(&state, &request, batch_bytes(items.len())).await?;
    let outcome = state.sessions.upsert_batch(&actor, batch, idempotent).await?;
    Ok(ResponseReservation::committed(held)
        .attach_to(into_response(outcome, options.language, |outcome| answer(&actor, &items, outcome, options))))
}

/// The client's options for the answer to its batch.
#[derive(Debug, Clone, Copy)]
struct ResponseOptions {
    /// Whether each item is reported with its position.
    with_index: bool,
    language: Language,
}

/// Renders the outcome on another thread. The parsed items can't be sent there, so the body is parsed once more.
fn render_later(body: Bytes, actor: Actor, max: usize, options: ResponseOptions) -> impl FnOnce(&BatchOutcome) -> Answer + Send + 'static {
    move |outcome| {
        let text = body_text(&body);
        let text = without_comments(&text);
        let items = read_items(&text, max).unwrap_or_default();
        answer(&actor, &items, outcome, options)
    }
}

fn answer(actor: &Actor, items: &[RawItem<'_>], outcome: &BatchOutcome, options: ResponseOptions) -> Answer {
    let mut approved = Vec::with_capacity(items.len());
    let (mut refused_by_state, mut refused_by_rule) = (Vec::new(), Vec::new());
    for (position, (item, verdict)) in items.iter().zip(outcome.verdicts()).enumerate() {
        let index = options.with_index.then_some(position);
        match verdict {
            Verdict::Created(session) | Verdict::Updated(session) => approved.push(Approved { session, index }),
            Verdict::NotFound => refused_by_state.push(Rejected::not_found(item, actor, index)),
            Verdict::Refused(violations) => refused_by_rule.push(Rejected::invalid(item, actor, violations, index, options.language)),
        }
    }
    // The items that were refused because of a state come first, regardless of their position.
    let mut rejected = refused_by_state;
    rejected.append(&mut refused_by_rule);
    count_items(&approved, &rejected);
    write(status(&approved, &rejected), items.len(), &BatchView { approved, rejected })
}
