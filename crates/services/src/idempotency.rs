//! Carries out a request once, however often a client sends it: the answer is stored in the transaction of the effects.

use derslik_domain::idempotency::KeptAnswer;
use derslik_domain::identity::Actor;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{IdempotentOutcome, IdempotentRequest, KeyRefusal};
use derslik_ports::outbound::{Conflict, KeyState, OwnedKey, StoreError, Stores};

/// An idempotent request together with its owner.
pub(crate) struct IdempotencyGuard<T> {
    request: Option<(OwnedKey, IdempotentRequest<T>)>,
    now: Timestamp,
}

impl<T> IdempotencyGuard<T> {
    /// Guards a request of `actor`; without a key it is carried out each time.
    pub(crate) fn new(actor: &Actor, request: Option<IdempotentRequest<T>>, now: Timestamp) -> Self {
        let own = |request: IdempotentRequest<T>| {
            let key = OwnedKey { account: actor.account_id(), principal: actor.principal.id, key: request.key.clone() };
            (key, request)
        };
        Self { request: request.map(own), now }
    }

    /// Runs `work`, or replays the stored answer if the request was carried out before.
    pub(crate) fn run<E: From<StoreError> + From<KeyRefusal>>(
        self,
        stores: &mut dyn Stores,
        work: impl FnOnce(&mut dyn Stores) -> Result<T, E>,
    ) -> Result<IdempotentOutcome<T>, E> {
        let Some((key, request)) = self.request else { return work(stores).map(IdempotentOutcome::Unkeyed) };
        let forgotten = KeptAnswer::forgotten_before(self.now);
        match stores.idempotency().hold(&key, forgotten)? {
            KeyState::Busy => Err(KeyRefusal::Busy.into()),
            KeyState::Answered(kept) if kept.request == request.request => Ok(IdempotentOutcome::Replayed(kept.answer)),
            KeyState::Answered(_) => Err(KeyRefusal::Reused.into()),
            KeyState::Erased => Err(KeyRefusal::Erased.into()),
            KeyState::Free => {
                let outcome = work(stores)?;
                let kept = KeptAnswer { request: request.request, answer: (request.render)(&outcome), at: self.now };
                stores.idempotency().keep(&key, &kept, forgotten).map_err(|error| match error {
                    StoreError::Conflict(Conflict::IdempotencyKey) => E::from(KeyRefusal::Busy),
                    error => E::from(error),
                })?;
                Ok(IdempotentOutcome::Stored(kept.answer))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::idempotency::{Answer, AnswerCode, IdempotencyKey, RequestDigest};
    use derslik_ports::inbound::ServiceError;
    use derslik_ports::mocks::MockStores;
    use derslik_testkit::builders::{account, actor_of, now};

    use super::*;

    const REQUEST: RequestDigest = RequestDigest::new([1; 32]);

    fn answer(text: &str) -> Answer {
        Answer { code: AnswerCode::new(7), body: text.as_bytes().to_vec() }
    }

    fn guard() -> IdempotencyGuard<u8> {
        let render = |outcome: &u8| answer(&outcome.to_string());
        let request = IdempotentRequest { key: IdempotencyKey::parse("a").unwrap(), request: REQUEST, render: Box::new(render) };
        IdempotencyGuard::new(&actor_of(account()), Some(request), now())
    }

    fn stores(state: KeyState) -> MockStores {
        let mut stores = MockStores::default();
        stores.idempotency.expect_hold().once().returning(move |_, _| Ok(state.clone()));
        stores
    }

    fn answered(request: RequestDigest) -> KeyState {
        KeyState::Answered(KeptAnswer { request, answer: answer("before"), at: now() })
    }

    #[test]
    fn stores_the_answer_of_the_first_request() {
        let mut stores = stores(KeyState::Free);
        stores.idempotency.expect_keep().once().returning(|_, kept, _| {
            assert_eq!((kept.request, kept.answer.body.as_slice(), kept.at), (REQUEST, b"7".as_slice(), now()));
            Ok(())
        });
        let performed = guard().run(&mut stores, |_| Ok::<_, ServiceError>(7));
        assert!(matches!(performed, Ok(IdempotentOutcome::Stored(kept)) if kept == answer("7")));
    }

    #[test]
    fn replays_the_answer_of_a_repeated_request() {
        let performed: Result<_, ServiceError> = guard().run(&mut stores(answered(REQUEST)), |_| panic!("done again"));
        assert!(matches!(performed, Ok(IdempotentOutcome::Replayed(before)) if before == answer("before")));
    }

    #[test]
    fn refuses_a_reused_a_busy_and_an_erased_key() {
        let another = answered(RequestDigest::new([2; 32]));
        assert!(matches!(guard().run(&mut stores(another), |_| panic!("done")), Err(ServiceError::Key(KeyRefusal::Reused))));
        assert!(matches!(guard().run(&mut stores(KeyState::Busy), |_| panic!("done")), Err(ServiceError::Key(KeyRefusal::Busy))));
        assert!(matches!(guard().run(&mut stores(KeyState::Erased), |_| panic!("done again")), Err(ServiceError::Key(KeyRefusal::Erased))));
    }

    #[test]
    fn fails_if_another_request_took_the_key_first() {
        let mut stores = stores(KeyState::Free);
        stores.idempotency.expect_keep().returning(|_, _, _| Err(StoreError::Conflict(Conflict::IdempotencyKey)));
        assert!(matches!(guard().run(&mut stores, |_| Ok(7)), Err(ServiceError::Key(KeyRefusal::Busy))));
    }

    #[test]
    fn stores_no_answer_of_a_failed_request() {
        let failed =
            guard().run(&mut stores(KeyState::Free), |_| Err(StoreError::from(derslik_ports::outbound::Reason::Unreachable).into()));
        assert!(matches!(failed, Err(ServiceError::Store(_))));
    }
}
