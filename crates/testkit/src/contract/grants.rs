//! Service accounts, grants, and the tokens that are issued for them.

use std::collections::BTreeSet;

use derslik_domain::course::CalendarDate;
use derslik_domain::id::{AccountId, CredentialId, GrantId, Id, PrincipalId};
use derslik_domain::identity::{
    CredentialKind, CredentialRoot, Delegation, Grant, GrantKind, GrantProof, Principal, PrincipalKind, PublicKey, Scope, Scopes,
    SecretDigest, ServiceAccount, ServiceAddress, ServiceName, SignatureAlgorithm, User,
};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{NewCredential, NewGrant, TokenSource, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, now, other_account, service_principal, service_user, user};

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "a_service_account_is_found_by_its_name_in_its_own_account_alone", run: service_accounts },
        Case { name: "a_service_account_is_not_the_service_of_its_account", run: not_the_service },
        Case { name: "a_grant_is_found_by_its_kind_and_public_part_in_its_own_account_alone", run: found },
        Case { name: "grants_that_have_ended_are_listed_and_not_valid", run: ended },
        Case { name: "the_last_day_of_a_grant_is_raised_and_never_lowered", run: touched },
        Case { name: "a_revoked_grant_takes_its_tokens_and_those_exchanged_for_them_along", run: revoked },
        Case { name: "a_revoked_or_ended_token_takes_those_exchanged_for_it_along", run: exchanged },
        Case { name: "a_token_in_the_middle_of_exchanges_takes_those_after_it_along_and_no_others", run: exchanged_again },
        Case { name: "a_token_is_held_with_the_one_who_got_it_unless_its_grant_was_revoked", run: held },
        Case { name: "what_a_token_goes_back_to_is_its_grant_or_the_first_of_its_exchanges", run: roots },
        Case { name: "the_credentials_of_a_principal_are_revoked_together_with_its_grants_and_their_tokens", run: revoked_together },
        Case { name: "an_erased_person_leaves_no_grant_and_no_delegation", run: erased },
        Case { name: "tokens_are_pruned_once_they_expired_long_ago", run: pruned },
    ]
}

fn principal(id: i64) -> PrincipalId {
    Id::new(id)
}

fn later(minutes: i64) -> Timestamp {
    now().minutes_before(-minutes)
}

fn set_up<U: UnitOfWork>(harness: &Harness<U>) {
    harness.write(|stores| {
        for account in [account(), other_account()] {
            stores.identity().add_account(&account, now())?;
            stores.users().add(account.id, &service_user())?;
            for number in [100, 101, 200] {
                stores.users().add(account.id, &user(number))?;
            }
        }
        Ok(())
    });
}

fn service(of: AccountId, name: &str, id: i64, delegation: Delegation) -> ServiceAccount {
    let address = ServiceAddress { account: of, name: ServiceName::parse(name).expect("a name") };
    let scopes = [Scope::Courses, Scope::Rosters].into_iter().collect();
    ServiceAccount { address, principal: principal(id), scopes, delegation, created_at: now() }
}

fn add_service<U: UnitOfWork>(harness: &Harness<U>, service: &ServiceAccount) -> bool {
    let service = service.clone();
    harness.write(move |stores| stores.grants().add_service_account(&service))
}

fn find_service<U: UnitOfWork>(harness: &Harness<U>, of: AccountId, name: &str) -> Option<ServiceAccount> {
    let name = ServiceName::parse(name).expect("a name");
    harness.read(move |stores| stores.grants().find_service_account(of, &name))
}

fn key() -> GrantProof {
    GrantProof::Key { algorithm: SignatureAlgorithm::Es256, key: PublicKey::new([1, 2, 3]) }
}

fn refresh() -> GrantProof {
    GrantProof::Refresh { client: SecretDigest::new([1; 32]), token: SecretDigest::new([2; 32]) }
}

fn new(owner: i64, public_id: &str, proof: GrantProof) -> NewGrant {
    NewGrant {
        principal: principal(owner),
        public_id: public_id.to_owned(),
        proof,
        scopes: [Scope::Courses].into_iter().collect(),
        project: Some(Id::new(3)),
        expires_at: None,
        at: now(),
    }
}

fn add<U: UnitOfWork>(harness: &Harness<U>, of: AccountId, grant: NewGrant) -> GrantId {
    harness.write(move |stores| stores.grants().add(of, &grant)).expect("the public part is free")
}

fn find<U: UnitOfWork>(harness: &Harness<U>, of: AccountId, kind: GrantKind, public_id: &'static str) -> Option<Grant> {
    harness.read(move |stores| stores.grants().find(of, kind, public_id))
}

fn lock<U: UnitOfWork>(harness: &Harness<U>, of: AccountId, grant: GrantId) -> Option<Grant> {
    harness.write(move |stores| stores.grants().lock(of, grant))
}

/// Adds a token of that name, and returns its id.
fn add_token<U: UnitOfWork>(
    harness: &Harness<U>,
    owner: Principal,
    name: &'static str,
    end: Option<Timestamp>,
    source: TokenSource,
) -> Option<CredentialId> {
    let token = NewCredential {
        kind: CredentialKind::AccessToken,
        public_id: name.to_owned(),
        digest: SecretDigest::new([7; 32]),
        scopes: Scopes::default(),
        expires_at: end,
        project: None,
        access_key: None,
        at: now(),
    };
    harness.write(move |stores| stores.grants().add_token(account().id, owner, &token, source))
}

/// Which of the tokens are accepted.
fn accepted<U: UnitOfWork>(harness: &Harness<U>, names: &[&'static str]) -> Vec<&'static str> {
    let is_found = |name: &&'static str| {
        let name = *name;
        harness.read(move |stores| stores.identity().find_credential(CredentialKind::AccessToken, name)).is_some()
    };
    names.iter().copied().filter(is_found).collect()
}

fn service_accounts<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let people = Delegation::People(BTreeSet::from([principal(100), principal(101)]));
    let timetable = service(account().id, "timetable", 200, people);
    let reports = service(account().id, "reports", service_principal().id.get(), Delegation::Everyone);
    let mine = [timetable.clone(), reports.clone()];
    let theirs = service(other_account().id, "timetable", 200, Delegation::None);
    for added in mine.iter().chain([&theirs]) {
        assert!(add_service(harness, added));
    }
    assert!(!add_service(harness, &service(account().id, "timetable", 101, Delegation::None)), "the name is taken");
    assert_eq!(find_service(harness, account().id, "timetable"), Some(timetable));
    assert_eq!(find_service(harness, account().id, "reports"), Some(reports));
    assert_eq!(find_service(harness, other_account().id, "timetable"), Some(theirs));
    assert_eq!(find_service(harness, other_account().id, "reports"), None);
    let page = |size, after| {
        let page = PageRequest { size, after };
        harness.read(move |stores| stores.grants().list_service_accounts(account().id, page))
    };
    assert_eq!(page(100, None), mine);
    assert_eq!([page(1, None), page(1, Some(principal(200)))].concat(), mine);
}

fn not_the_service<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    harness.write(|stores| stores.users().add(account().id, &User { email: None, ..service_of(300) }).map(drop));
    assert!(add_service(harness, &service(account().id, "timetable", 300, Delegation::None)));
    let found = harness.read(|stores| stores.users().find_service(account().id));
    assert_eq!(found.map(|user| user.id), Some(service_principal().id));
}

fn service_of(id: i64) -> User {
    User { kind: PrincipalKind::Service, ..user(id) }
}

fn found<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let id = add(harness, account().id, new(200, "0a", key()));
    add(harness, account().id, new(100, "0a", refresh()));
    let taken = harness.write(|stores| stores.grants().add(account().id, &new(100, "0a", key())));
    assert_eq!(taken, None);
    let theirs = add(harness, other_account().id, new(100, "0a", key()));
    let grant = find(harness, account().id, GrantKind::Key, "0a").expect("a key");
    assert_eq!((grant.id, grant.principal, grant.project, grant.created_at), (id, principal(200), Some(Id::new(3)), now()));
    assert_eq!((grant.scopes, grant.expires_at, grant.revoked_at), ([Scope::Courses].into_iter().collect(), None, None));
    assert!(matches!(&grant.proof, GrantProof::Key { algorithm: SignatureAlgorithm::Es256, key } if key.der() == [1, 2, 3]));
    let grant = find(harness, account().id, GrantKind::Refresh, "0a").expect("a refresh token");
    let GrantProof::Refresh { client, token } = grant.proof else { panic!("{grant:?}") };
    assert_eq!((client.bytes(), token.bytes()), (&[1; 32], &[2; 32]));
    assert!(find(harness, other_account().id, GrantKind::Refresh, "0a").is_none());
    assert_eq!(lock(harness, account().id, id).map(|grant| grant.id), Some(id));
    assert!(lock(harness, account().id, theirs).is_none(), "it belongs to another account");
}

fn ended<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let live = add(harness, account().id, NewGrant { expires_at: Some(later(1)), ..new(200, "01", key()) });
    let expired = add(harness, account().id, NewGrant { expires_at: Some(now()), ..new(200, "02", key()) });
    let revoked = add(harness, account().id, new(200, "03", key()));
    let other_kind = add(harness, account().id, new(200, "04", refresh()));
    let other_owner = add(harness, account().id, new(100, "05", key()));
    let revoke = |of: AccountId, at| harness.write(move |stores| stores.grants().revoke(of, revoked, at));
    assert!(!revoke(other_account().id, now()), "it belongs to another account");
    assert_eq!([revoke(account().id, later(1)), revoke(account().id, later(2))], [true, false]);
    assert_eq!(find(harness, account().id, GrantKind::Key, "03").and_then(|grant| grant.revoked_at), Some(later(1)));
    let valid = harness.read(|stores| stores.grants().valid_of(account().id, principal(200), GrantKind::Key, now()));
    assert_eq!(valid.iter().map(|grant| grant.id).collect::<Vec<_>>(), [live]);
    let list = |of, size, after| {
        let page = PageRequest { size, after };
        let grants = harness.read(move |stores| stores.grants().list(account().id, of, page));
        grants.iter().map(|grant| grant.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 100, None), [live, expired, revoked, other_kind, other_owner]);
    assert_eq!(list(Some(principal(200)), 2, Some(expired)), [revoked, other_kind]);
    for number in 10..24 {
        let name = format!("{number}");
        harness.write(move |stores| stores.grants().add(account().id, &new(101, &name, key())).map(drop));
    }
    let many = harness.read(|stores| stores.grants().valid_of(account().id, principal(101), GrantKind::Key, now()));
    assert_eq!(u32::try_from(many.len()).ok(), Some(Grant::MOST));
}

fn touched<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let id = add(harness, account().id, new(200, "0a", key()));
    let day = |day| CalendarDate::new(2026, 11, day).expect("a day");
    let last = || lock(harness, account().id, id).and_then(|grant| grant.last_used_on);
    harness.write(move |stores| stores.grants().touch(other_account().id, id, day(29)));
    assert_eq!(last(), None, "it belongs to another account");
    for (used, recorded) in [(28, 28), (29, 29), (27, 29)] {
        harness.write(move |stores| stores.grants().touch(account().id, id, day(used)));
        assert_eq!(last(), Some(day(recorded)));
    }
}

fn revoked<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let (mine, other) = (add(harness, account().id, new(200, "0a", key())), add(harness, account().id, new(200, "0b", key())));
    let person = user(100).principal();
    let first = add_token(harness, person, "first", None, TokenSource::Grant(mine)).expect("a token");
    assert_eq!(add_token(harness, person, "first", None, TokenSource::Grant(mine)), None, "the text is stored already");
    let second = add_token(harness, person, "second", None, TokenSource::Token(first)).expect("a token");
    add_token(harness, person, "third", None, TokenSource::Token(second));
    add_token(harness, person, "of another", None, TokenSource::Grant(other));
    add_token(harness, person, "of the program", None, TokenSource::Program);
    let all = ["first", "second", "third", "of another", "of the program"];
    assert_eq!(accepted(harness, &all), all);
    assert!(harness.write(move |stores| stores.grants().revoke(account().id, mine, now())));
    assert_eq!(accepted(harness, &all), ["of another", "of the program"]);
}

fn exchanged<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let person = user(100).principal();
    let first = add_token(harness, person, "first", None, TokenSource::Program).expect("a token");
    let second = add_token(harness, person, "second", Some(later(60)), TokenSource::Token(first)).expect("a token");
    add_token(harness, person, "third", Some(later(60)), TokenSource::Token(second));
    add_token(harness, person, "other", None, TokenSource::Program);
    assert!(harness.write(move |stores| stores.identity().end_credential(account().id, first, later(1))));
    for name in ["first", "second", "third"] {
        let found = harness.read(move |stores| stores.identity().find_credential(CredentialKind::AccessToken, name));
        assert_eq!(found.map(|owner| owner.credential.expires_at), Some(Some(later(1))), "{name}");
    }
    assert!(harness.write(move |stores| stores.identity().revoke_credential(account().id, first, now())));
    assert_eq!(accepted(harness, &["first", "second", "third", "other"]), ["other"]);
    assert!(!harness.write(move |stores| stores.identity().revoke_credential(account().id, first, now())));
}

fn exchanged_again<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let person = user(100).principal();
    let grant = add(harness, account().id, new(100, "0a", refresh()));
    let exchange = |name, from| add_token(harness, person, name, Some(later(60)), TokenSource::Token(from)).expect("a token");
    for (first, source, names) in
        [("granted", TokenSource::Grant(grant), ["a", "b", "c", "d", "e"]), ("issued", TokenSource::Program, ["f", "g", "h", "i", "j"])]
    {
        let root = add_token(harness, person, first, Some(later(60)), source).expect("a token");
        // The root was exchanged for one and four, one for two and five, and two for three.
        let one = exchange(names[0], root);
        let two = exchange(names[1], one);
        exchange(names[2], two);
        exchange(names[3], root);
        exchange(names[4], one);
        let end = |token, at| harness.write(move |stores| stores.identity().end_credential(account().id, token, at));
        assert!(end(two, later(1)) && !end(two, later(1)));
        let expiry = |name: &'static str| {
            let found = harness.read(move |stores| stores.identity().find_credential(CredentialKind::AccessToken, name));
            found.and_then(|owner| owner.credential.expires_at)
        };
        let ends = [1, 2, 3, 4, 0].map(|place| names.get(place).copied().and_then(expiry));
        assert_eq!(ends, [Some(later(1)), Some(later(1)), Some(later(60)), Some(later(60)), Some(later(60))]);
        assert!(!harness.write(move |stores| stores.identity().revoke_credential(other_account().id, one, now())));
        assert!(harness.write(move |stores| stores.identity().revoke_credential(account().id, one, now())));
        assert_eq!(accepted(harness, &[first, names[0], names[1], names[2], names[3], names[4]]), [first, names[3]]);
        assert!(harness.write(move |stores| stores.identity().revoke_credential(account().id, root, now())));
        assert_eq!(accepted(harness, &[first, names[3]]), [""; 0]);
    }
}

fn held<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let person = user(100).principal();
    let grant = add(harness, account().id, new(200, "0a", key()));
    let delegated = add_token(harness, person, "delegated", None, TokenSource::Grant(grant)).expect("a token");
    let exchanged = add_token(harness, person, "exchanged", None, TokenSource::Token(delegated)).expect("a token");
    let own = add_token(harness, person, "own", None, TokenSource::Program).expect("a token");
    let hold = |of: AccountId, token| harness.write(move |stores| stores.grants().hold_token(of, token));
    let got_by = |token| hold(account().id, token).map(|held| (held.token.id, held.requester));
    assert_eq!(got_by(delegated), Some((delegated, principal(200))));
    assert_eq!(got_by(exchanged), Some((exchanged, principal(200))));
    assert_eq!(got_by(own), Some((own, person.id)));
    assert!(hold(other_account().id, own).is_none(), "it belongs to another account");
    harness.write(move |stores| stores.identity().revoke_credential(account().id, own, now()));
    assert!(hold(account().id, own).is_some_and(|held| held.token.revoked_at.is_some()));
    harness.write(move |stores| stores.grants().revoke(account().id, grant, now()));
    assert!(hold(account().id, delegated).is_none() && hold(account().id, exchanged).is_none());
}

fn roots<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let person = user(100).principal();
    let grant = add(harness, account().id, new(100, "0a", refresh()));
    let granted = add_token(harness, person, "granted", None, TokenSource::Grant(grant)).expect("a token");
    let of_grant = add_token(harness, person, "of grant", None, TokenSource::Token(granted)).expect("a token");
    let first = add_token(harness, person, "first", None, TokenSource::Program).expect("a token");
    let second = add_token(harness, person, "second", None, TokenSource::Token(first)).expect("a token");
    let third = add_token(harness, person, "third", None, TokenSource::Token(second)).expect("a token");
    let (of, token) = (CredentialRoot::Grant(grant), CredentialRoot::Credential(first));
    for (name, id, root, issued_for) in [
        ("granted", granted, of, Some(of)),
        ("of grant", of_grant, of, Some(of)),
        ("first", first, token, None),
        ("second", second, token, Some(token)),
        ("third", third, token, Some(token)),
    ] {
        let found = harness.read(move |stores| stores.identity().find_credential(CredentialKind::AccessToken, name));
        assert_eq!(found.map(|owner| owner.root), Some(root), "{name}");
        let stored = harness.write(move |stores| stores.identity().lock_credential(account().id, id));
        assert_eq!(stored.map(|stored| stored.issued_for), Some(issued_for), "{name}");
    }
}

fn revoked_together<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    for (round, owner) in [100, 200].into_iter().enumerate() {
        let mine = add(harness, account().id, new(owner, &format!("0{round}"), key()));
        let [own, delegated] = if owner == 100 { ["own", "delegated"] } else { ["own too", "delegated too"] };
        add_token(harness, user(owner).principal(), own, None, TokenSource::Grant(mine));
        add_token(harness, user(101).principal(), delegated, None, TokenSource::Grant(mine));
    }
    add_token(harness, user(101).principal(), "other", None, TokenSource::Program);
    harness.write(|stores| stores.identity().revoke_credentials_of(account().id, principal(100), now()));
    let all = ["own", "delegated", "own too", "delegated too", "other"];
    assert_eq!(accepted(harness, &all), ["own too", "delegated too", "other"]);
    harness.write(|stores| stores.identity().revoke_tokens_of(account().id, principal(200), now()));
    assert_eq!(accepted(harness, &all), ["other"]);
    let grants = harness.read(|stores| stores.grants().list(account().id, None, PageRequest { size: 100, after: None }));
    assert!(grants.len() == 2 && grants.iter().all(|grant| grant.revoked_at == Some(now())), "{grants:?}");
}

fn erased<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let people = Delegation::People(BTreeSet::from([principal(100), principal(101)]));
    assert!(add_service(harness, &service(account().id, "timetable", 200, people)));
    for (owner, name) in [(100, "0a"), (101, "0b")] {
        add(harness, account().id, new(owner, name, refresh()));
    }
    let erase = || harness.write(|stores| stores.identity().erase_credentials(account().id, principal(100), BatchSize::DEFAULT));
    assert_eq!([erase(), erase()], [RowCount::new(2), RowCount::ZERO]);
    assert!(find(harness, account().id, GrantKind::Refresh, "0a").is_none());
    assert!(find(harness, account().id, GrantKind::Refresh, "0b").is_some());
    let left = find_service(harness, account().id, "timetable").map(|service| service.delegation);
    assert_eq!(left, Some(Delegation::People(BTreeSet::from([principal(101)]))));
}

fn pruned<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let person = user(100).principal();
    let ends = [("long ago", Some(now())), ("long ago too", Some(now())), ("at the limit", Some(later(1))), ("never", None)];
    for (name, end) in ends {
        add_token(harness, person, name, end, TokenSource::Program);
    }
    let kept = NewCredential {
        kind: CredentialKind::AccessKey,
        public_id: "a key".to_owned(),
        digest: SecretDigest::new([7; 32]),
        scopes: Scopes::default(),
        expires_at: Some(now()),
        project: None,
        access_key: None,
        at: now(),
    };
    harness.write(move |stores| stores.identity().add_credential(account().id, service_principal(), &kept).map(drop));
    let prune = |of: AccountId, limit| harness.write(move |stores| stores.identity().prune_tokens(of, later(1), limit)).get();
    assert_eq!([prune(other_account().id, 10), prune(account().id, 1), prune(account().id, 10), prune(account().id, 10)], [0, 1, 1, 0]);
    assert_eq!(accepted(harness, &["long ago", "long ago too", "at the limit", "never"]), ["at the limit", "never"]);
    assert!(harness.read(|stores| stores.identity().find_credential(CredentialKind::AccessKey, "a key")).is_some());
}
