//! Service accounts and grants over mocks: what is stored and recorded, and what is refused before.

use derslik_domain::audit::AuditEvent;
use derslik_domain::id::Id;
use derslik_domain::identity::{PublicKey, Role, Scope, Scopes, TokenLifetime};
use derslik_domain::job::{Platform, Project, ProjectKey, ProjectName};
use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
use derslik_ports::outbound::MockSignatures;
use derslik_testkit::builders::{account, guid, now, user};

use super::*;
use crate::operators::testing::expect_records;

fn use_cases(uow: FakeUnitOfWork) -> GrantUseCases<FakeUnitOfWork> {
    let mut signatures = MockSignatures::new();
    signatures
        .expect_new_key()
        .returning(|algorithm| Ok(SigningKey { private_pem: format!("private {}", algorithm.name()), public: PublicKey::new([1, 2]) }));
    GrantUseCases::new(uow, Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(9))), Arc::new(signatures))
}

fn over(stores: MockStores) -> GrantUseCases<FakeUnitOfWork> {
    use_cases(FakeUnitOfWork::new(stores))
}

fn scopes(of: &[Scope]) -> Scopes {
    of.iter().copied().collect()
}

fn name() -> ServiceName {
    ServiceName::parse("timetable").unwrap()
}

fn service() -> ServiceAccount {
    let address = ServiceAddress { account: account().id, name: name() };
    ServiceAccount { address, principal: Id::new(200), scopes: scopes(&[Scope::Courses]), delegation: Delegation::None, created_at: now() }
}

/// The principal of the service account in that state.
fn principal(status: UserState) -> User {
    User { kind: PrincipalKind::Service, status, ..user(200) }
}

fn new(delegation: NewDelegation) -> NewServiceAccount {
    NewServiceAccount { name: name(), role: Role::Member, scopes: scopes(&[Scope::Courses]), delegation }
}

fn ayse() -> UserKey {
    UserKey::Email(Email::parse("ayse@demo.example").unwrap())
}

fn terms(of: &[Scope]) -> GrantTerms {
    GrantTerms { scopes: scopes(of), project: None, lifetime: TokenLifetime::Days(1) }
}

/// Stores with a project, and with the service account unless it is missing.
fn stores(found: Option<ServiceAccount>) -> MockStores {
    let mut stores = MockStores::default();
    stores.grants.expect_find_service_account().returning(move |_, _| Ok(found.clone()));
    stores.projects.expect_list().returning(|_, _| {
        let (key, name) = (ProjectKey::from_random(1), ProjectName::new("Demo").unwrap());
        Ok(vec![Project { id: Id::new(3), key, name, platform: Platform::Web, created_at: now() }])
    });
    stores
}

#[tokio::test]
async fn a_service_account_is_a_principal_of_its_own_with_its_address() {
    let mut stores = stores(None);
    stores.users.expect_next_id().once().returning(|_| Ok(Id::new(200)));
    stores.users.expect_find().once().returning(|_, _| Ok(Some(user(102))));
    stores.users.expect_lock().once().returning(|_, id| Ok(Some(user(id.get()))));
    stores.users.expect_add().once().returning(|_, user| {
        let email = user.email.as_ref().map(Email::as_str);
        assert_eq!((user.kind, user.role, email), (PrincipalKind::Service, Role::Member, Some("timetable@1329.iam.derslik.internal")));
        assert!(!user.profile.login_allowed);
        Ok(true)
    });
    stores.grants.expect_add_service_account().once().returning(|added| {
        let people = Delegation::People(BTreeSet::from([Id::new(102)]));
        assert_eq!(*added, ServiceAccount { delegation: people, ..service() });
        Ok(true)
    });
    expect_records(&mut stores, account().id, &[(Change::Created, Object::Principal(Id::new(200)))]);
    let created = over(stores).create_service_account(account().id, new(NewDelegation::People(vec![ayse()]))).await.unwrap();
    assert_eq!(created.principal, Id::new(200));
}

#[tokio::test]
async fn a_taken_name_or_an_unknown_person_makes_no_service_account() {
    let taken = over(stores(Some(service()))).create_service_account(account().id, new(NewDelegation::Everyone)).await;
    assert!(matches!(taken, Err(CreateServiceAccountError::NameTaken)), "{taken:?}");
    let mut missing = stores(None);
    missing.users.expect_find().once().returning(|_, _| Ok(None));
    let uow = FakeUnitOfWork::new(missing);
    let unknown = use_cases(uow.clone()).create_service_account(account().id, new(NewDelegation::People(vec![ayse()]))).await;
    assert!(matches!(unknown, Err(CreateServiceAccountError::UnknownUser)), "{unknown:?}");
    assert_eq!(uow.commits(), 0);
}

#[tokio::test]
async fn only_the_public_half_of_a_key_is_stored() {
    let mut stores = stores(Some(service()));
    stores.users.expect_lock().once().returning(|_, _| Ok(Some(principal(UserState::Active))));
    stores.grants.expect_valid_of().once().returning(|_, _, _, _| Ok(Vec::new()));
    stores.grants.expect_add().once().returning(|of, grant| {
        let GrantProof::Key { algorithm: SignatureAlgorithm::Es256, key } = &grant.proof else { panic!("{grant:?}") };
        assert_eq!((of, grant.principal, key.der(), grant.project), (account().id, Id::new(200), &[1, 2][..], Some(Id::new(3))));
        assert_eq!(grant.expires_at, Some(now().minutes_before(-24 * 60)));
        Ok(Some(Id::new(5)))
    });
    expect_records(&mut stores, account().id, &[(Change::Changed, Object::Principal(Id::new(200)))]);
    let key = over(stores).create_key(account().id, name(), SignatureAlgorithm::Es256, terms(&[Scope::Courses])).await.unwrap();
    assert_eq!((key.id, key.key.as_str(), key.private_pem.as_str()), (Id::new(5), "07".repeat(12).as_str(), "private ES256"));
    assert!(!format!("{key:?}").contains("private"), "{key:?}");
}

#[tokio::test]
async fn a_key_has_no_scope_that_its_service_account_lacks_and_there_are_ten_at_the_most() {
    let create = async |stores, of: &'static [Scope]| {
        over(stores).create_key(account().id, name(), SignatureAlgorithm::Rs256, terms(of)).await.unwrap_err()
    };
    assert!(matches!(create(stores(None), &[Scope::Courses]).await, CreateGrantError::UnknownService));
    assert!(matches!(create(stores(Some(service())), &[Scope::Courses, Scope::Rosters]).await, CreateGrantError::ScopeOutside));
    let mut full = stores(Some(service()));
    let grant = Grant {
        id: Id::new(1),
        principal: Id::new(200),
        public_id: "0a".to_owned(),
        proof: GrantProof::Key { algorithm: SignatureAlgorithm::Rs256, key: PublicKey::new([1]) },
        scopes: Scopes::default(),
        project: None,
        created_at: now(),
        expires_at: None,
        revoked_at: None,
        last_used_on: None,
    };
    full.users.expect_lock().once().returning(|_, _| Ok(Some(principal(UserState::Active))));
    full.grants.expect_valid_of().once().returning(move |_, _, _, _| Ok(vec![grant.clone(); 10]));
    assert!(matches!(create(full, &[Scope::Courses]).await, CreateGrantError::TooMany));
}

#[tokio::test]
async fn a_refresh_token_is_stored_as_digests_of_its_secrets() {
    let mut stores = stores(None);
    stores.users.expect_find().once().returning(|_, _| Ok(Some(user(102))));
    stores.users.expect_lock().once().returning(|_, _| Ok(Some(user(102))));
    stores.grants.expect_valid_of().once().returning(|_, _, _, _| Ok(Vec::new()));
    stores.grants.expect_add().once().returning(|_, grant| {
        assert!(matches!(grant.proof, GrantProof::Refresh { .. }) && grant.principal == Id::new(102), "{grant:?}");
        Ok(Some(Id::new(5)))
    });
    expect_records(&mut stores, account().id, &[(Change::Changed, Object::Principal(Id::new(102)))]);
    let created = over(stores).create_refresh_token(account().id, ayse(), terms(&[Scope::Courses])).await.unwrap();
    assert_eq!(created.client.id, format!("1329-{}.apps.derslik.internal", "07".repeat(12)));
    assert!(created.client.secret.starts_with("derslik_cs_") && created.token.starts_with("derslik_rt_07"), "{created:?}");
}

#[tokio::test]
async fn a_passive_or_missing_person_or_a_service_gets_no_refresh_token() {
    let passive = User { status: UserState::Passive, ..user(102) };
    let service = User { kind: PrincipalKind::Service, ..user(102) };
    for (locked, is_passive) in [(Some(passive), true), (Some(service), false), (None, false)] {
        let mut stores = stores(None);
        stores.users.expect_find().once().returning(|_, _| Ok(Some(user(102))));
        stores.users.expect_lock().once().returning(move |_, _| Ok(locked.clone()));
        let refused = over(stores).create_refresh_token(account().id, ayse(), terms(&[Scope::Courses])).await;
        match refused {
            Err(CreateGrantError::Token(IssueTokenError::PassiveUser)) => assert!(is_passive),
            Err(CreateGrantError::Token(IssueTokenError::UnknownUser)) => assert!(!is_passive),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_revoked_service_account_loses_all_that_it_holds() {
    let mut stores = stores(Some(service()));
    stores.users.expect_lock().once().returning(|_, _| Ok(Some(principal(UserState::Active))));
    stores.users.expect_update().once().returning(|_, changed| {
        assert_eq!(*changed, User { updated_at: now(), ..principal(UserState::Passive) });
        Ok(true)
    });
    stores.identity.expect_revoke_credentials_of().once().returning(|_, owner, at| {
        assert_eq!((owner, at), (Id::new(200), now()));
        Ok(())
    });
    expect_records(&mut stores, account().id, &[(Change::Revoked, Object::Principal(Id::new(200)))]);
    over(stores).revoke_service_account(account().id, name()).await.unwrap();
    let missing = over(self::stores(None)).revoke_service_account(account().id, name()).await;
    assert!(matches!(missing, Err(RevokeGrantError::NotFound)), "{missing:?}");
}

#[tokio::test]
async fn a_change_of_a_service_account_is_recorded_in_the_name_of_the_requester() {
    let requester = Requester::Admin(Id::new(7));
    let mut stores = stores(Some(service()));
    stores.users.expect_lock().once().returning(|_, _| Ok(None));
    stores.identity.expect_revoke_credentials_of().once().returning(|_, _, _| Ok(()));
    stores.audit.expect_add().once().returning(move |_, record| {
        assert_eq!(record.event, AuditEvent::Change(requester, Change::Revoked, Object::Principal(Id::new(200))));
        Ok(())
    });
    over(stores).acting_for(requester).revoke_service_account(account().id, name()).await.unwrap();
}

#[tokio::test]
async fn a_service_account_that_was_revoked_acts_again_with_a_new_key() {
    let mut stores = stores(Some(service()));
    stores.users.expect_lock().once().returning(|_, _| Ok(Some(principal(UserState::Passive))));
    stores.users.expect_update().once().returning(|_, changed| {
        assert_eq!(*changed, User { updated_at: now(), ..principal(UserState::Active) });
        Ok(true)
    });
    stores.grants.expect_valid_of().once().returning(|_, _, _, _| Ok(Vec::new()));
    stores.grants.expect_add().once().returning(|_, _| Ok(Some(Id::new(5))));
    let of_principal = |change| (change, Object::Principal(Id::new(200)));
    expect_records(&mut stores, account().id, &[of_principal(Change::Enabled), of_principal(Change::Changed)]);
    assert!(over(stores).create_key(account().id, name(), SignatureAlgorithm::Es256, terms(&[Scope::Courses])).await.is_ok());
    for locked in [None, Some(principal(UserState::Deleted))] {
        let mut gone = self::stores(Some(service()));
        gone.users.expect_lock().once().returning(move |_, _| Ok(locked.clone()));
        let refused = over(gone).create_key(account().id, name(), SignatureAlgorithm::Es256, terms(&[Scope::Courses])).await;
        assert!(matches!(refused, Err(CreateGrantError::UnknownService)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_grant_is_revoked_and_recorded_once() {
    for is_first in [true, false] {
        let mut stores = MockStores::default();
        stores.grants.expect_lock().once().returning(|_, id| {
            Ok(Some(Grant {
                id,
                principal: Id::new(102),
                public_id: "0a".to_owned(),
                proof: GrantProof::Key { algorithm: SignatureAlgorithm::Rs256, key: PublicKey::new([1]) },
                scopes: Scopes::default(),
                project: None,
                created_at: now(),
                expires_at: None,
                revoked_at: None,
                last_used_on: None,
            }))
        });
        stores.grants.expect_revoke().once().returning(move |_, _, _| Ok(is_first));
        let records = if is_first { vec![(Change::Revoked, Object::Principal(Id::new(102)))] } else { Vec::new() };
        expect_records(&mut stores, account().id, &records);
        over(stores).revoke(account().id, Id::new(5)).await.unwrap();
    }
    let mut missing = MockStores::default();
    missing.grants.expect_lock().once().returning(|_, _| Ok(None));
    assert!(matches!(over(missing).revoke(account().id, Id::new(5)).await, Err(RevokeGrantError::NotFound)));
}

/// A clock that a test has moved by a day for the account.
#[derive(Debug)]
struct DayAhead;

fn tomorrow() -> Timestamp {
    now().minutes_before(-24 * 60)
}

impl Clock for DayAhead {
    fn now(&self) -> Timestamp {
        now()
    }

    fn now_of(&self, _: AccountId) -> Timestamp {
        tomorrow()
    }
}

#[tokio::test]
async fn grants_begin_and_end_by_the_clock_of_the_account() {
    let mut stores = stores(Some(service()));
    stores.users.expect_find().returning(|_, _| Ok(Some(user(102))));
    stores.users.expect_lock().returning(|_, id| Ok(Some(if id.get() == 200 { principal(UserState::Active) } else { user(102) })));
    stores.users.expect_update().once().returning(|_, changed| {
        assert_eq!(changed.updated_at, tomorrow());
        Ok(true)
    });
    stores.grants.expect_valid_of().times(2).returning(|_, _, _, at| {
        assert_eq!(at, tomorrow());
        Ok(Vec::new())
    });
    stores.grants.expect_add().times(2).returning(|_, grant| {
        assert_eq!((grant.at, grant.expires_at), (tomorrow(), Some(tomorrow().minutes_before(-24 * 60))));
        Ok(Some(Id::new(5)))
    });
    stores.identity.expect_revoke_credentials_of().once().returning(|_, _, at| {
        assert_eq!(at, tomorrow());
        Ok(())
    });
    stores.audit.expect_add().times(3).returning(|_, record| {
        assert_eq!(record.at, tomorrow());
        Ok(())
    });
    let grants = GrantUseCases { clock: Arc::new(DayAhead), ..over(stores) };
    grants.create_key(account().id, name(), SignatureAlgorithm::Es256, terms(&[Scope::Courses])).await.unwrap();
    grants.create_refresh_token(account().id, ayse(), terms(&[Scope::Courses])).await.unwrap();
    grants.revoke_service_account(account().id, name()).await.unwrap();
}
