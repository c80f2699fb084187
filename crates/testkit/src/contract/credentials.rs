//! The life of credentials: lists, ends, the last day of use, and accounts that are disabled.

use derslik_domain::course::CalendarDate;
use derslik_domain::id::{AccountId, CredentialId, Id, PrincipalId};
use derslik_domain::identity::{
    Account, AccountState, Credential, CredentialFilter, CredentialKind, Principal, Scope, SecretDigest, StoredCredential, User, UserState,
};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{NewCredential, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, now, other_account, service_principal, service_user, user};

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "credentials_are_listed_by_page_kind_and_owner_in_their_own_account_alone", run: listed },
        Case { name: "credentials_that_have_ended_are_listed_only_when_asked_for", run: ended },
        Case { name: "an_end_is_moved_forward_and_never_back", run: moved_end },
        Case { name: "the_tokens_of_one_access_key_end_with_those_of_an_unknown_one_and_no_others", run: ended_tokens },
        Case { name: "the_tokens_of_one_access_key_are_revoked_with_those_of_an_unknown_one_and_no_others", run: revoked_tokens },
        Case { name: "the_last_day_of_use_is_raised_and_never_lowered", run: touched },
        Case { name: "no_credential_of_a_disabled_account_is_found", run: disabled },
        Case { name: "accounts_are_listed_with_their_states", run: states },
        Case { name: "people_are_paged_without_services_and_deleted_ones", run: people },
        Case { name: "the_service_of_an_account_is_the_first_that_may_act", run: service },
    ]
}

const ALL: PageRequest<CredentialId> = PageRequest { size: 100, after: None };

fn new(kind: CredentialKind, public_id: &str, expires_at: Option<Timestamp>) -> NewCredential {
    NewCredential {
        kind,
        public_id: public_id.to_owned(),
        digest: SecretDigest::new([7; 32]),
        scopes: kind.scopes(),
        expires_at,
        project: None,
        access_key: None,
        at: now(),
    }
}

fn set_up<U: UnitOfWork>(harness: &Harness<U>) {
    harness.write(|stores| {
        for account in [account(), other_account()] {
            stores.identity().add_account(&account, now())?;
            stores.users().add(account.id, &service_user())?;
            stores.users().add(account.id, &user(100))?;
        }
        Ok(())
    });
}

/// Adds a credential, and returns its id.
fn add<U: UnitOfWork>(harness: &Harness<U>, of: AccountId, owner: Principal, new: NewCredential) -> CredentialId {
    harness.write(move |stores| stores.identity().add_credential(of, owner, &new)).expect("the public part is free")
}

fn list<U: UnitOfWork>(harness: &Harness<U>, filter: CredentialFilter, page: PageRequest<CredentialId>) -> Vec<StoredCredential> {
    harness.read(move |stores| stores.identity().list_credentials(account().id, &filter, now(), page))
}

fn ids(credentials: &[StoredCredential]) -> Vec<CredentialId> {
    credentials.iter().map(|credential| credential.id).collect()
}

fn lock<U: UnitOfWork>(harness: &Harness<U>, id: CredentialId) -> Option<StoredCredential> {
    harness.write(move |stores| stores.identity().lock_credential(account().id, id))
}

fn listed<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let key = add(harness, account().id, service_principal(), new(CredentialKind::AccessKey, "one", None));
    let theirs = add(harness, other_account().id, service_principal(), new(CredentialKind::AccessKey, "two", None));
    let later = now().minutes_before(-1);
    let token = NewCredential {
        scopes: [Scope::Sessions, Scope::Courses].into_iter().collect(),
        project: Some(Id::new(3)),
        access_key: Some(key),
        ..new(CredentialKind::AccessToken, "three", Some(later))
    };
    let token = add(harness, account().id, user(100).principal(), token);
    assert!(key < token);

    let all = list(harness, CredentialFilter::default(), ALL);
    let stored = StoredCredential {
        id: token,
        kind: CredentialKind::AccessToken,
        public_id: "three".to_owned(),
        principal: user(100).id,
        scopes: [Scope::Sessions, Scope::Courses].into_iter().collect(),
        project: Some(Id::new(3)),
        created_at: now(),
        expires_at: Some(later),
        revoked_at: None,
        last_used_on: None,
        access_key: Some(key),
        issued_for: None,
    };
    assert_eq!((ids(&all), all.last()), (vec![key, token], Some(&stored)));
    assert_eq!(lock(harness, token), Some(stored));
    assert_eq!(lock(harness, theirs), None, "it belongs to another account");

    let of_kind = |kind| CredentialFilter { kind: Some(kind), ..CredentialFilter::default() };
    assert_eq!(ids(&list(harness, of_kind(CredentialKind::AccessKey), ALL)), [key]);
    assert_eq!(ids(&list(harness, of_kind(CredentialKind::AccountKey), ALL)), []);
    let of_user = CredentialFilter { principal: Some(user(100).id), ..CredentialFilter::default() };
    assert_eq!(ids(&list(harness, of_user, ALL)), [token]);
    let page = |after| ids(&list(harness, CredentialFilter::default(), PageRequest { size: 1, after }));
    assert_eq!([page(None), page(Some(key)), page(Some(token))], [vec![key], vec![token], vec![]]);
}

fn ended<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let later = now().minutes_before(-1);
    let add = |public_id: &str, end| add(harness, account().id, service_principal(), new(CredentialKind::AccountKey, public_id, end));
    let (live, expired, revoked) = (add("live", Some(later)), add("expired", Some(now())), add("revoked", None));
    harness.write(move |stores| stores.identity().revoke_credential(account().id, revoked, later));
    assert_eq!(ids(&list(harness, CredentialFilter::default(), ALL)), [live]);
    let all = list(harness, CredentialFilter { ended: true, ..CredentialFilter::default() }, ALL);
    assert_eq!(ids(&all), [live, expired, revoked]);
    assert_eq!(all.iter().map(|credential| credential.revoked_at).collect::<Vec<_>>(), [None, None, Some(later)]);
    assert_eq!(lock(harness, revoked).and_then(|credential| credential.revoked_at), Some(later));
}

fn moved_end<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let id = add(harness, account().id, service_principal(), new(CredentialKind::AccountKey, "one", None));
    let end = |of: Account, at| harness.write(move |stores| stores.identity().end_credential(of.id, id, at));
    let (soon, later) = (now().minutes_before(-1), now().minutes_before(-2));
    assert!(!end(other_account(), soon), "it belongs to another account");
    assert_eq!([end(account(), later), end(account(), later), end(account(), soon), end(account(), later)], [true, false, true, false]);
    assert_eq!(lock(harness, id).and_then(|credential| credential.expires_at), Some(soon));
}

/// A token to add: its account, its owner, the access key that got it, and when it expires.
struct Token {
    of: AccountId,
    owner: Principal,
    access_key: Option<CredentialId>,
    end: Option<Timestamp>,
}

impl Token {
    /// A token of the service that does not expire.
    fn new(access_key: Option<CredentialId>) -> Self {
        Self { of: account().id, owner: service_principal(), access_key, end: None }
    }
}

/// Adds two access keys of the service, `key` and `other`, and tokens whose public ids are their places in the list. Returns the ids
/// of the first key and of the tokens.
fn add_tokens<U: UnitOfWork, const N: usize>(
    harness: &Harness<U>,
    tokens: impl FnOnce(CredentialId, CredentialId) -> [Token; N],
) -> (CredentialId, [CredentialId; N]) {
    let [key, other] = ["key", "other"].map(|public_id| {
        let access_key = new(CredentialKind::AccessKey, public_id, None);
        add(harness, account().id, service_principal(), access_key)
    });
    let mut number = 0;
    let ids = tokens(key, other).map(|Token { of, owner, access_key, end }| {
        let token = NewCredential { access_key, ..new(CredentialKind::AccessToken, &number.to_string(), end) };
        number += 1;
        add(harness, of, owner, token)
    });
    (key, ids)
}

/// A credential that is not revoked.
fn find<U: UnitOfWork>(harness: &Harness<U>, kind: CredentialKind, public_id: &str) -> Option<Credential> {
    let public_id = public_id.to_owned();
    harness.read(move |stores| stores.identity().find_credential(kind, &public_id)).map(|owner| owner.credential)
}

fn ended_tokens<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let (soon, later) = (now().minutes_before(-1), now().minutes_before(-2));
    let (key, _) = add_tokens(harness, |key, other| {
        [
            Token { end: Some(later), ..Token::new(Some(key)) },
            Token::new(Some(key)),
            Token { end: Some(now()), ..Token::new(Some(key)) },
            // Its access key is unknown.
            Token::new(None),
            Token { end: Some(later), ..Token::new(Some(other)) },
            Token { owner: user(100).principal(), ..Token::new(None) },
            Token { of: other_account().id, ..Token::new(Some(key)) },
        ]
    });
    harness.write(move |stores| stores.identity().end_tokens_of_key(account().id, service_principal().id, key, soon));
    let ends = [Some(soon), Some(soon), Some(now()), Some(soon), Some(later), None, None];
    for (number, end) in ends.into_iter().enumerate() {
        let found = find(harness, CredentialKind::AccessToken, &number.to_string());
        assert_eq!(found.map(|token| token.expires_at), Some(end), "{number}");
    }
    for public_id in ["key", "other"] {
        let found = find(harness, CredentialKind::AccessKey, public_id);
        assert_eq!(found.map(|key| key.expires_at), Some(None), "{public_id}");
    }
}

fn revoked_tokens<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let (key, ids) = add_tokens(harness, |key, other| {
        [
            Token::new(Some(key)),
            // Its access key is unknown.
            Token::new(None),
            Token::new(Some(other)),
            Token { owner: user(100).principal(), ..Token::new(None) },
            Token { of: other_account().id, ..Token::new(Some(key)) },
        ]
    });
    for at in [now(), now().minutes_before(-1)] {
        harness.write(move |stores| stores.identity().revoke_tokens_of_key(account().id, service_principal().id, key, at));
    }
    let valid = (0..ids.len()).filter(|number| find(harness, CredentialKind::AccessToken, &number.to_string()).is_some());
    assert_eq!(valid.collect::<Vec<_>>(), [2, 3, 4]);
    for public_id in ["key", "other"] {
        assert!(find(harness, CredentialKind::AccessKey, public_id).is_some(), "{public_id}");
    }
    let revoked_at = lock(harness, ids[0]).and_then(|token| token.revoked_at);
    assert_eq!(revoked_at, Some(now()), "it is revoked once");
}

fn touched<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let id = add(harness, account().id, service_principal(), new(CredentialKind::AccessKey, "one", None));
    let day = |day| CalendarDate::new(2026, 11, day).expect("a day");
    let touch = |of: Account, day| {
        let touched =
            harness.unit_of_work().write_single_statement(of.id, move |stores| stores.identity().touch_credential(of.id, id, day));
        harness.runtime().block_on(touched).expect("it is one statement");
    };
    let last = || {
        let found = harness.read(|stores| stores.identity().find_credential(CredentialKind::AccessKey, "one"));
        found.and_then(|owner| owner.last_used_on)
    };
    touch(other_account(), day(29));
    assert_eq!(last(), None, "it belongs to another account");
    for (used, recorded) in [(28, 28), (29, 29), (27, 29), (29, 29), (30, 30)] {
        touch(account(), day(used));
        assert_eq!(last(), Some(day(recorded)));
    }
    assert_eq!(lock(harness, id).and_then(|credential| credential.last_used_on), Some(day(30)));
}

fn disabled<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    for (of, public_id) in [(account(), "one"), (other_account(), "two")] {
        add(harness, of.id, service_principal(), new(CredentialKind::AccessKey, public_id, None));
    }
    let is_found = |public_id: &'static str| {
        harness.read(move |stores| stores.identity().find_credential(CredentialKind::AccessKey, public_id)).is_some()
    };
    let disable = |at| harness.write(move |stores| stores.identity().set_account_disabled(account().id, at));
    let disabled_at = || harness.read(|stores| stores.identity().account_state(account().id)).and_then(|state| state.disabled_at);
    let later = now().minutes_before(-1);
    assert!(disable(Some(now())) && !disable(Some(later)), "it is disabled once");
    assert_eq!((disabled_at(), is_found("one"), is_found("two")), (Some(now()), false, true));
    assert!(disable(None) && !disable(None));
    assert_eq!((disabled_at(), is_found("one")), (None, true));
    let unknown = harness.write(|stores| stores.identity().set_account_disabled(Id::new(7), Some(now())));
    assert!(!unknown);
}

fn states<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let later = now().minutes_before(-1);
    harness.write(move |stores| stores.identity().set_account_disabled(other_account().id, Some(later)));
    let state = |account, disabled_at| AccountState { account, created_at: now(), disabled_at };
    let all = [state(account(), None), state(other_account(), Some(later))];
    let page = |size, after| harness.read(move |stores| stores.identity().account_states(PageRequest { size, after }));
    assert_eq!(page(100, None), all);
    assert_eq!([page(1, None), page(1, Some(account().id))].concat(), all);
    assert_eq!(harness.read(|stores| stores.identity().account_state(Id::new(7))), None);
}

fn people<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    harness.write(|stores| {
        stores.users().add(account().id, &user(101).deleted(now()))?;
        stores.users().add(account().id, &User { status: UserState::Passive, ..user(102) })
    });
    let page = |size, after: Option<i64>| {
        let page = PageRequest { size, after: after.map(PrincipalId::new) };
        let people = harness.read(move |stores| stores.users().page_of_people(account().id, page));
        people.iter().map(|user| user.id.get()).collect::<Vec<_>>()
    };
    assert_eq!([page(100, None), page(1, None), page(1, Some(100)), page(1, Some(102))], [vec![100, 102], vec![100], vec![102], vec![]]);
}

fn service<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let find = |of: Account| harness.read(move |stores| stores.users().find_service(of.id)).map(|user| user.id);
    assert_eq!(find(account()), Some(service_principal().id));
    harness.write(|stores| stores.users().update(account().id, &User { status: UserState::Passive, ..service_user() }));
    assert_eq!((find(account()), find(other_account())), (None, Some(service_principal().id)));
}
