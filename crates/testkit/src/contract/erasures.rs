//! Erasures: the users of an erasure of many, and what an erasure would remove.

use std::collections::BTreeSet;

use derslik_domain::attendee::Attendee;
use derslik_domain::course::Course;
use derslik_domain::course::roster::Membership;
use derslik_domain::id::{AccountId, Id, JobId, PrincipalId};
use derslik_domain::idempotency::{Answer, AnswerCode, IdempotencyKey, KeptAnswer, RequestDigest};
use derslik_domain::identity::{
    CredentialKind, DataSubject, Delegation, GrantProof, PasswordHash, Principal, Scope, Scopes, SecretDigest, ServiceAccount,
    ServiceAddress, ServiceName,
};
use derslik_domain::job::{ErasedUser, ErasureCounts, ErasureKind, ErasureUsers, Event, NewJob, ReferenceId, UserPlace};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::session::Session;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{CountedAnswers, ListedUser, NewCredential, NewGrant, OwnedKey, Projection, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, attendee, course, guid, now, other_account, service_principal, session, user};

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "the_users_of_an_erasure_come_back_at_their_places", run: places },
        Case { name: "an_erased_user_comes_back_with_what_was_removed", run: finished },
        Case { name: "a_thousand_users_are_listed_page_by_page", run: pages },
        Case { name: "the_users_of_jobs_and_accounts_are_apart", run: apart },
        Case { name: "the_users_go_with_their_job", run: pruned },
        Case { name: "what_an_erasure_would_remove_is_counted_and_stays", run: counted },
        Case { name: "a_person_without_anything_counts_as_a_profile_alone", run: counted_without_rows },
        Case { name: "answers_that_an_erasure_would_remove_are_counted_and_stay", run: counted_answers },
    ]
}

const ALL: PageRequest<UserPlace> = PageRequest { size: 1_000, after: None };

fn reference(text: &str) -> ReferenceId {
    ReferenceId::new(text).expect("a valid reference")
}

fn users(texts: &[&str]) -> ErasureUsers {
    ErasureUsers::new(texts.iter().map(|text| reference(text)).collect()).expect("a list of users")
}

/// A job with these users.
fn enqueue<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, list: &str, users: ErasureUsers) -> JobId {
    let job = NewJob::delete_users_data(Id::new(1), reference(list), now());
    harness.write(move |stores| {
        let id = stores.jobs().enqueue(account, &job)?.into_job().id;
        stores.erasures().add_users(account, id, &users)?;
        Ok(id)
    })
}

fn list<U: UnitOfWork>(harness: &Harness<U>, job: JobId, page: PageRequest<UserPlace>) -> Vec<ListedUser> {
    harness.read(move |stores| stores.erasures().list_users(account().id, job, page))
}

fn user_at<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, job: JobId, place: u16) -> Option<ReferenceId> {
    harness.read(move |stores| stores.erasures().user_at(account, job, UserPlace::new(place)))
}

fn waiting(place: u16, user: &str) -> ListedUser {
    let user = ErasedUser { user: reference(user), is_erased: false, counts: ErasureCounts::default() };
    ListedUser { place: UserPlace::new(place), user }
}

fn places<U: UnitOfWork>(harness: &Harness<U>) {
    let longest = "ğ".repeat(ReferenceId::MAX);
    let job = enqueue(harness, account().id, "a", users(&["b/c 'مهدي' \"\\", "a", &longest]));
    assert_eq!(list(harness, job, ALL), [waiting(0, "b/c 'مهدي' \"\\"), waiting(1, "a"), waiting(2, &longest)]);
    assert_eq!(user_at(harness, account().id, job, 1), Some(reference("a")));
    assert_eq!(user_at(harness, account().id, job, 3), None);
}

fn finished<U: UnitOfWork>(harness: &Harness<U>) {
    let job = enqueue(harness, account().id, "a", users(&["a", "b", "c"]));
    let some: ErasureCounts =
        [(ErasureKind::Sessions, RowCount::new(2_500)), (ErasureKind::Profile, RowCount::new(1))].into_iter().collect();
    for (place, counts) in [(0, ErasureCounts::default()), (2, some)] {
        harness.write(move |stores| stores.erasures().finish_user(account().id, job, UserPlace::new(place), counts));
    }
    let erased = |place, user: &str, counts| {
        let user = ErasedUser { user: reference(user), is_erased: true, counts };
        ListedUser { place: UserPlace::new(place), user }
    };
    assert_eq!(list(harness, job, ALL), [erased(0, "a", ErasureCounts::default()), waiting(1, "b"), erased(2, "c", some)]);
}

fn pages<U: UnitOfWork>(harness: &Harness<U>) {
    let names: Vec<_> = (0..ErasureUsers::MAX).map(|number| reference(&format!("user{number}"))).collect();
    let job = enqueue(harness, account().id, "a", ErasureUsers::new(names.clone()).expect("a list of users"));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = list(harness, job, PageRequest { size: 300, after });
        let Some(last) = page.last() else { break };
        after = Some(last.place);
        seen.extend(page.into_iter().map(|listed| listed.user.user));
    }
    assert_eq!(seen, names);
}

fn apart<U: UnitOfWork>(harness: &Harness<U>) {
    let (ours, also_ours) = (enqueue(harness, account().id, "a", users(&["a"])), enqueue(harness, account().id, "b", users(&["b"])));
    let theirs = enqueue(harness, other_account().id, "a", users(&["c"]));
    harness.write(move |stores| stores.erasures().finish_user(account().id, ours, UserPlace::FIRST, ErasureCounts::default()));
    assert_eq!(list(harness, also_ours, ALL), [waiting(0, "b")]);
    assert!(list(harness, theirs, ALL).is_empty());
    assert_eq!(user_at(harness, account().id, theirs, 0), None);
    assert_eq!(user_at(harness, other_account().id, theirs, 0), Some(reference("c")));
}

fn pruned<U: UnitOfWork>(harness: &Harness<U>) {
    let (gone, kept) = (enqueue(harness, account().id, "a", users(&["a"])), enqueue(harness, account().id, "b", users(&["b"])));
    harness.write(move |stores| {
        let before = stores.jobs().lock(account().id, gone)?.expect("the job is there");
        let (after, _) = before.clone().apply(Event::Cancel, now()).expect("it waits");
        stores.jobs().replace(account().id, &before, &after)?;
        stores.jobs().prune(account().id, now().minutes_before(-1), 10)
    });
    assert_eq!((user_at(harness, account().id, gone, 0), user_at(harness, account().id, kept, 0)), (None, Some(reference("b"))));
}

/// A service account that may act for the person 7, and a refresh token of that person.
fn grants_of_7() -> (ServiceAccount, NewGrant) {
    let address = ServiceAddress { account: account().id, name: ServiceName::parse("timetable").expect("a name") };
    let delegation = Delegation::People(BTreeSet::from([Id::new(7)]));
    let service = ServiceAccount { address, principal: Id::new(2), scopes: Scopes::default(), delegation, created_at: now() };
    let grant = NewGrant {
        principal: Id::new(7),
        public_id: "0a".to_owned(),
        proof: GrantProof::Refresh { client: SecretDigest::new([1; 32]), token: SecretDigest::new([2; 32]) },
        scopes: Scopes::default(),
        project: None,
        expires_at: None,
        at: now(),
    };
    (service, grant)
}

/// The person 7 with a password, a key, grants, sessions that others attend or do not, an attendance by address, and two memberships.
fn settle<U: UnitOfWork>(harness: &Harness<U>) {
    let person = user(7).guid;
    let made = |number: u128| Session { created_by: Id::new(7), ..session(guid(number)) };
    let sessions = [made(1), made(2), made(3), session(guid(4)), made(5).deleted(Id::new(7), now()).expect("it was not deleted before")];
    let by_address = Attendee { email: user(7).email.expect("an address"), ..attendee(4, 4) };
    let attendees =
        [Attendee { user: Some(person), ..attendee(2, 1) }, Attendee { user: Some(person), ..attendee(3, 2) }, attendee(3, 3), by_address];
    let key = NewCredential {
        kind: CredentialKind::AccessToken,
        public_id: "a".to_owned(),
        digest: SecretDigest::new([1; 32]),
        scopes: Scope::ALL.into_iter().collect(),
        expires_at: None,
        project: None,
        access_key: None,
        at: now(),
    };
    let (service, grant) = grants_of_7();
    harness.write(move |stores| {
        stores.identity().add_account(&account(), now())?;
        stores.users().add(account().id, &user(7))?;
        stores.users().add(account().id, &user(2))?;
        stores.grants().add_service_account(&service)?;
        stores.grants().add(account().id, &grant)?;
        stores.identity().set_password(account().id, Id::new(7), &PasswordHash::new("hash"), now())?;
        stores.identity().add_credential(account().id, Principal { id: Id::new(7), ..service_principal() }, &key)?;
        stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>())?;
        stores.attendees().insert_many(account().id, &attendees)?;
        stores.courses().insert(account().id, &Course { owner: Id::new(7), ..course(1) })?;
        for (number, membership) in [(2, Membership::Teacher), (3, Membership::Student)] {
            stores.courses().insert(account().id, &course(number))?;
            stores.rosters().put(account().id, &course(number), Id::new(7), membership, now())?;
        }
        Ok(())
    });
}

fn who() -> DataSubject {
    DataSubject::new("user7", vec![user(7)])
}

fn count<U: UnitOfWork>(harness: &Harness<U>) -> ErasureCounts {
    harness.read(|stores| stores.erasures().count_rows(account().id, &who()))
}

fn counted<U: UnitOfWork>(harness: &Harness<U>) {
    const BATCH: BatchSize = BatchSize::DEFAULT;
    settle(harness);
    let expected: ErasureCounts = [
        (ErasureKind::Credentials, RowCount::new(4)),
        (ErasureKind::Attendances, RowCount::new(3)),
        (ErasureKind::Sessions, RowCount::new(3)),
        (ErasureKind::Memberships, RowCount::new(2)),
        (ErasureKind::Profile, RowCount::new(1)),
    ]
    .into_iter()
    .collect();
    assert_eq!(count(harness), expected, "as long as the sessions are pending");
    while harness.write(|stores| stores.change_log().catch_up(account().id, Projection::SessionCreators, 100)) > RowCount::ZERO {}
    assert_eq!(count(harness), expected, "once they are not");
    // An erasure removes as many.
    let them = PrincipalId::new(7);
    let removed = harness.write(move |stores| {
        Ok([
            (ErasureKind::Credentials, stores.identity().erase_credentials(account().id, them, BATCH)?),
            (ErasureKind::Attendances, stores.attendees().erase_of(account().id, &who(), Id::new(1), BATCH)?),
            (ErasureKind::Sessions, stores.sessions().erase_created_by(account().id, them, BATCH)?),
            (ErasureKind::Memberships, stores.rosters().erase_memberships(account().id, them, BATCH)?),
            (ErasureKind::Profile, RowCount::new(1)),
        ])
    });
    assert_eq!(removed.into_iter().collect::<ErasureCounts>(), expected);
    assert_eq!(count(harness), ErasureCounts::default().with(ErasureKind::Profile, RowCount::new(1)));
}

fn counted_without_rows<U: UnitOfWork>(harness: &Harness<U>) {
    assert_eq!(count(harness), ErasureCounts::default().with(ErasureKind::Profile, RowCount::new(1)));
    let deleted = DataSubject::new("user7", vec![user(7).deleted(now())]);
    let unknown = DataSubject::new("unknown@demo.example", Vec::new());
    for who in [deleted, unknown] {
        let counts = harness.read(move |stores| stores.erasures().count_rows(account().id, &who));
        assert_eq!(counts, ErasureCounts::default());
    }
}

fn counted_answers<U: UnitOfWork>(harness: &Harness<U>) {
    settle(harness);
    let code = attendee(2, 1).code;
    let bodies = [
        r#"["user7@demo.example"]"#.to_owned(),
        format!(r#"["{}"]"#, code.as_str()),
        format!(r#"{{"guid":"{}"}}"#, attendee(3, 2).guid),
        r#"["user77@demo.example"]"#.to_owned(),
    ];
    for (number, body) in bodies.into_iter().enumerate() {
        let name = IdempotencyKey::parse(&format!("key {number}")).expect("a key");
        let key = OwnedKey { account: account().id, principal: service_principal().id, key: name };
        let answer = Answer { code: AnswerCode::new(7), body: body.into_bytes() };
        let at = Timestamp::from_micros(now().micros() + i64::try_from(number).expect("a small number"));
        let kept = KeptAnswer { request: RequestDigest::new([9; 32]), answer, at };
        harness.write(move |stores| stores.idempotency().keep(&key, &kept, KeptAnswer::forgotten_before(now())));
    }
    let search = |after, batch| {
        let batch = BatchSize::new(batch).expect("a size");
        harness.read(move |stores| stores.erasures().count_answers(account().id, &who(), after, batch))
    };
    assert_eq!(search(None, 1_000), CountedAnswers { found: RowCount::new(3), until: None });
    assert_eq!(search(None, 1_000), CountedAnswers { found: RowCount::new(3), until: None }, "they are still there");
    // In parts it is the same.
    let (mut found, mut after) = (0, None);
    loop {
        let part = search(after, 2);
        found += part.found.get();
        let Some(until) = part.until else { break };
        after = Some(until);
    }
    assert_eq!(found, 3);
}
