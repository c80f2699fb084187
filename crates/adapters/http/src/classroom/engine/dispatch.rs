//! From a call to its answer.

use derslik_domain::audit::DenialCause;
use derslik_domain::identity::Actor;

use super::answer::{Answer, AnswerFormat, Outcome, refusal};
use super::auth::{authenticate, bearer};
use super::call::Call;
use super::context::Context;
use super::error::ClassroomError;
use super::idempotency::request_key;
use super::operation::{Api, Operation};
use super::path::{Target, find};
use super::query::{Query, System, pairs};
use crate::memory::Holder;
use crate::response::ResponseReservation;
use crate::state::HttpState;

/// The status of a call that the actor may not make.
const FORBIDDEN: u16 = 403;

/// A call with a valid credential: its operation, its actor and the rest of its query.
pub(super) struct Admitted {
    operation: &'static Operation,
    values: Vec<String>,
    pub(super) actor: Actor,
    pairs: Vec<(String, String)>,
    pub(super) system: System,
}

/// Answers a complete call.
pub(super) async fn answer(api: &Api, state: &HttpState, call: &Call) -> Answer {
    match admit(api, state, call).await {
        Ok(admitted) => perform(state, call, admitted).await,
        Err(refusal) => refusal,
    }
}

/// Finds the operation and the actor of a call, and counts the call. The body is not needed for this.
///
/// # Errors
/// The answer that refuses the call.
pub(super) async fn admit(api: &Api, state: &HttpState, call: &Call) -> Result<Admitted, Answer> {
    let mut pairs = pairs(&call.query).map_err(|error| refusal(error, &System::default()))?;
    let (system, checked) = System::take(&mut pairs);
    let found = match checked {
        Ok(()) => identify(api, state, call, &system).await,
        Err(error) => Err(error),
    };
    match found {
        Ok((operation, values, actor)) => Ok(Admitted { operation, values, actor, pairs, system }),
        Err(error) => Err(refusal(error, &system)),
    }
}

async fn identify(
    api: &Api,
    state: &HttpState,
    call: &Call,
    system: &System,
) -> Result<(&'static Operation, Vec<String>, Actor), ClassroomError> {
    let found = match find(api, &call.verb, &call.path) {
        Target::Operation(operation, values) => {
            call.template.set(Some(operation.path));
            Some((operation, values))
        }
        // The credential comes first, as with every method.
        Target::Unimplemented => None,
        Target::Unknown => return Err(ClassroomError::no_such_path()),
        Target::Malformed => return Err(ClassroomError::invalid("Request contains an invalid argument.")),
    };
    let token = call.authorization.as_deref().map_or(system.access_token.as_deref(), bearer);
    let limits = state.rate_limits();
    let Some(token) = token else {
        return Err(limits.refuse(call.client, ClassroomError::unauthenticated(call.authorization.is_some())));
    };
    let looked_up = authenticate(state, call.client, token).await;
    let actor = looked_up.map_err(|error| limits.refuse_looked_up::<ClassroomError>(call.client, error))?;
    if !call.is_counted {
        limits.count_known(&actor)?;
    }
    let (operation, values) = found.ok_or_else(ClassroomError::unimplemented)?;
    Ok((operation, values, Actor { trace: call.trace, ..actor }))
}

/// The answer to an admitted and complete call.
pub(super) async fn perform(state: &HttpState, call: &Call, admitted: Admitted) -> Answer {
    let Admitted { operation, values, actor, pairs, system } = admitted;
    let (account, holder, refusable) = (actor.account_id(), Holder::of(&actor), operation.verb == "GET");
    let outcome: Outcome = async {
        let context = Context {
            state,
            query: Query::read(operation.query, pairs)?,
            if_match: call.if_match.as_deref(),
            body: &call.body,
            key: if operation.takes_key { request_key(call, &actor)? } else { None },
            actor,
            format: AnswerFormat { compact: system.compact, fields: system.mask(operation.response)? },
            values,
        };
        let mut answer = (operation.handler)(&context).await?;
        let reservation = std::mem::take(&mut answer.reservation);
        let reserved = if refusable { ResponseReservation::refusable(reservation) } else { ResponseReservation::committed(reservation) };
        answer.reservation = reserved.fit(state.response_budget(), holder, answer.body.len())?;
        Ok(answer)
    }
    .await;
    outcome.unwrap_or_else(|error| {
        if error.status() == FORBIDDEN {
            state.note_denied(Some(account), DenialCause::NotAllowed);
        }
        refusal(error, &system)
    })
}
