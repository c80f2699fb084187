use derslik_domain::identity::{CredentialRoot, Principal, Scope};
use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
use derslik_ports::outbound::MockPasswords;
use derslik_testkit::builders::{account, now, service_principal, service_user, user};
use mockall::Sequence;
use mockall::predicate::eq;

use super::*;
use crate::operators::testing::{expect_records, operators, operators_with};

const OLD: CredentialId = Id::new(5);
const NEW: CredentialId = Id::new(6);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The credential 5 of the service principal, which was created an hour ago.
fn stored(kind: CredentialKind) -> StoredCredential {
    StoredCredential {
        id: OLD,
        kind,
        public_id: "demo-access".to_owned(),
        principal: service_principal().id,
        scopes: [Scope::Sessions, Scope::Courses].into_iter().collect(),
        project: Some(Id::new(3)),
        created_at: now().minutes_before(60),
        expires_at: None,
        revoked_at: None,
        last_used_on: None,
        access_key: None,
        issued_for: None,
    }
}

/// Stores in which the credential is found by its id and then locked.
fn holding(found: Option<StoredCredential>) -> MockStores {
    let mut stores = MockStores::default();
    let locked = found.clone();
    stores.identity.expect_list_credentials().returning(move |of, filter, at, page| {
        assert_eq!((of, filter.ended, at), (account().id, true, now()));
        assert_eq!(page, PageRequest { size: 1, after: Some(Id::new(4)) });
        Ok(found.clone().into_iter().collect())
    });
    stores.identity.expect_lock_credential().with(eq(account().id), eq(OLD)).returning(move |_, _| Ok(locked.clone()));
    stores.users.expect_find().returning(|_, key| {
        assert_eq!(*key, UserKey::Id(service_principal().id));
        Ok(Some(service_user()))
    });
    stores
}

fn expect_add(stores: &mut MockStores, is_right: impl Fn(Principal, &NewCredential) + Send + 'static) {
    stores.identity.expect_add_credential().once().returning(move |of, owner, new| {
        assert_eq!((of, new.at), (account().id, now()));
        is_right(owner, new);
        Ok(Some(NEW))
    });
}

#[tokio::test]
async fn credentials_are_listed_as_of_now() {
    let filter = CredentialFilter { kind: Some(CredentialKind::AccountKey), ..CredentialFilter::default() };
    let page = PageRequest { size: 2, after: Some(Id::new(4)) };
    let mut stores = MockStores::default();
    let list = stores.identity.expect_list_credentials().with(eq(account().id), eq(filter), eq(now()), eq(page));
    list.once().returning(|_, _, _, _| Ok(vec![stored(CredentialKind::AccountKey)]));
    assert_eq!(
        CredentialAdministration::list(&operators(stores), account().id, filter, page).await.unwrap(),
        [stored(CredentialKind::AccountKey)]
    );
}

#[tokio::test]
async fn a_new_key_belongs_to_the_service_and_has_the_scopes_of_its_kind() {
    let end = now().plus(30 * DAY);
    for (kind, prefix, days) in [(CredentialKind::AccessKey, "derslik_ak_", None), (CredentialKind::AccountKey, "derslik_ok_", Some(30))] {
        let mut stores = MockStores::default();
        stores.users.expect_find_service().once().with(eq(account().id)).returning(|_| Ok(Some(service_user())));
        expect_add(&mut stores, move |owner, new| {
            assert_eq!((owner, new.kind, new.scopes), (service_principal(), kind, kind.scopes()));
            assert_eq!((new.expires_at, new.project, new.access_key), (days.map(|_| end), None, None));
        });
        expect_records(&mut stores, account().id, &[(Change::Created, Object::Credential(NEW))]);
        let created = CredentialAdministration::create(&operators(stores), account().id, NewKey { kind, days }).await.unwrap();
        assert_eq!((created.id, created.expires_at), (NEW, days.map(|_| end)));
        let text = match &created.secret {
            CreatedSecret::KeyPair(keys) => &keys.access_key,
            CreatedSecret::Opaque(_, text) => text,
        };
        assert!(text.starts_with(prefix), "{text}");
        let printed = format!("{created:?}");
        assert!(!printed.contains("derslik_ok_") && !printed.contains("derslik_sk_"), "{printed}");
    }
}

#[tokio::test]
async fn no_token_is_created_as_a_key_and_no_key_without_a_service() {
    let create = |stores, kind| async move {
        let uow = FakeUnitOfWork::new(stores);
        let operators = operators_with(uow.clone(), MockPasswords::new());
        let refused = CredentialAdministration::create(&operators, account().id, NewKey { kind, days: None }).await.unwrap_err();
        assert_eq!(uow.commits(), 0);
        refused
    };
    assert!(matches!(create(MockStores::default(), CredentialKind::AccessToken).await, KeyError::TokensAreIssued));
    let mut missing = MockStores::default();
    missing.users.expect_find_service().once().returning(|_| Ok(None));
    assert!(matches!(create(missing, CredentialKind::AccessKey).await, KeyError::NoService));
    let mut gone = MockStores::without_principals();
    gone.users.expect_find_service().once().returning(|_| Ok(Some(service_user())));
    gone.identity.expect_hold_principal().once().returning(|_, _| Ok(false));
    assert!(matches!(create(gone, CredentialKind::AccessKey).await, KeyError::NoService));
}

#[tokio::test]
async fn a_rotated_credential_is_replaced_by_one_of_the_same_rights() {
    for kind in CredentialKind::ALL {
        let mut stores = holding(Some(stored(kind)));
        expect_add(&mut stores, move |owner, new| {
            let old = stored(kind);
            assert_eq!((owner, new.kind, new.scopes, new.project), (service_principal(), kind, old.scopes, old.project));
            assert_eq!((new.expires_at, new.access_key), (None, None));
        });
        if kind == CredentialKind::AccessKey {
            // The tokens that log-ins with the old key got do not outlive it.
            let tokens = stores.identity.expect_end_tokens_of_key().once();
            let of_old = tokens.with(eq(account().id), eq(service_principal().id), eq(OLD), eq(now().plus(DAY)));
            of_old.returning(|_, _, _, _| Ok(()));
        }
        stores.identity.expect_end_credential().once().with(eq(account().id), eq(OLD), eq(now().plus(DAY))).returning(|_, _, _| Ok(true));
        expect_records(
            &mut stores,
            account().id,
            &[(Change::Rotated, Object::Credential(OLD)), (Change::Created, Object::Credential(NEW))],
        );
        let created = operators(stores).rotate(account().id, OLD, DAY, None).await.unwrap();
        assert_eq!((created.id, created.expires_at), (NEW, None));
        let is_of_kind = match &created.secret {
            CreatedSecret::KeyPair(_) => kind == CredentialKind::AccessKey,
            CreatedSecret::Opaque(of, _) => *of == kind,
        };
        assert!(is_of_kind, "{created:?}");
    }
}

#[tokio::test]
async fn a_rotated_token_still_ends_with_the_access_key_that_got_it() {
    let key = Some(CredentialId::new(4));
    let mut stores = holding(Some(StoredCredential { access_key: key, ..stored(CredentialKind::AccessToken) }));
    expect_add(&mut stores, move |_, new| assert_eq!(new.access_key, key));
    stores.identity.expect_end_credential().once().returning(|_, _, _| Ok(true));
    stores.audit.expect_add().times(2).returning(|_, _| Ok(()));
    operators(stores).rotate(account().id, OLD, DAY, None).await.unwrap();
}

#[tokio::test]
async fn the_new_credential_has_the_same_lifetime_and_the_overlap_is_bounded() {
    // Of two hours, one is over.
    let old = StoredCredential { expires_at: Some(now().minutes_before(-60)), ..stored(CredentialKind::AccessToken) };
    let end = now().minutes_before(-120);
    let mut stores = holding(Some(old));
    expect_add(&mut stores, move |_, new| assert_eq!(new.expires_at, Some(end)));
    let longest = eq(now().plus(366 * DAY));
    stores.identity.expect_end_credential().once().with(eq(account().id), eq(OLD), longest).returning(|_, _, _| Ok(false));
    stores.audit.expect_add().times(2).returning(|_, _| Ok(()));
    assert_eq!(operators(stores).rotate(account().id, OLD, Duration::MAX, None).await.unwrap().expires_at, Some(end));
}

/// A replacement would name neither, so it would outlive both.
#[tokio::test]
async fn a_token_of_a_grant_or_of_an_exchange_is_not_rotated() {
    for root in [CredentialRoot::Grant(Id::new(3)), CredentialRoot::Credential(Id::new(4))] {
        let issued = StoredCredential { issued_for: Some(root), ..stored(CredentialKind::AccessToken) };
        let uow = FakeUnitOfWork::new(holding(Some(issued)));
        let refused = operators_with(uow.clone(), MockPasswords::new()).rotate(account().id, OLD, DAY, Some(TokenLifetime::Never)).await;
        assert!(matches!(refused, Err(KeyError::Issued)), "{root:?}: {refused:?}");
        assert_eq!(uow.commits(), 0);
    }
}

/// An earlier rotation may have shortened the life of the old one.
#[tokio::test]
async fn the_new_credential_has_the_lifetime_that_was_asked_for() {
    for (lifetime, end) in [(TokenLifetime::Never, None), (TokenLifetime::Days(30), Some(now().plus(30 * DAY)))] {
        let old = StoredCredential { expires_at: Some(now().minutes_before(-60)), ..stored(CredentialKind::AccountKey) };
        let mut stores = holding(Some(old));
        expect_add(&mut stores, move |_, new| assert_eq!(new.expires_at, end));
        stores.identity.expect_end_credential().once().returning(|_, _, _| Ok(false));
        stores.audit.expect_add().times(2).returning(|_, _| Ok(()));
        assert_eq!(operators(stores).rotate(account().id, OLD, DAY, Some(lifetime)).await.unwrap().expires_at, end);
    }
}

#[tokio::test]
async fn the_owner_is_locked_before_the_credential() {
    let (mut stores, mut order) = (MockStores::without_principals(), Sequence::new());
    stores.identity.expect_list_credentials().once().returning(|_, _, _, _| Ok(vec![stored(CredentialKind::AccessKey)]));
    stores.identity.expect_hold_principal().once().in_sequence(&mut order).returning(|_, _| Ok(false));
    let lock = stores.identity.expect_lock_credential().once().in_sequence(&mut order);
    lock.returning(|_, _| Ok(Some(stored(CredentialKind::AccessKey))));
    let refused = operators(stores).rotate(account().id, OLD, DAY, None).await;
    assert!(matches!(refused, Err(KeyError::Ended)), "its owner may not act: {refused:?}");
}

#[tokio::test]
async fn a_credential_that_has_ended_or_does_not_exist_is_not_rotated() {
    let revoked = StoredCredential { revoked_at: Some(now()), ..stored(CredentialKind::AccessKey) };
    let expired = StoredCredential { expires_at: Some(now()), ..stored(CredentialKind::AccessKey) };
    for ended in [revoked, expired] {
        let refused = operators(holding(Some(ended))).rotate(account().id, OLD, DAY, None).await;
        assert!(matches!(refused, Err(KeyError::Ended)), "{refused:?}");
    }
    let missing = operators(holding(None)).rotate(account().id, OLD, DAY, None).await;
    assert!(matches!(missing, Err(KeyError::NotFound)), "{missing:?}");
    // The list begins with the next credential.
    let next = StoredCredential { id: NEW, ..stored(CredentialKind::AccessKey) };
    let missing = operators(holding(Some(next))).rotate(account().id, OLD, DAY, None).await;
    assert!(matches!(missing, Err(KeyError::NotFound)), "{missing:?}");
}

fn revoking(found: StoredCredential) -> MockStores {
    let mut stores = holding(Some(found));
    let revoke = stores.identity.expect_revoke_credential().once().with(eq(account().id), eq(OLD), eq(now()));
    revoke.returning(|_, _, _| Ok(true));
    expect_records(&mut stores, account().id, &[(Change::Revoked, Object::Credential(OLD))]);
    stores
}

#[tokio::test]
async fn with_an_access_key_go_the_tokens_that_it_got() {
    let mut stores = revoking(stored(CredentialKind::AccessKey));
    stores.identity.expect_revoke_tokens_of_key().once().returning(|of, owner, access_key, at| {
        assert_eq!((of, owner, access_key, at), (account().id, service_principal().id, OLD, now()));
        Ok(())
    });
    operators(stores).revoke(account().id, OLD).await.unwrap();
}

#[tokio::test]
async fn no_other_credential_takes_tokens_with_it() {
    // No call that revokes tokens is expected.
    for kind in [CredentialKind::AccountKey, CredentialKind::AccessToken] {
        operators(revoking(stored(kind))).revoke(account().id, OLD).await.unwrap();
    }
    let mut of_person = MockStores::default();
    let key = StoredCredential { principal: user(100).id, ..stored(CredentialKind::AccessKey) };
    of_person.identity.expect_lock_credential().once().returning(move |_, _| Ok(Some(key.clone())));
    of_person.identity.expect_revoke_credential().once().returning(|_, _, _| Ok(true));
    of_person.users.expect_find().once().returning(|_, _| Ok(Some(user(100))));
    expect_records(&mut of_person, account().id, &[(Change::Revoked, Object::Credential(OLD))]);
    operators(of_person).revoke(account().id, OLD).await.unwrap();
}

#[tokio::test]
async fn a_second_revocation_changes_and_records_nothing() {
    let revoked = StoredCredential { revoked_at: Some(now().minutes_before(5)), ..stored(CredentialKind::AccessKey) };
    assert!(operators(holding(Some(revoked))).revoke(account().id, OLD).await.is_ok());
    let missing = operators(holding(None)).revoke(account().id, OLD).await;
    assert!(matches!(missing, Err(KeyError::NotFound)), "{missing:?}");
}
