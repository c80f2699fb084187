//! Answers to requests that may come again.

use std::sync::mpsc;

use derslik_domain::id::{Id, JobId};
use derslik_domain::idempotency::{Answer, AnswerCode, IdempotencyKey, KeptAnswer, RequestDigest};
use derslik_domain::identity::DataSubject;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Conflict, KeyState, OwnedKey, Reason, SearchedAnswers, StoreError, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, attendee, guid, now, other_account, service_principal, session, user};

pub(super) fn cases<U: UnitOfWork + Clone>() -> Vec<Case<U>> {
    vec![
        Case { name: "an_unused_key_is_free", run: free },
        Case { name: "an_answer_is_found_under_its_key_byte_for_byte", run: found },
        Case { name: "a_key_belongs_to_one_principal_of_one_account", run: owned },
        Case { name: "an_answer_is_forgotten_after_its_time_and_its_key_is_free_again", run: forgotten },
        Case { name: "a_key_is_given_one_answer_only", run: one_answer },
        Case { name: "an_answer_goes_with_the_transaction_that_fails", run: rolled_back },
        Case { name: "of_two_that_hold_a_key_at_once_one_at_the_most_finds_it_free", run: held },
        Case { name: "an_answer_that_names_a_data_subject_is_erased_and_its_key_stays_taken", run: erased },
        Case { name: "answers_are_searched_a_part_at_a_time_to_their_end", run: searched },
        Case { name: "answers_that_name_an_erased_attendee_by_code_or_guid_go_until_these_are_forgotten", run: erased_attendees },
    ]
}

fn key(text: &str) -> OwnedKey {
    OwnedKey { account: account().id, principal: service_principal().id, key: IdempotencyKey::parse(text).expect("a key") }
}

fn kept(at: Timestamp) -> KeptAnswer {
    let body = "{\"ş\":\"\u{10ffff}\"}".as_bytes().iter().copied().chain(0..=255).collect();
    KeptAnswer { request: RequestDigest::new([9; 32]), answer: Answer { code: AnswerCode::new(8), body }, at }
}

fn state<U: UnitOfWork>(harness: &Harness<U>, key: OwnedKey) -> KeyState {
    harness.write(move |stores| stores.idempotency().hold(&key, KeptAnswer::forgotten_before(now())))
}

fn keep<U: UnitOfWork>(harness: &Harness<U>, key: OwnedKey, answer: KeptAnswer) {
    harness.write(move |stores| stores.idempotency().keep(&key, &answer, KeptAnswer::forgotten_before(now())));
}

fn free<U: UnitOfWork>(harness: &Harness<U>) {
    assert_eq!(state(harness, key("a")), KeyState::Free);
}

fn found<U: UnitOfWork>(harness: &Harness<U>) {
    let longest = "k".repeat(IdempotencyKey::MAX);
    for text in ["a", "A", longest.as_str()] {
        keep(harness, key(text), kept(now()));
        assert_eq!(state(harness, key(text)), KeyState::Answered(kept(now())));
    }
}

fn owned<U: UnitOfWork>(harness: &Harness<U>) {
    keep(harness, key("a"), kept(now()));
    assert_eq!(state(harness, OwnedKey { account: other_account().id, ..key("a") }), KeyState::Free);
    assert_eq!(state(harness, OwnedKey { principal: user(7).id, ..key("a") }), KeyState::Free);
}

fn forgotten<U: UnitOfWork>(harness: &Harness<U>) {
    const DAY: i64 = 24 * 60;
    keep(harness, key("just kept"), kept(now().minutes_before(DAY)));
    assert!(matches!(state(harness, key("just kept")), KeyState::Answered(_)));
    for number in 0..50 {
        keep(harness, key(&format!("old {number}")), kept(now().minutes_before(DAY + 1)));
    }
    assert_eq!(state(harness, key("old 49")), KeyState::Free);
    keep(harness, key("old 49"), kept(now()));
    assert_eq!(state(harness, key("old 49")), KeyState::Answered(kept(now())));
}

fn one_answer<U: UnitOfWork>(harness: &Harness<U>) {
    keep(harness, key("a"), kept(now()));
    let again = harness.try_write(|stores| stores.idempotency().keep(&key("a"), &kept(now()), KeptAnswer::forgotten_before(now())));
    assert!(matches!(again, Err(StoreError::Conflict(Conflict::IdempotencyKey))), "{again:?}");
}

fn rolled_back<U: UnitOfWork>(harness: &Harness<U>) {
    let failed: Result<(), _> = harness.try_write(|stores| {
        stores.idempotency().keep(&key("a"), &kept(now()), KeptAnswer::forgotten_before(now()))?;
        Err(StoreError::from(Reason::Unreachable))
    });
    assert!(failed.is_err());
    assert_eq!(state(harness, key("a")), KeyState::Free);
}

fn erased<U: UnitOfWork>(harness: &Harness<U>) {
    let of = |body: &str| KeptAnswer { answer: Answer { code: AnswerCode::new(7), body: body.as_bytes().to_vec() }, ..kept(now()) };
    let elsewhere = OwnedKey { account: other_account().id, ..key("named") };
    let own = OwnedKey { principal: user(7).id, ..key("own") };
    let naming = r#"[{"email":"\u0055ser7@demo.example"}]"#;
    keep(harness, key("named"), of(naming));
    keep(harness, key("for USER7@demo.example"), of("{}"));
    keep(harness, key("other"), of(r#"[{"email":"user77@demo.example"}]"#));
    keep(harness, own.clone(), of("[]"));
    keep(harness, elsewhere.clone(), of(naming));
    let erase = || {
        harness.write(|stores| {
            let who = DataSubject::new("user7@demo.example", vec![user(7)]);
            stores.idempotency().erase_naming(account().id, &who, None, BatchSize::DEFAULT)
        })
    };
    assert_eq!(erase(), SearchedAnswers { erased: RowCount::new(3), until: None });
    for erased in [key("named"), key("for USER7@demo.example"), own] {
        assert_eq!(state(harness, erased.clone()), KeyState::Erased, "{erased:?}");
    }
    assert!(matches!(state(harness, key("other")), KeyState::Answered(_)));
    assert!(matches!(state(harness, elsewhere), KeyState::Answered(_)));
    assert_eq!(erase(), SearchedAnswers { erased: RowCount::ZERO, until: None }, "once is enough");
    // The key is forgotten when its time is over, as every key is.
    let later = KeptAnswer::forgotten_before(Timestamp::from_micros(now().micros() + 1 + KeptAnswer::KEPT_HOURS * 3_600_000_000));
    assert_eq!(harness.write(move |stores| stores.idempotency().hold(&key("named"), later)), KeyState::Free);
    harness.write(move |stores| stores.idempotency().keep(&key("named"), &kept(now()), later));
    assert_eq!(state(harness, key("named")), KeyState::Answered(kept(now())));
}

fn erased_attendees<U: UnitOfWork>(harness: &Harness<U>) {
    const BATCH: BatchSize = BatchSize::DEFAULT;
    let (guest, job): (_, JobId) = (attendee(1, 7), Id::new(7));
    let who = DataSubject::new(guest.email.as_str(), Vec::new());
    let named = [guest.code.as_str().to_owned(), guest.guid.to_string(), format!("k-{}-1", guest.code.as_str())];
    let answers = |harness: &Harness<U>, round: &str| {
        for (number, text) in named.iter().enumerate() {
            let answer = Answer { code: AnswerCode::new(7), body: format!("[\"{text}\"]").into_bytes() };
            keep(harness, key(&format!("{round} {number}")), KeptAnswer { answer, ..kept(now()) });
        }
        keep(harness, key(&format!("{round} {}", guest.code.as_str())), KeptAnswer { ..kept(now()) });
    };
    let search = |harness: &Harness<U>| {
        let who = who.clone();
        harness.write(move |stores| stores.idempotency().erase_naming(account().id, &who, None, BATCH)).erased.get()
    };
    answers(harness, "first");
    assert_eq!(search(harness), 0, "nothing leads from them to the guest yet");
    let rows = [guest.clone()];
    harness.write(move |stores| {
        stores.sessions().insert_many(account().id, &[&session(guid(1))])?;
        stores.attendees().insert_many(account().id, &rows)
    });
    let erased = who.clone();
    let erased = harness.write(move |stores| stores.attendees().erase_of(account().id, &erased, job, BATCH));
    assert_eq!((erased.get(), search(harness), search(harness)), (1, 4, 0));
    answers(harness, "second");
    assert_eq!(search(harness), 4, "it is known until it is forgotten");
    let forget = |harness: &Harness<U>, job: i64, rows: u16| {
        let batch = BatchSize::new(rows).expect("a size");
        harness.write(move |stores| stores.idempotency().forget_erased(account().id, Id::new(job), batch)).get()
    };
    // Of the job that erased the attendee nothing is left, so another one forgets for it.
    assert_eq!((forget(harness, 7, 2), forget(harness, 8, 2), forget(harness, 7, 2)), (2, 1, 0));
    answers(harness, "third");
    assert_eq!(search(harness), 0);
}

fn searched<U: UnitOfWork>(harness: &Harness<U>) {
    const MEGABYTE: usize = 1 << 20;
    // Some are kept together, and the last are so long that not all are read at once.
    for number in 0..20_i64 {
        let body = if number < 12 { "\"user7\"".to_owned() } else { format!("[\"{}\",\"user7\"]", "x".repeat(MEGABYTE)) };
        let answer = Answer { code: AnswerCode::new(7), body: body.into_bytes() };
        keep(harness, key(&number.to_string()), KeptAnswer { answer, ..kept(Timestamp::from_micros(now().micros() + number / 3)) });
    }
    let (mut erased, mut steps, mut after) = (0, 0, None);
    loop {
        let part = harness.write(move |stores| {
            let batch = BatchSize::new(5).expect("a size");
            stores.idempotency().erase_naming(account().id, &DataSubject::new("user7", Vec::new()), after, batch)
        });
        (erased, steps) = (erased + part.erased.get(), steps + 1);
        let Some(until) = part.until else { break };
        assert!(after.is_none_or(|after| after < until), "it goes on");
        after = Some(until);
    }
    assert_eq!(erased, 20);
    assert!(steps > 20 / 6, "{steps}");
}

fn held<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let uow = harness.unit_of_work().clone();
    let first = harness.runtime().spawn(async move {
        uow.write(account().id, move |stores| {
            let state = stores.idempotency().hold(&key("a"), KeptAnswer::forgotten_before(now()))?;
            begun.send(()).expect("the test listens");
            may_go_on.recv().ok();
            stores.idempotency().keep(&key("a"), &kept(now()), KeptAnswer::forgotten_before(now()))?;
            Ok::<_, StoreError>(state)
        })
        .await
    });
    has_begun.recv().expect("the first begins");
    let uow = harness.unit_of_work().clone();
    let second = harness.runtime().spawn(async move {
        uow.write(account().id, |stores| stores.idempotency().hold(&key("a"), KeptAnswer::forgotten_before(now()))).await
    });
    // A database with one writer lets the second in when the first is done; any other says at once that the key is busy.
    std::thread::sleep(std::time::Duration::from_millis(50));
    go_on.send(()).expect("the first listens");
    let (first, second) = harness.runtime().block_on(async { (first.await, second.await) });
    assert_eq!(first.expect("the first ends").expect("the first succeeds"), KeyState::Free);
    let second = second.expect("the second ends").expect("the second succeeds");
    assert!(matches!(second, KeyState::Busy | KeyState::Answered(_)), "{second:?}");
    assert_eq!(state(harness, key("a")), KeyState::Answered(kept(now())));
}
