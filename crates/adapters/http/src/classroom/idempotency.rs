//! The header `Idempotency-Key`: a call that creates something is carried out once, and each repetition gets the same answer.

use derslik_domain::idempotency::{self, AnswerCode, IdempotencyKey, RequestDigest};
use derslik_domain::identity::{Actor, Scope};
use derslik_ports::inbound::{IdempotentOutcome, IdempotentRequest};
use sha2::{Digest, Sha256};

use super::call::{Answer, Call, refusal};
use super::error::ClassroomError;
use super::methods::first_tag;
use super::query::{System, pairs};
use crate::room::Held;

/// The `Idempotency-Key` header of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum KeyHeader {
    /// There is no such header.
    #[default]
    Missing,
    /// One valid key.
    Key(IdempotencyKey),
    /// An invalid key, or several keys.
    Bad,
}

impl KeyHeader {
    /// Reads the values of the header.
    pub(super) fn read<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Missing,
            (Some(value), None) => {
                let key = std::str::from_utf8(value).ok().and_then(|text| IdempotencyKey::parse(text).ok());
                key.map_or(Self::Bad, Self::Key)
            }
            (Some(_), Some(_)) => Self::Bad,
        }
    }
}

/// The key of a call, with a digest of everything that decides its effect and its answer.
#[derive(Debug, Clone)]
pub(super) struct RequestKey {
    key: IdempotencyKey,
    request: RequestDigest,
}

/// Parameters that carry a credential. The key is bound to the principal anyway, so the digest leaves them out.
const CREDENTIALS: [&str; 2] = ["access_token", "oauth_token"];

impl RequestKey {
    /// The key of a call, if it has one. The digest covers the scopes of the credential, which decide what is shown. It also
    /// covers the credential's project, which decides what an alias means.
    pub(super) fn of(call: &Call, actor: &Actor) -> Result<Option<Self>, ClassroomError> {
        let key = match &call.key {
            KeyHeader::Missing => return Ok(None),
            KeyHeader::Key(key) => key.clone(),
            KeyHeader::Bad => return Err(ClassroomError::bad_key()),
        };
        let mut digest = Sha256::new();
        let mut take = |part: &[u8]| {
            // The lengths separate the parts from one another.
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        };
        [call.verb.as_bytes(), call.path.trim_end_matches('/').as_bytes(), &call.body].into_iter().for_each(&mut take);
        take(&actor.project.map_or([0; 8], |project| project.get().to_le_bytes()));
        take(actor.scopes.iter().map(Scope::name).collect::<Vec<_>>().join(" ").as_bytes());
        for (name, value) in pairs(&call.query)?.into_iter().filter(|(name, _)| !CREDENTIALS.contains(&name.as_str())) {
            take(name.as_bytes());
            take(value.as_bytes());
        }
        Ok(Some(Self { key, request: RequestDigest::new(digest.finalize().into()) }))
    }

    /// The idempotent request for the call. `show` renders its outcome.
    pub(super) fn guard<T: 'static>(
        &self,
        show: impl FnOnce(&T) -> Result<Answer, ClassroomError> + Send + 'static,
    ) -> IdempotentRequest<T> {
        let render = |outcome: &T| {
            let Answer { status, body, .. } = show(outcome).unwrap_or_else(|error| refusal(error, &System::default()));
            idempotency::Answer { code: AnswerCode::new(status), body }
        };
        IdempotentRequest { key: self.key.clone(), request: self.request, render: Box::new(render) }
    }
}

/// The answer to a call that may be a repetition.
pub(super) fn answered<T>(
    performed: IdempotentOutcome<T>,
    show: impl FnOnce(&T) -> Result<Answer, ClassroomError>,
) -> Result<Answer, ClassroomError> {
    let (kept, is_replayed) = match performed {
        IdempotentOutcome::Unkeyed(outcome) => return show(&outcome),
        IdempotentOutcome::Stored(answer) => (answer, false),
        IdempotentOutcome::Replayed(answer) => (answer, true),
    };
    let mut headers: Vec<_> = first_tag(&kept.body).map(|tag| ("etag", tag)).into_iter().collect();
    if is_replayed {
        headers.push(("idempotent-replayed", "true".to_owned()));
    }
    Ok(Answer { status: kept.code.get(), headers, body: kept.body, held: Held::default() })
}

#[cfg(test)]
mod tests {
    use actix_web::web::Bytes;
    use derslik_domain::id::Id;
    use derslik_testkit::builders::{account, actor_of};

    use super::*;

    fn call(query: &str, body: &str) -> Call {
        let key = KeyHeader::read([b"k".as_slice()]);
        let body = Bytes::copy_from_slice(body.as_bytes());
        Call { verb: "POST".to_owned(), path: "/v1/courses".to_owned(), query: query.to_owned(), body, key, ..Call::default() }
    }

    fn digest(call: &Call) -> RequestDigest {
        RequestKey::of(call, &actor_of(account())).ok().flatten().unwrap().request
    }

    #[test]
    fn a_header_holds_one_key() {
        assert_eq!(KeyHeader::read([]), KeyHeader::Missing);
        assert_eq!(KeyHeader::read([b" a b ".as_slice()]), KeyHeader::Key(IdempotencyKey::parse("a b").unwrap()));
        for bad in [&[b"".as_slice()][..], &[b"\xff"], &["ş".as_bytes()], &[b"a", b"b"]] {
            assert_eq!(KeyHeader::read(bad.iter().copied()), KeyHeader::Bad);
        }
        let actor = actor_of(account());
        assert!(RequestKey::of(&Call::default(), &actor).is_ok_and(|key| key.is_none()));
        assert!(RequestKey::of(&Call { key: KeyHeader::Bad, ..Call::default() }, &actor).is_err());
    }

    #[test]
    fn whatever_changes_what_is_done_or_answered_makes_another_request() {
        let given = || call("fields=id", "{}");
        let one = digest(&given());
        assert_eq!(digest(&call("access_token=t&fields=id", "{}")), one);
        let by_header = Call { authorization: Some("Bearer t".to_owned()), path: "/v1/courses/".to_owned(), ..given() };
        assert_eq!(digest(&by_header), one);
        let mut others = vec![call("", "{}"), call("fields=name", "{}"), call("fields=id", "{ }"), call("fieldsid=", "{}")];
        others.push(Call { path: "/v1/courses/1/aliases".to_owned(), ..given() });
        assert!(others.iter().all(|other| digest(other) != one));
        let of = |actor: &Actor| RequestKey::of(&given(), actor).ok().flatten().unwrap().request;
        let (project, scopes) = (Some(Id::new(1)), [Scope::Courses].into_iter().collect());
        assert_ne!(of(&Actor { project, ..actor_of(account()) }), one);
        assert_ne!(of(&Actor { scopes, ..actor_of(account()) }), one);
    }
}
