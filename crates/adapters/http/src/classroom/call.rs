//! One call and its answer, for a single request as well as for a part of a batch.

use actix_web::web::Bytes;
use derslik_domain::course::CourseRef;
use derslik_domain::identity::{Actor, CredentialKind};
use derslik_ports::inbound::{AuthenticationError, Precondition, PresentedCredential};
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::PrettyFormatter;

use super::error::ClassroomError;
use super::fields::FieldsMask;
use super::idempotency::{KeyHeader, RequestKey};
use super::methods;
use super::operation::{Operation, Target, find};
use super::query::{Query, System, pairs};
use crate::answer::{Reserved, list_bytes};
use crate::room::{Held, Holder};
use crate::state::HttpState;

/// A call, parsed as far as the transport goes. Its body is added last: [`Call::complete`].
#[derive(Default)]
pub(super) struct Call {
    pub(super) verb: String,
    /// The path, with its escapes still in place.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) authorization: Option<String>,
    pub(super) if_match: Option<String>,
    pub(super) key: KeyHeader,
    pub(super) body: Bytes,
    /// Whether the body holds the query, because the query was too long for the URL.
    pub(super) is_form: bool,
}

impl Call {
    /// Replaces the method of a POST with the one that a header names.
    pub(super) fn overridden(mut self, verb: Option<&str>, content_type: Option<&str>) -> Self {
        let Some(verb) = verb.filter(|_| self.verb == "POST") else { return self };
        self.verb = verb.trim().to_ascii_uppercase();
        self.is_form =
            content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
        self
    }

    /// Whether the body may hold the credential.
    pub(super) fn may_hide_credential(&self) -> bool {
        self.is_form && self.authorization.is_none()
    }

    /// The call with its body.
    pub(super) fn complete(mut self, body: Bytes) -> Self {
        if self.is_form {
            self.query = format!("{}&{}", self.query, String::from_utf8_lossy(&body));
        } else {
            self.body = body;
        }
        self
    }
}

/// An answer to a call.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// The memory that the answer counts for until it is sent.
    pub(super) held: Held,
}

/// A call with a valid credential: its operation, its actor and the rest of its query.
pub(super) struct Admitted {
    operation: &'static Operation,
    values: Vec<String>,
    pub(super) actor: Actor,
    pairs: Vec<(String, String)>,
    system: System,
}

/// The context in which a method runs.
pub(super) struct Context<'a> {
    pub(super) state: &'a HttpState,
    pub(super) actor: Actor,
    pub(super) operation: &'static Operation,
    pub(super) query: Query,
    pub(super) precondition: Precondition,
    pub(super) body: &'a [u8],
    /// The idempotency key of the call.
    pub(super) key: Option<RequestKey>,
    pub(super) printer: Printer,
    values: Vec<String>,
}

/// The format of an answer.
#[derive(Debug, Clone)]
pub(super) struct Printer {
    compact: bool,
    mask: Option<FieldsMask>,
}

impl Context<'_> {
    /// The decoded value at a position of the path template.
    pub(super) fn value(&self, position: usize) -> &str {
        self.values.get(position).map_or("", String::as_str)
    }

    /// Reserves memory for a list of so many entries, before it is read.
    pub(super) async fn reserve(&self, entries: u32) -> Result<Held, ClassroomError> {
        Ok(self.state.answer_room().reserve(Holder::of(&self.actor), list_bytes(entries)).await?)
    }

    /// The course that the path names.
    pub(super) fn course(&self) -> CourseRef {
        CourseRef::parse(self.value(0))
    }

    /// The answer that shows `view`, which takes about `size` bytes.
    pub(super) fn answer<T: Serialize>(&self, view: &T, size: usize) -> Result<Answer, ClassroomError> {
        self.printer.answer(view, size)
    }
}

impl Printer {
    /// The answer that shows `view`, which takes about `size` bytes.
    pub(super) fn answer<T: Serialize>(&self, view: &T, size: usize) -> Result<Answer, ClassroomError> {
        let body = match &self.mask {
            None => render(view, self.compact, size),
            Some(mask) => serde_json::to_value(view).and_then(|value| render(&mask.apply(value), self.compact, size)),
        };
        let body = body.map_err(|_| ClassroomError::unimplemented())?;
        Ok(Answer { status: 200, headers: Vec::new(), body, held: Held::default() })
    }
}

fn render<T: Serialize>(view: &T, compact: bool, size: usize) -> serde_json::Result<Vec<u8>> {
    let mut body = Vec::with_capacity(size);
    if compact {
        serde_json::to_writer(&mut body, view)?;
    } else {
        view.serialize(&mut Serializer::with_formatter(&mut body, PrettyFormatter::new()))?;
    }
    body.push(b'\n');
    Ok(body)
}

/// Answers a complete call.
pub(super) async fn answer(state: &HttpState, call: &Call) -> Answer {
    match admit(state, call).await {
        Ok(admitted) => carry_out(state, call, admitted).await,
        Err(refusal) => refusal,
    }
}

/// Finds the operation and the actor of a call. The body is not needed for this.
///
/// # Errors
/// The answer that refuses the call.
pub(super) async fn admit(state: &HttpState, call: &Call) -> Result<Admitted, Answer> {
    let mut pairs = pairs(&call.query).map_err(|error| refusal(error, &System::default()))?;
    let (system, verdict) = System::take(&mut pairs);
    let found = match verdict {
        Ok(()) => identify(state, call, &system).await,
        Err(error) => Err(error),
    };
    match found {
        Ok((operation, values, actor)) => Ok(Admitted { operation, values, actor, pairs, system }),
        Err(error) => Err(refusal(error, &system)),
    }
}

async fn identify(state: &HttpState, call: &Call, system: &System) -> Result<(&'static Operation, Vec<String>, Actor), ClassroomError> {
    let (operation, values) = match find(&call.verb, &call.path) {
        Target::Operation(operation, values) => (operation, values),
        Target::Unimplemented => return Err(ClassroomError::unimplemented()),
        Target::Unknown => return Err(ClassroomError::no_such_path()),
        Target::Malformed => return Err(ClassroomError::invalid("Request contains an invalid argument.")),
    };
    let token = call.authorization.as_deref().map_or(system.access_token.as_deref(), bearer);
    let token = token.ok_or_else(|| ClassroomError::unauthenticated(call.authorization.is_some()))?;
    Ok((operation, values, authenticate(state, token).await?))
}

async fn authenticate(state: &HttpState, token: &str) -> Result<Actor, AuthenticationError> {
    let presented = PresentedCredential { kind: CredentialKind::AccessToken, public_id: String::new(), secret: token.as_bytes().to_vec() };
    state.identity.authenticate(presented).await
}

/// The actor that the `Authorization` header of a batch belongs to, if its credential is valid.
pub(super) async fn caller(state: &HttpState, authorization: Option<&str>) -> Option<Actor> {
    authenticate(state, bearer(authorization?)?).await.ok()
}

/// The answer to an admitted and complete call.
async fn carry_out(state: &HttpState, call: &Call, admitted: Admitted) -> Answer {
    let (holder, refusable) = (Holder::of(&admitted.actor), admitted.operation.verb == "GET");
    let Admitted { operation, values, actor, pairs, system } = admitted;
    let outcome: Result<Answer, ClassroomError> = async {
        let context = Context {
            state,
            operation,
            query: Query::read(operation, pairs)?,
            precondition: call.if_match.as_deref().map_or(Precondition::Any, methods::read_if_match),
            body: &call.body,
            key: if operation.is_done_once() { RequestKey::of(call, &actor)? } else { None },
            actor,
            printer: Printer { compact: system.compact, mask: system.mask(operation.response)? },
            values,
        };
        let mut answer = methods::perform(&context).await?;
        let held = std::mem::take(&mut answer.held);
        let reserved = if refusable { Reserved::to_read(held) } else { Reserved::to_tell(held) };
        answer.held = reserved.settled(state.answer_room(), holder, answer.body.len())?;
        Ok(answer)
    }
    .await;
    outcome.unwrap_or_else(|error| refusal(error, &system))
}

/// The answer that reports an error.
pub(super) fn refusal(error: ClassroomError, system: &System) -> Answer {
    let body = render(&error.body(system.newer_errors), system.compact, 512).unwrap_or_default();
    Answer { status: error.kind.words().0, headers: error.headers, body, held: Held::default() }
}

/// The token in a header `Bearer TOKEN`. The scheme is case-insensitive.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
}
