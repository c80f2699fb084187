//! Grants that get a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derslik_domain::audit::{AuditEvent, Change, Object, Requester};
use derslik_domain::id::Id;
use derslik_domain::identity::{CredentialFilter, Scope, SignatureAlgorithm};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::GrantError;

use crate::school::{STUDENT, School, TEACHER, URL, claims, is, text, with};

pub(crate) async fn either_algorithm(school: School) {
    let service = school.service_account("demo").await;
    for algorithm in SignatureAlgorithm::ALL {
        let (key, signing) = school.key(&service, algorithm).await;
        let claims = claims(&service.address.to_string());
        // Some libraries name the key in the header, and others do not.
        for kid in [Some(key.key.as_str()), None] {
            let (status, body) = school.assert(&signing.sign(kid, &claims)).await;
            assert_eq!((status, &body["expires_in"], &body["token_type"]), (200, &3_600.into(), &"Bearer".into()), "{body}");
            assert_eq!(body["scope"], format!("{URL}classroom.courses {URL}classroom.rosters"));
            assert_eq!(school.lists(body["access_token"].as_str().unwrap()).await, 200);
        }
    }
}

pub(crate) async fn for_a_person(school: School) {
    let service = school.service_account("demo").await;
    let (key, signing) = school.key(&service, SignatureAlgorithm::Es256).await;
    let claims = with(claims(&service.address.to_string()), "sub", TEACHER);
    let narrow = with(claims, "scope", format!("{URL}classroom.rosters"));
    let token = school.asserted(&signing.sign(Some(&key.key), &narrow)).await;
    let (status, profile) = school.get(&token, "/v1/userProfiles/me").await;
    assert_eq!((status, profile["id"].as_str()), (200, Some("102")), "{profile}");
    assert_eq!(school.lists(&token).await, 403, "the token has one scope");
    // The token that it is exchanged for names both as well.
    let (status, body) = school.exchange(&token, "").await;
    assert_eq!(status, 200, "{body}");
    let signed_in = school.audit().await.into_iter().filter_map(|record| match record.event {
        AuditEvent::Change(Requester::Principal(by, _), Change::SignedIn, Object::Principal(person)) => Some((by, person)),
        _ => None,
    });
    assert_eq!(signed_in.collect::<Vec<_>>(), [(service.principal, Id::new(102)); 2]);
}

pub(crate) async fn as_a_bearer(school: School) {
    let service = school.service_account("demo").await;
    let (key, signing) = school.key(&service, SignatureAlgorithm::Es256).await;
    let address = service.address.to_string();
    let mut for_itself = with(with(claims(&address), "sub", address.as_str()), "scope", format!("{URL}classroom.courses"));
    for_itself.as_object_mut().unwrap().remove("aud");
    let bearer = signing.sign(Some(&key.key), &for_itself);
    for _ in 0..2 {
        assert_eq!(school.lists(&bearer).await, 200);
    }
    let with_audience = with(for_itself.clone(), "aud", "https://classroom.okul.example/");
    assert_eq!(school.lists(&signing.sign(None, &with_audience)).await, 200);
    for wrong in [with(for_itself.clone(), "sub", TEACHER), with(for_itself.clone(), "sub", serde_json::Value::Null)] {
        assert_eq!(school.lists(&signing.sign(Some(&key.key), &wrong)).await, 401, "{wrong}");
    }
    assert_eq!(school.lists(&format!("{bearer}A")).await, 401);
    // Another spelling of the signature is the same token, and ends with it. It was not asked before, so no process remembers it.
    let (twin, padded) = (twin(&bearer), format!("{bearer}=="));
    let filter = CredentialFilter { principal: Some(service.principal), ..CredentialFilter::default() };
    let page = PageRequest { size: 100, after: None };
    let account = service.address.account;
    let tokens = school.operators.credentials.list(account, filter, page).await.unwrap();
    assert_eq!(tokens.len(), 2, "{tokens:?}");
    school.operators.credentials.revoke(account, tokens[0].id).await.unwrap();
    assert_eq!([school.lists(&twin).await, school.lists(&padded).await], [401, 401]);
    // As a grant, it may be shown as often as it likes.
    let grant = signing.sign(Some(&key.key), &claims(&address));
    let (one, other) = (school.asserted(&grant).await, school.asserted(&grant).await);
    assert_ne!(one, other);
    assert_eq!([school.lists(&one).await, school.lists(&other).await], [200, 200]);
}

/// The same assertion with the other signature by ECDSA that everyone can make of the first.
fn twin(assertion: &str) -> String {
    let (message, signature) = assertion.rsplit_once('.').unwrap();
    let signature = p256::ecdsa::Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let (r, s) = signature.split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r, -*s).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(other.to_bytes()))
}

pub(crate) async fn refreshed(school: School) {
    let both = [Scope::Courses, Scope::Rosters].into_iter().collect();
    let created = school.refresh_token(STUDENT, both).await;
    let (status, body) = school.refresh(&created, "").await;
    assert_eq!((status, body["scope"].as_str().map(|scope| scope.split(' ').count())), (200, Some(2)), "{body}");
    let narrow = text(school.refresh(&created, "&scope=classroom.courses").await);
    assert_eq!([school.lists(&narrow).await, school.get(&narrow, "/v1/userProfiles/me").await.0], [200, 403]);
}

pub(crate) async fn exchanged(school: School) {
    let created = school.refresh_token(TEACHER, [Scope::Courses, Scope::Rosters].into_iter().collect()).await;
    let first = text(school.refresh(&created, "").await);
    let (status, body) = school.exchange(&first, &format!("&scope={URL}classroom.courses&audience=x")).await;
    assert_eq!((status, &body["issued_token_type"]), (200, &"urn:ietf:params:oauth:token-type:access_token".into()), "{body}");
    let second = body["access_token"].as_str().unwrap();
    assert_eq!(school.lists(second).await, 200);
    is(&school.exchange(second, "&scope=classroom.rosters").await, 400, "invalid_scope");
    is(&school.exchange("demo-no-token", "").await, 400, "invalid_grant");
    // A token that the operator made, as it is known to the tests.
    assert_eq!(school.exchange("demo-teacher-token", "").await.0, 200);
}

pub(crate) async fn inside(school: School) {
    let service = school.service_account("demo").await;
    let grants = &school.token_grants();
    assert_eq!(grants.find_service_account(service.address.clone()).await.unwrap(), Some(service.clone()));
    let token = grants.grant_to(service.address.clone(), None).await.unwrap();
    assert_eq!((school.lists(&token.token).await, token.seconds), (200, 3_600));
    let again = grants.grant_to(service.address.clone(), None).await.unwrap();
    assert_eq!(again.token, token.token);
    // One that was revoked may not act until it has a new key.
    school.operators.grants.revoke_service_account(service.address.account, service.address.name.clone()).await.unwrap();
    assert_eq!(grants.find_service_account(service.address.clone()).await.unwrap(), None);
    assert!(matches!(grants.grant_to(service.address.clone(), None).await, Err(GrantError::Invalid)));
    school.key(&service, SignatureAlgorithm::Es256).await;
    let new = grants.grant_to(service.address, None).await.unwrap();
    assert_ne!(new.token, token.token);
    assert_eq!(school.lists(&new.token).await, 200);
}
