//! What the handler of an operation is given.

use derslik_domain::identity::Actor;
use derslik_ports::inbound::IdempotentRequest;
use serde::Serialize;

use super::answer::{Answer, AnswerFormat, Outcome};
use super::body::{Checked, read};
use super::error::ClassroomError;
use super::idempotency::idempotent_request;
use super::list::ListView;
use super::page_tokens::PageTokens;
use super::query::Query;
use super::schema::Message;
use crate::idempotency::RequestKey;
use crate::memory::{Holder, Reservation};
use crate::response::list_bytes;
use crate::state::HttpState;

/// The context in which a handler runs.
pub(crate) struct Context<'a> {
    pub(crate) state: &'a HttpState,
    pub(crate) actor: Actor,
    pub(crate) query: Query,
    /// The header `If-Match`.
    pub(crate) if_match: Option<&'a str>,
    pub(super) body: &'a [u8],
    /// The idempotency key of the call.
    pub(super) key: Option<RequestKey>,
    pub(super) format: AnswerFormat,
    /// The decoded values of the variables in the path.
    pub(super) values: Vec<String>,
}

impl Context<'_> {
    /// The decoded value at a position of the path template.
    pub(crate) fn value(&self, position: usize) -> &str {
        self.values.get(position).map_or("", String::as_str)
    }

    /// The body as a message. An empty body is an empty message.
    ///
    /// # Errors
    /// Every fault of the body.
    pub(crate) fn read(&self, message: &'static Message) -> Result<Checked, ClassroomError> {
        read(self.body, message)
    }

    /// The idempotent request for the call, if it has a key. `show` renders its outcome. It owns its data, because the transaction
    /// outlives a client that stops waiting.
    pub(crate) fn idempotent<T: 'static>(
        &self,
        show: impl FnOnce(&AnswerFormat, &T) -> Outcome + Send + 'static,
    ) -> Option<IdempotentRequest<T>> {
        let format = self.format.clone();
        self.key.clone().map(|key| idempotent_request(key, move |outcome| show(&format, outcome)))
    }

    /// The answer that shows `view`, which takes about `size` bytes.
    ///
    /// # Errors
    /// A view that is not JSON.
    pub(crate) fn answer<T: Serialize>(&self, view: &T, size: usize) -> Outcome {
        self.format.answer(view, size)
    }

    /// Reserves memory for a list of that number of entries, before it is read.
    ///
    /// # Errors
    /// There was no memory for a while.
    pub(crate) async fn reserve(&self, entries: u32) -> Result<Reservation, ClassroomError> {
        Ok(self.state.response_budget().reserve(Holder::of(&self.actor), list_bytes(entries)).await?)
    }

    /// The answer that shows a page of a list, in the memory reserved for it. Most entries take about `entry_bytes`.
    ///
    /// # Errors
    /// A view that is not JSON.
    pub(crate) fn list<T: Serialize>(&self, view: &ListView<T>, entry_bytes: usize, reservation: Reservation) -> Outcome {
        Ok(Answer { reservation, ..self.answer(view, entry_bytes * (view.entries.len() + 1))? })
    }

    /// The page tokens of a list of that kind in the account of the actor, with these filters. They outlive a reset, as the
    /// account that answers show does.
    pub(crate) fn page_tokens(&self, kind: &str, filters: &[&str]) -> PageTokens<'_> {
        PageTokens::new(&self.state.classroom.page_key, self.actor.shown_account, kind, filters)
    }

    /// The position after which the requested page begins; `None` for the first page. `read` is the inverse of what made the
    /// bytes of the position.
    ///
    /// # Errors
    /// The page token is not one of this list.
    pub(crate) fn page_after<P>(
        &self,
        tokens: &PageTokens<'_>,
        read: impl FnOnce(&[u8]) -> Option<P>,
    ) -> Result<Option<P>, ClassroomError> {
        let Some(token) = self.query.get("pageToken") else { return Ok(None) };
        let position = tokens.position(token).and_then(|position| read(&position));
        position.map(Some).ok_or_else(ClassroomError::bad_page_token)
    }
}
