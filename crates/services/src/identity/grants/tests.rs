//! The exchange of grants over mocks: which are refused, and what the store and the audit log are told of the others.

use std::collections::BTreeSet;

use derslik_domain::audit::{AuditEvent, Change, Object, Requester};
use derslik_domain::id::{CredentialId, Id};
use derslik_domain::identity::{
    AccountState, Credential, CredentialRoot, Delegation, Grant, PublicKey, Scope, Scopes, SecretDigest, ServiceName, SignatureAlgorithm,
    StoredCredential, User, UserKey, UserState,
};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{MockDenialLog, MockTokenQuota, QuotaExceeded, QuotaKind, Unlimited};
use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
use derslik_ports::outbound::{CredentialOwner, MockSignatures};
use derslik_testkit::builders::{account, guid, now, service_user, user};

use super::*;

/// The public part of the key of the tests.
const KEY: &str = "070707070707070707070707";
const RIGHT: &[u8] = b"right";
/// The access key whose log-in got the token that the tests exchange.
const ACCESS_KEY: CredentialId = Id::new(8);

type IsExpected = fn(&GrantError) -> bool;

fn scopes(of: &[Scope]) -> Scopes {
    of.iter().copied().collect()
}

fn asked(of: &[Scope]) -> RequestedScopes {
    RequestedScopes { known: scopes(of), has_unknown: false }
}

fn address() -> ServiceAddress {
    ServiceAddress { account: account().id, name: ServiceName::parse("timetable").unwrap() }
}

/// A service account that may act for the user 102.
fn service() -> ServiceAccount {
    ServiceAccount {
        address: address(),
        principal: Id::new(200),
        scopes: scopes(&[Scope::Courses, Scope::Rosters]),
        delegation: Delegation::People(BTreeSet::from([Id::new(102)])),
        created_at: now(),
    }
}

fn grant(principal: i64, proof: GrantProof) -> Grant {
    Grant {
        id: Id::new(5),
        principal: Id::new(principal),
        public_id: KEY.to_owned(),
        proof,
        scopes: scopes(&[Scope::Courses, Scope::ProfileEmails]),
        project: Some(Id::new(3)),
        created_at: now(),
        expires_at: None,
        revoked_at: None,
        last_used_on: derslik_domain::course::CalendarDate::of_utc(now()),
    }
}

fn key() -> Grant {
    grant(200, GrantProof::Key { algorithm: SignatureAlgorithm::Rs256, key: PublicKey::new([1]) })
}

fn refresh_token() -> Grant {
    grant(102, GrantProof::Refresh { client: digest(b"secret"), token: digest(b"refresh") })
}

fn seconds(count: i64) -> Timestamp {
    Timestamp::from_micros(now().micros() + count * 1_000_000)
}

/// An assertion of the service account for itself, as it is now.
fn assertion() -> Assertion {
    Assertion {
        key: Some(KEY.to_owned()),
        algorithm: SignatureAlgorithm::Rs256,
        issuer: address().to_string(),
        subject: None,
        scopes: None,
        issued_at: now(),
        expires_at: seconds(3_600),
        message: b"message".to_vec(),
        signature: RIGHT.to_vec(),
    }
}

/// Stores with the open account, the service account and that grant.
fn stores_with(grant: Grant) -> MockStores {
    let mut stores = MockStores::default();
    stores
        .identity
        .expect_account_state()
        .returning(|_| Ok(Some(AccountState { account: account(), created_at: now(), disabled_at: None })));
    stores
        .grants
        .expect_find_service_account()
        .returning(|of, name| Ok((of == account().id && name.as_str() == "timetable").then(service)));
    let found = grant.clone();
    stores.grants.expect_find().returning(move |_, kind, id| Ok((kind == found.proof.kind() && id == KEY).then(|| found.clone())));
    let valid = grant.clone();
    stores
        .grants
        .expect_valid_of()
        .returning(move |_, _, _, now| Ok(Some(valid.clone()).filter(|key| !key.has_ended(now)).into_iter().collect()));
    stores.grants.expect_lock().returning(move |_, id| Ok((id == grant.id).then(|| grant.clone())));
    stores.users.expect_find().returning(|_, key| {
        Ok(match key {
            UserKey::Id(id) if id.get() == 200 => Some(User { id: *id, ..service_user() }),
            UserKey::Id(id) if id.get() == 103 => Some(User { status: UserState::Passive, ..user(103) }),
            UserKey::Id(id) => Some(user(id.get())),
            UserKey::Email(email) if email.as_str() == "user102@demo.example" => Some(user(102)),
            UserKey::Email(email) if email.as_str() == "user103@demo.example" => Some(User { status: UserState::Passive, ..user(103) }),
            UserKey::Email(email) if email.as_str() == "user104@demo.example" => Some(user(104)),
            UserKey::Email(email) if email.as_str() == "service@demo.example" => Some(service_user()),
            // A pupil whose user name is a number: that of the administrator 101.
            UserKey::Username(name) if ["user102", "101"].contains(&name.as_str()) => Some(user(102)),
            UserKey::Guid(guid) if *guid == user(102).guid => Some(user(102)),
            UserKey::Email(_) | UserKey::Guid(_) | UserKey::Username(_) => None,
        })
    });
    stores
}

/// Expects one token, of that owner and requester, and one record of it.
fn expect_token(stores: &mut MockStores, owner: i64, requester: i64, of: &'static [Scope], source: TokenSource, life: i64) {
    stores.grants.expect_add_token().once().returning(move |to, principal, token, from| {
        assert_eq!((to, principal.id, from), (account().id, Id::new(owner), source));
        assert_eq!((token.scopes, token.expires_at, token.kind), (scopes(of), Some(seconds(life)), CredentialKind::AccessToken));
        // A token that is exchanged ends with the access key of the first one.
        assert_eq!(token.access_key, matches!(source, TokenSource::Token(_)).then_some(ACCESS_KEY));
        Ok(Some(Id::new(9)))
    });
    stores.audit.expect_add().once().returning(move |to, record| {
        let requester = Requester::Principal(Id::new(requester), Id::new(9));
        let event = AuditEvent::Change(requester, Change::SignedIn, Object::Principal(Id::new(owner)));
        assert_eq!((to, &record.event), (account().id, &event));
        Ok(())
    });
}

fn signatures() -> MockSignatures {
    let mut signatures = MockSignatures::new();
    signatures.expect_verify().returning(|algorithm, key, message, signature| {
        Ok(algorithm == SignatureAlgorithm::Rs256 && key.der() == [1] && message == b"message" && signature == RIGHT)
    });
    signatures
}

fn grants(stores: MockStores) -> Grants<FakeUnitOfWork> {
    let (clock, ids) = (Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(1))));
    Grants::new(FakeUnitOfWork::new(stores), clock, ids, Arc::new(signatures()))
}

async fn exchange(stores: MockStores, request: TokenRequest) -> Result<GrantedToken, GrantError> {
    grants(stores).grant(request, Arc::new(Unlimited)).await
}

/// The error of an assertion that is refused before anything is written.
async fn refused(grant: Grant, assertion: Assertion) -> GrantError {
    exchange(stores_with(grant), TokenRequest::Assertion(assertion)).await.unwrap_err()
}

#[tokio::test]
async fn an_assertion_gets_a_token_of_an_hour_with_the_scopes_of_key_and_service() {
    for named in [Some(KEY.to_owned()), None] {
        let mut stores = stores_with(key());
        expect_token(&mut stores, 200, 200, &[Scope::Courses], TokenSource::Grant(Id::new(5)), 3_600);
        let token = exchange(stores, TokenRequest::Assertion(Assertion { key: named, ..assertion() })).await.unwrap();
        assert_eq!((token.seconds, token.scopes), (3_600, scopes(&[Scope::Courses])));
        assert!(token.token.starts_with("derslik_at_0707"), "{token:?}");
    }
}

#[tokio::test]
async fn a_token_does_not_outlive_its_key() {
    let short = Grant { expires_at: Some(seconds(60)), ..key() };
    let mut stores = stores_with(short);
    expect_token(&mut stores, 200, 200, &[Scope::Courses], TokenSource::Grant(Id::new(5)), 60);
    assert_eq!(exchange(stores, TokenRequest::Assertion(assertion())).await.unwrap().seconds, 60);
}

#[tokio::test]
async fn a_token_for_a_person_is_recorded_with_the_person_and_the_service_account() {
    let guid = user(102).guid.to_string();
    for named in ["user102@demo.example", "user102", guid.as_str(), "101"] {
        let mut stores = stores_with(key());
        expect_token(&mut stores, 102, 200, &[Scope::Courses], TokenSource::Grant(Id::new(5)), 3_600);
        let asked = Assertion { subject: Some(named.to_owned()), scopes: Some(asked(&[Scope::Courses])), ..assertion() };
        assert!(exchange(stores, TokenRequest::Assertion(asked)).await.is_ok(), "{named}");
    }
}

#[tokio::test]
async fn a_service_account_acts_for_no_one_else() {
    // Passive, not on the list, unknown, the service of the account, and numbers, which name no one.
    let others = ["user103@demo.example", "user104@demo.example", "nobody@demo.example", "", "service@demo.example", "a\0b"];
    for named in others.into_iter().chain(["102", "+102", "0102", " 102 "]) {
        let error = refused(key(), Assertion { subject: Some(named.to_owned()), ..assertion() }).await;
        assert!(matches!(error, GrantError::Subject), "{named:?}: {error}");
    }
}

#[tokio::test]
async fn a_wrong_signature_key_or_issuer_is_refused_alike() {
    let wrong = [
        Assertion { signature: b"wrong".to_vec(), ..assertion() },
        Assertion { message: b"another".to_vec(), ..assertion() },
        Assertion { algorithm: SignatureAlgorithm::Es256, ..assertion() },
        Assertion { key: Some("080808080808080808080808".to_owned()), ..assertion() },
        Assertion { key: Some("a\0".to_owned()), ..assertion() },
        Assertion { issuer: "timetable@1330.iam.derslik.internal".to_owned(), ..assertion() },
        Assertion { issuer: "another@1329.iam.derslik.internal".to_owned(), ..assertion() },
        Assertion { issuer: "user102@demo.example".to_owned(), ..assertion() },
        Assertion { issuer: String::new(), ..assertion() },
    ];
    for assertion in wrong {
        let shown = format!("{:?} {} {:?}", assertion.key, assertion.issuer, assertion.algorithm);
        let error = refused(key(), assertion).await;
        assert!(matches!(error, GrantError::Invalid), "{shown}: {error}");
    }
    let of_another = Grant { principal: Id::new(201), ..key() };
    assert!(matches!(refused(of_another, assertion()).await, GrantError::Invalid));
}

#[tokio::test]
async fn a_revoked_or_expired_key_is_refused() {
    for ended in [Grant { revoked_at: Some(now()), ..key() }, Grant { expires_at: Some(now()), ..key() }] {
        for named in [Some(KEY.to_owned()), None] {
            let error = refused(ended.clone(), Assertion { key: named, ..assertion() }).await;
            assert!(matches!(error, GrantError::Invalid), "{error}");
        }
    }
}

#[tokio::test]
async fn a_disabled_account_or_principal_gets_no_token() {
    let mut disabled = MockStores::default();
    let state = AccountState { account: account(), created_at: now(), disabled_at: Some(now()) };
    disabled.identity.expect_account_state().returning(move |_| Ok(Some(state.clone())));
    let error = exchange(disabled, TokenRequest::Assertion(assertion())).await.unwrap_err();
    assert!(matches!(error, GrantError::Invalid), "{error}");
    let mut passive = stores_with(key());
    passive.identity.checkpoint();
    passive
        .identity
        .expect_account_state()
        .returning(|_| Ok(Some(AccountState { account: account(), created_at: now(), disabled_at: None })));
    passive.identity.expect_hold_principal().returning(|_, _| Ok(false));
    let error = exchange(passive, TokenRequest::Assertion(assertion())).await.unwrap_err();
    assert!(matches!(error, GrantError::Invalid), "{error}");
}

#[tokio::test]
async fn an_assertion_lives_for_an_hour_at_the_most() {
    let times = [(0, 3_601), (0, 0), (0, -1), (-3_600, 0), (61, 3_600), (-1, 3_600), (i64::MIN / 2_000_000, 3_600)];
    for (issued, expires) in times {
        let error = refused(key(), Assertion { issued_at: seconds(issued), expires_at: seconds(expires), ..assertion() }).await;
        assert!(matches!(error, GrantError::Time), "{issued} {expires}: {error}");
    }
    for (issued, expires) in [(60, 3_660), (-3_599, 1), (0, 1)] {
        let mut stores = stores_with(key());
        expect_token(&mut stores, 200, 200, &[Scope::Courses], TokenSource::Grant(Id::new(5)), 3_600);
        let assertion = Assertion { issued_at: seconds(issued), expires_at: seconds(expires), ..assertion() };
        assert!(exchange(stores, TokenRequest::Assertion(assertion)).await.is_ok(), "{issued} {expires}");
    }
}

#[tokio::test]
async fn a_scope_outside_of_the_list_refuses_the_request() {
    let unknown = Some(RequestedScopes { known: scopes(&[Scope::Courses]), has_unknown: true });
    // Of the service account alone, of the key alone, of neither, and unknown.
    for scopes in
        [Some(asked(&[Scope::Rosters])), Some(asked(&[Scope::ProfileEmails])), Some(asked(&[Scope::Courses, Scope::Sessions])), unknown]
    {
        let error = refused(key(), Assertion { scopes, ..assertion() }).await;
        assert!(matches!(error, GrantError::Scope(_)), "{scopes:?}: {error}");
    }
}

#[test]
fn scopes_of_other_services_are_left_out_where_a_grant_allows_that() {
    let with_unknown = |known: &[Scope]| Some(RequestedScopes { known: scopes(known), has_unknown: true });
    let (courses, more) = (scopes(&[Scope::Courses]), scopes(&[Scope::Courses, Scope::Other]));
    assert_eq!(granted(with_unknown(&[Scope::Courses]), more).unwrap(), courses);
    assert_eq!(granted(None, more).unwrap(), more);
    let refused = [(with_unknown(&[Scope::Courses]), courses), (with_unknown(&[Scope::Rosters]), more), (with_unknown(&[]), more)];
    for (requested, possible) in refused {
        assert!(matches!(granted(requested, possible), Err(GrantError::Scope(_))), "{requested:?}");
    }
}

#[test]
fn the_refusal_tells_the_scopes_that_are_missing() {
    let refused = |known: &[Scope], has_unknown, possible: &[Scope]| match granted(
        Some(RequestedScopes { known: scopes(known), has_unknown }),
        scopes(possible),
    ) {
        Err(GrantError::Scope(RequestedScopes { known, has_unknown })) => (known, has_unknown),
        other => panic!("{other:?}"),
    };
    let both = [Scope::Courses, Scope::Rosters];
    assert_eq!(refused(&both, false, &[Scope::Courses]), (scopes(&[Scope::Rosters]), false));
    assert_eq!(refused(&both, true, &[Scope::Courses]), (scopes(&[Scope::Rosters]), true));
    assert_eq!(refused(&both, true, &[Scope::Courses, Scope::Other]), (scopes(&[Scope::Rosters]), false));
    assert_eq!(refused(&both, true, &both), (Scopes::default(), true));
}

fn refresh(secret: &str, token: &str, scopes: Option<RequestedScopes>) -> TokenRequest {
    let client = Client { id: format!("{}-{KEY}.apps.derslik.internal", account().id), secret: secret.to_owned() };
    TokenRequest::Refresh { client, token: token.to_owned(), scopes }
}

#[tokio::test]
async fn a_refresh_token_gets_tokens_of_its_person() {
    let mut stores = stores_with(refresh_token());
    expect_token(&mut stores, 102, 102, &[Scope::Courses], TokenSource::Grant(Id::new(5)), 3_600);
    let issued = exchange(stores, refresh("secret", "refresh", Some(asked(&[Scope::Courses])))).await.unwrap();
    assert_eq!(issued.scopes, scopes(&[Scope::Courses]));
}

#[tokio::test]
async fn a_refresh_token_is_refused_with_the_secret_of_another_client_or_after_its_end() {
    let ended = Grant { revoked_at: Some(now()), ..refresh_token() };
    let mut foreign = refresh("secret", "refresh", None);
    if let TokenRequest::Refresh { client, .. } = &mut foreign {
        client.id = "1329-08.apps.derslik.internal".to_owned();
    }
    let cases: [(Grant, TokenRequest, IsExpected); 6] = [
        (refresh_token(), refresh("wrong", "refresh", None), |error| matches!(error, GrantError::Client)),
        (refresh_token(), foreign, |error| matches!(error, GrantError::Client)),
        (key(), refresh("secret", "refresh", None), |error| matches!(error, GrantError::Client)),
        (refresh_token(), refresh("secret", "wrong", None), |error| matches!(error, GrantError::Invalid)),
        (ended, refresh("secret", "refresh", None), |error| matches!(error, GrantError::Invalid)),
        (refresh_token(), refresh("secret", "refresh", Some(asked(&[Scope::Rosters]))), |error| matches!(error, GrantError::Scope(_))),
    ];
    for (number, (grant, request, is_expected)) in cases.into_iter().enumerate() {
        let error = exchange(stores_with(grant), request).await.unwrap_err();
        assert!(is_expected(&error), "{number}: {error}");
    }
}

fn owner(token: &[u8]) -> CredentialOwner {
    let credential = Credential {
        id: Id::new(4),
        kind: CredentialKind::AccessToken,
        public_id: "0a".to_owned(),
        digest: SecretDigest::new(*digest(token).bytes()),
        principal: user(102).principal(),
        scopes: scopes(&[Scope::Courses]),
        expires_at: Some(seconds(60)),
        project: None,
    };
    CredentialOwner { account: account(), credential, last_used_on: None, root: CredentialRoot::Credential(Id::new(4)) }
}

fn stored(revoked_at: Option<Timestamp>) -> StoredCredential {
    let Credential { id, kind, public_id, scopes, expires_at, project, .. } = owner(b"").credential;
    let principal = user(102).id;
    let access_key = Some(ACCESS_KEY);
    let (created_at, last_used_on, issued_for) = (now(), None, None);
    StoredCredential {
        id,
        kind,
        public_id,
        principal,
        scopes,
        project,
        created_at,
        expires_at,
        revoked_at,
        last_used_on,
        access_key,
        issued_for,
    }
}

#[tokio::test]
async fn a_token_is_exchanged_for_one_of_the_same_scopes_that_ends_with_it() {
    let mut stores = MockStores::default();
    stores.identity.expect_find_credential().once().returning(|_, _| Ok(Some(owner(b"mine"))));
    stores.grants.expect_hold_token().once().returning(|_, _| Ok(Some(HeldToken { token: stored(None), requester: Id::new(102) })));
    expect_token(&mut stores, 102, 102, &[Scope::Courses], TokenSource::Token(Id::new(4)), 60);
    let request = TokenRequest::Exchange { token: "mine".to_owned(), scopes: None };
    assert_eq!(exchange(stores, request).await.unwrap().seconds, 60);
}

#[tokio::test]
async fn an_exchanged_token_for_a_person_is_recorded_with_the_person_and_the_service_account() {
    let mut stores = MockStores::default();
    stores.identity.expect_find_credential().once().returning(|_, _| Ok(Some(owner(b"mine"))));
    stores.grants.expect_hold_token().once().returning(|_, _| Ok(Some(HeldToken { token: stored(None), requester: Id::new(200) })));
    expect_token(&mut stores, 102, 200, &[Scope::Courses], TokenSource::Token(Id::new(4)), 60);
    assert!(exchange(stores, TokenRequest::Exchange { token: "mine".to_owned(), scopes: None }).await.is_ok());
}

#[tokio::test]
async fn a_token_that_is_wrong_revoked_meanwhile_or_malformed_is_not_exchanged() {
    for (token, found, locked) in [
        ("another", Some(owner(b"mine")), None),
        ("mine", None, None),
        ("mine", Some(owner(b"mine")), Some(stored(Some(now())))),
        ("mine", Some(owner(b"mine")), None),
        ("derslik_at_short", None, None),
    ] {
        let mut stores = MockStores::default();
        stores.identity.expect_find_credential().returning(move |_, _| Ok(found.clone()));
        let held = locked.map(|token| HeldToken { token, requester: Id::new(102) });
        stores.grants.expect_hold_token().returning(move |_, _| Ok(held.clone()));
        let error = exchange(stores, TokenRequest::Exchange { token: token.to_owned(), scopes: None }).await.unwrap_err();
        assert!(matches!(error, GrantError::Invalid), "{token}: {error}");
    }
    let mut stores = MockStores::default();
    stores.identity.expect_find_credential().returning(|_, _| Ok(Some(owner(b"mine"))));
    let wider = TokenRequest::Exchange { token: "mine".to_owned(), scopes: Some(asked(&[Scope::Courses, Scope::Rosters])) };
    assert!(matches!(exchange(stores, wider).await, Err(GrantError::Scope(_))));
}

#[tokio::test]
async fn a_service_account_inside_of_the_program_needs_no_proof() {
    let mut stores = stores_with(key());
    stores.projects.expect_list().once().returning(|_, _| Ok(Vec::new()));
    expect_token(&mut stores, 200, 200, &[Scope::Rosters], TokenSource::Program, 3_600);
    assert!(grants(stores).grant_to(address(), Some(asked(&[Scope::Rosters]))).await.is_ok());
    let unknown = ServiceAddress { name: ServiceName::parse("another").unwrap(), ..address() };
    assert_eq!(grants(stores_with(key())).find_service_account(address()).await.unwrap(), Some(service()));
    assert_eq!(grants(stores_with(key())).find_service_account(unknown.clone()).await.unwrap(), None);
    assert!(matches!(grants(stores_with(key())).grant_to(unknown, None).await, Err(GrantError::Invalid)));
    assert!(matches!(grants(stores_with(key())).grant_to(address(), Some(asked(&[Scope::Jobs]))).await, Err(GrantError::Scope(_))));
}

#[tokio::test]
async fn refused_grants_are_counted_for_the_account_that_they_name() {
    let requests = [
        (TokenRequest::Assertion(Assertion { signature: Vec::new(), ..assertion() }), Some(account().id), DenialCause::WrongSecret),
        (TokenRequest::Assertion(Assertion { expires_at: now(), ..assertion() }), Some(account().id), DenialCause::Expired),
        (
            TokenRequest::Assertion(Assertion { subject: Some("104".to_owned()), ..assertion() }),
            Some(account().id),
            DenialCause::NotAllowed,
        ),
        (refresh("secret", "refresh", None), Some(account().id), DenialCause::UnknownCredential),
        (TokenRequest::Exchange { token: "derslik_at_".to_owned(), scopes: None }, None, DenialCause::WrongSecret),
    ];
    for (request, of, cause) in requests {
        let mut denials = MockDenialLog::new();
        denials.expect_note().once().returning(move |account, counted| assert_eq!((account, counted), (of, cause)));
        let grants = grants(stores_with(key())).with_denials(Arc::new(denials));
        assert!(grants.grant(request, Arc::new(Unlimited)).await.is_err());
    }
}

fn exceeded(kind: QuotaKind) -> QuotaExceeded {
    QuotaExceeded { kind, per_minute: std::num::NonZeroU32::MIN, retry_after_seconds: 7 }
}

#[tokio::test]
async fn above_the_quota_no_signature_is_verified() {
    let mut quota = MockTokenQuota::new();
    quota.expect_take_signature().once().returning(|| Err(exceeded(QuotaKind::Signatures)));
    let mut unasked = grants(stores_with(key()));
    unasked.signatures = Arc::new(MockSignatures::new());
    let refused = unasked.grant(TokenRequest::Assertion(assertion()), Arc::new(quota)).await;
    assert!(matches!(refused, Err(GrantError::TooMany(by)) if by == exceeded(QuotaKind::Signatures)), "{refused:?}");
    // What no key can have signed costs no verification, so it takes nothing.
    let other = Assertion { algorithm: SignatureAlgorithm::Es256, ..assertion() };
    let refused = unasked.grant(TokenRequest::Assertion(other), Arc::new(MockTokenQuota::new())).await;
    assert!(matches!(refused, Err(GrantError::Invalid)), "{refused:?}");
}

#[tokio::test]
async fn above_the_quota_of_its_root_a_grant_gets_no_token() {
    let mut of_token = MockStores::default();
    let root = CredentialRoot::Credential(Id::new(3));
    of_token.identity.expect_find_credential().returning(move |_, _| Ok(Some(CredentialOwner { root, ..owner(b"mine") })));
    let requests = [
        (stores_with(key()), TokenRequest::Assertion(assertion()), CredentialRoot::Grant(Id::new(5))),
        (stores_with(refresh_token()), refresh("secret", "refresh", None), CredentialRoot::Grant(Id::new(5))),
        (of_token, TokenRequest::Exchange { token: "mine".to_owned(), scopes: None }, root),
    ];
    for (stores, request, root) in requests {
        let mut quota = MockTokenQuota::new();
        quota.expect_take_signature().returning(|| Ok(()));
        quota.expect_take_token().once().returning(move |of, taken| {
            assert_eq!((of, taken), (account().id, root));
            Err(exceeded(QuotaKind::Credential))
        });
        let refused = grants(stores).grant(request, Arc::new(quota)).await;
        assert!(matches!(refused, Err(GrantError::TooMany(by)) if by == exceeded(QuotaKind::Credential)), "{refused:?}");
    }
}

/// Without the name of a key, each key would cost the verification of a signature.
#[tokio::test]
async fn the_two_newest_keys_of_the_algorithm_are_tried_for_an_assertion_that_names_none() {
    let key_of = |id: i64, algorithm| {
        let proof = GrantProof::Key { algorithm, key: PublicKey::new([u8::try_from(id).unwrap()]) };
        Grant { id: Id::new(id), ..grant(200, proof) }
    };
    let (rs256, es256) = (SignatureAlgorithm::Rs256, SignatureAlgorithm::Es256);
    let keys = vec![key_of(6, rs256), key_of(7, rs256), key_of(8, es256), key_of(9, rs256)];
    let mut stores = stores_with(key());
    stores.grants.checkpoint();
    stores.grants.expect_find_service_account().returning(|_, _| Ok(Some(service())));
    stores.grants.expect_valid_of().returning(move |_, _, _, _| Ok(keys.clone()));
    let tried = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (mut signatures, noted) = (MockSignatures::new(), Arc::clone(&tried));
    signatures.expect_verify().returning(move |_, key, _, _| {
        noted.lock().unwrap().push(key.der().to_vec());
        Ok(false)
    });
    let mut grants = grants(stores);
    grants.signatures = Arc::new(signatures);
    let unnamed = TokenRequest::Assertion(Assertion { key: None, ..assertion() });
    assert!(matches!(grants.grant(unnamed, Arc::new(Unlimited)).await, Err(GrantError::Invalid)));
    assert_eq!(*tried.lock().unwrap(), [[9], [7]]);
}

#[tokio::test]
async fn a_token_without_a_proof_is_given_again_as_long_as_it_is_valid() {
    for (found, tokens) in [(true, 1), (false, 2)] {
        let mut stores = stores_with(key());
        stores.projects.expect_list().returning(|_, _| Ok(Vec::new()));
        stores.grants.expect_add_token().times(tokens).returning(|_, _, _, _| Ok(Some(Id::new(9))));
        stores.audit.expect_add().returning(|_, _| Ok(()));
        // What is read of the first one when the second is asked for: none if it was revoked.
        stores.identity.expect_find_credential().once().returning(move |_, _| {
            let mut kept = owner(b"mine");
            kept.credential.principal.id = Id::new(200);
            Ok(Some(kept).filter(|_| found))
        });
        let grants = grants(stores);
        let scopes = || Some(asked(&[Scope::Rosters]));
        let first = grants.grant_to(address(), scopes()).await.unwrap();
        let second = grants.grant_to(address(), scopes()).await.unwrap();
        assert_eq!((second.seconds, second.scopes), (first.seconds, first.scopes));
    }
}

/// A clock that shows these instants for the account one after the other. Each exchange reads it once, and that of an assertion once more
/// before.
#[derive(Debug)]
struct MovedClock(std::sync::Mutex<Vec<Timestamp>>);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        now()
    }

    fn now_of(&self, _: AccountId) -> Timestamp {
        self.0.lock().unwrap().remove(0)
    }
}

#[tokio::test]
async fn a_token_without_a_proof_is_given_again_by_the_clock_of_the_account() {
    for (later, tokens, reads, left) in [(1_800, 1, 1, 1_800), (1_801, 2, 0, 3_600), (-1, 2, 0, 3_600)] {
        let mut stores = stores_with(key());
        stores.projects.expect_list().returning(|_, _| Ok(Vec::new()));
        stores.grants.expect_add_token().times(tokens).returning(|_, _, _, _| Ok(Some(Id::new(9))));
        stores.audit.expect_add().returning(|_, _| Ok(()));
        stores.identity.expect_find_credential().times(reads).returning(|_, _| {
            let mut kept = owner(b"mine");
            kept.credential.principal.id = Id::new(200);
            kept.credential.expires_at = Some(seconds(3_600));
            Ok(Some(kept))
        });
        let mut grants = grants(stores);
        grants.clock = Arc::new(MovedClock(std::sync::Mutex::new(vec![seconds(0), seconds(later)])));
        assert_eq!(grants.grant_to(address(), None).await.unwrap().seconds, 3_600);
        assert_eq!(grants.grant_to(address(), None).await.unwrap().seconds, left, "{later}");
    }
}

/// The signer of an assertion has a real clock, and its token lives by the clock of the account.
#[tokio::test]
async fn a_token_for_an_assertion_ends_by_the_clock_of_the_account() {
    let mut stores = stores_with(key());
    expect_token(&mut stores, 200, 200, &[Scope::Courses], TokenSource::Grant(Id::new(5)), 3_600 - 86_400);
    let mut grants = grants(stores);
    grants.clock = Arc::new(MovedClock(std::sync::Mutex::new(vec![seconds(-86_400); 2])));
    assert_eq!(grants.grant(TokenRequest::Assertion(assertion()), Arc::new(Unlimited)).await.unwrap().seconds, 3_600);
}

/// A clock that a test has moved by that many seconds for the account.
#[derive(Debug)]
struct AheadBy(i64);

impl Clock for AheadBy {
    fn now(&self) -> Timestamp {
        now()
    }

    fn now_of(&self, _: AccountId) -> Timestamp {
        seconds(self.0)
    }
}

#[tokio::test]
async fn a_key_ends_by_the_clock_of_the_account() {
    for named in [Some(KEY.to_owned()), None] {
        // By the machine it has ended.
        let mut stores = stores_with(Grant { expires_at: Some(seconds(-3_600)), ..key() });
        expect_token(&mut stores, 200, 200, &[Scope::Courses], TokenSource::Grant(Id::new(5)), 3_600 - 86_400);
        let mut grants = grants(stores);
        grants.clock = Arc::new(AheadBy(-86_400));
        let assertion = Assertion { key: named.clone(), ..assertion() };
        assert!(grants.grant(TokenRequest::Assertion(assertion), Arc::new(Unlimited)).await.is_ok());
    }
    for named in [Some(KEY.to_owned()), None] {
        // By the machine it still holds.
        let mut grants = grants(stores_with(Grant { expires_at: Some(seconds(3_600)), ..key() }));
        grants.clock = Arc::new(AheadBy(86_400));
        let assertion = Assertion { key: named, ..assertion() };
        let refused = grants.grant(TokenRequest::Assertion(assertion), Arc::new(Unlimited)).await;
        assert!(matches!(refused, Err(GrantError::Invalid)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_service_account_that_may_not_act_is_not_found() {
    let mut stores = MockStores::default();
    stores
        .identity
        .expect_account_state()
        .returning(|_| Ok(Some(AccountState { account: account(), created_at: now(), disabled_at: None })));
    stores.grants.expect_find_service_account().returning(|_, _| Ok(Some(service())));
    stores.users.expect_find().returning(|_, _| Ok(Some(User { status: UserState::Passive, ..service_user() })));
    let grants = grants(stores);
    assert_eq!(grants.find_service_account(address()).await.unwrap(), None);
    assert!(matches!(grants.grant_to(address(), None).await, Err(GrantError::Invalid)));
}
