//! The header `Idempotency-Key`: a call that creates something is carried out once, and each repetition gets the same answer.

use derslik_domain::idempotency::{self, AnswerCode};
use derslik_domain::identity::{Actor, Scope};
use derslik_ports::inbound::{IdempotentOutcome, IdempotentRequest};

use super::answer::{Answer, Outcome, refusal};
use super::call::Call;
use super::error::ClassroomError;
use super::query::{System, pairs};
use crate::idempotency::{KeyHeader, REPLAYED, RequestKey};
use crate::memory::Reservation;

/// Parameters that carry a credential. The key is bound to the principal anyway, so the digest leaves them out.
const CREDENTIALS: [&str; 2] = ["access_token", "oauth_token"];

/// The key of a call, if it has one. The digest covers the scopes of the credential, which decide what is shown. It also covers
/// the credential's project, which decides what an alias means.
///
/// # Errors
/// The header does not hold one valid key, or the query has an invalid escape.
pub(super) fn request_key(call: &Call, actor: &Actor) -> Result<Option<RequestKey>, ClassroomError> {
    let key = match &call.key {
        KeyHeader::Missing => return Ok(None),
        KeyHeader::Key(key) => key.clone(),
        KeyHeader::Bad => return Err(ClassroomError::bad_key()),
    };
    let project = actor.project.map_or([0; 8], |project| project.get().to_le_bytes());
    let scopes = actor.scopes.iter().map(Scope::name).collect::<Vec<_>>().join(" ");
    let sent = pairs(&call.query)?;
    let parameters = sent.iter().filter(|(name, _)| !CREDENTIALS.contains(&name.as_str()));
    let parameters = parameters.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    let fixed = [call.verb.as_bytes(), call.path.trim_end_matches('/').as_bytes(), &call.body, &project, scopes.as_bytes()];
    Ok(Some(RequestKey::new(key, fixed.into_iter().chain(parameters))))
}

/// The idempotent request for a call with that key. `show` renders its outcome.
pub(super) fn idempotent_request<T: 'static>(key: RequestKey, show: impl FnOnce(&T) -> Outcome + Send + 'static) -> IdempotentRequest<T> {
    key.into_request(|outcome: &T| {
        let Answer { status, headers: _, body, reservation: _ } = show(outcome).unwrap_or_else(|error| refusal(error, &System::default()));
        idempotency::Answer { code: AnswerCode::new(status), body }
    })
}

/// The answer to a call that may be a repetition. `show` renders the outcome of a call without a key.
///
/// # Errors
/// What `show` returns.
pub(crate) fn into_answer<T>(outcome: IdempotentOutcome<T>, show: impl FnOnce(&T) -> Outcome) -> Outcome {
    let (stored, is_replay) = match outcome {
        IdempotentOutcome::Unkeyed(outcome) => return show(&outcome),
        IdempotentOutcome::Stored(answer) => (answer, false),
        IdempotentOutcome::Replayed(answer) => (answer, true),
    };
    let headers = is_replay.then(|| (REPLAYED.0, REPLAYED.1.to_owned())).into_iter().collect();
    Ok(Answer { status: stored.code.get(), headers, body: stored.body, reservation: Reservation::default() })
}

#[cfg(test)]
mod tests {
    use actix_web::web::Bytes;
    use derslik_domain::id::Id;
    use derslik_domain::idempotency::RequestDigest;
    use derslik_testkit::builders::{account, actor_of};

    use super::*;

    fn call(query: &str, body: &str) -> Call {
        let key = KeyHeader::read([b"k".as_slice()]);
        let body = Bytes::copy_from_slice(body.as_bytes());
        Call { verb: "POST".to_owned(), path: "/v1/courses".to_owned(), query: query.to_owned(), body, key, ..Call::default() }
    }

    fn digest(call: &Call) -> RequestDigest {
        request_key(call, &actor_of(account())).ok().flatten().unwrap().digest()
    }

    #[test]
    fn a_call_without_a_key_is_not_an_idempotent_request_and_a_bad_key_is_refused() {
        let actor = actor_of(account());
        assert!(request_key(&Call::default(), &actor).is_ok_and(|key| key.is_none()));
        assert!(request_key(&Call { key: KeyHeader::Bad, ..Call::default() }, &actor).is_err());
    }

    #[test]
    fn only_a_replay_says_that_it_is_one() {
        let stored = || idempotency::Answer { code: AnswerCode::new(200), body: b"{}".to_vec() };
        let outcome = |outcome| into_answer::<()>(outcome, |()| Err(ClassroomError::not_found())).ok().map(|answer| answer.headers);
        assert_eq!(outcome(IdempotentOutcome::Stored(stored())), Some(vec![]));
        assert_eq!(outcome(IdempotentOutcome::Replayed(stored())), Some(vec![("idempotent-replayed", "true".to_owned())]));
        assert_eq!(outcome(IdempotentOutcome::Unkeyed(())), None);
    }

    #[test]
    fn every_part_of_a_call_that_decides_its_effect_or_its_answer_is_in_the_digest() {
        let given = || call("fields=id", "{}");
        let one = digest(&given());
        assert_eq!(digest(&call("access_token=t&fields=id", "{}")), one);
        let by_header = Call { authorization: Some("Bearer t".to_owned()), path: "/v1/courses/".to_owned(), ..given() };
        assert_eq!(digest(&by_header), one);
        let mut others = vec![call("", "{}"), call("fields=name", "{}"), call("fields=id", "{ }"), call("fieldsid=", "{}")];
        others.push(Call { path: "/v1/courses/1/aliases".to_owned(), ..given() });
        assert!(others.iter().all(|other| digest(other) != one));
        let of = |actor: &Actor| request_key(&given(), actor).ok().flatten().unwrap().digest();
        let (project, scopes) = (Some(Id::new(1)), [Scope::Courses].into_iter().collect());
        assert_ne!(of(&Actor { project, ..actor_of(account()) }), one);
        assert_ne!(of(&Actor { scopes, ..actor_of(account()) }), one);
    }
}
