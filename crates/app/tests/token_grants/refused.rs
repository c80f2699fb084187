//! Grants that get no token, and tokens that end with their grant.

use std::time::Duration;

use derslik_domain::identity::{CredentialFilter, CredentialKind, Scope, SignatureAlgorithm, TokenLifetime};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::operators::{CreatedRefreshToken, KeyError};
use serde_json::json;

use crate::school::{STUDENT, School, TEACHER, URL, claims, encoded, is, person, text, with};

pub(crate) async fn of_another_account(school: School) {
    let (mine, theirs) = (school.service_account("demo").await, school.service_account("other").await);
    let (key, signing) = school.key(&mine, SignatureAlgorithm::Es256).await;
    let (foreign, _) = school.key(&theirs, SignatureAlgorithm::Es256).await;
    for (issuer, kid) in
        [(&theirs, Some(key.key.as_str())), (&theirs, Some(foreign.key.as_str())), (&theirs, None), (&mine, Some(foreign.key.as_str()))]
    {
        let assertion = signing.sign(kid, &claims(&issuer.address.to_string()));
        is(&school.assert(&assertion).await, 400, "invalid_grant");
        let address = issuer.address.to_string();
        let bearer = signing.sign(kid, &with(claims(&address), "sub", address.as_str()));
        assert_eq!(school.lists(&bearer).await, 401);
    }
    assert_eq!(school.assert(&signing.sign(None, &claims(&mine.address.to_string()))).await.0, 200);
}

pub(crate) async fn other_algorithms(school: School) {
    let service = school.service_account("demo").await;
    let (key, signing) = school.key(&service, SignatureAlgorithm::Rs256).await;
    let claims = claims(&service.address.to_string());
    let right = signing.sign(Some(&key.key), &claims);
    let (_, signature) = right.rsplit_once('.').unwrap();
    for name in ["none", "None", "HS256", "ES256", "RS512", "PS256", ""] {
        let message = format!("{}.{}", encoded(&json!({ "alg": name, "kid": key.key })), encoded(&claims));
        for signature in [signature, ""] {
            is(&school.assert(&format!("{message}.{signature}")).await, 400, "invalid_grant");
        }
    }
    // Other claims under the same signature, and another key under the same name.
    let (message, _) = right.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    is(&school.assert(&format!("{header}.{}.{signature}", encoded(&with(claims.clone(), "sub", TEACHER)))).await, 400, "invalid_grant");
    let (_, stranger) = school.key(&service, SignatureAlgorithm::Es256).await;
    is(&school.assert(&stranger.sign(Some(&key.key), &claims)).await, 400, "invalid_grant");
    assert_eq!(school.assert(&right).await.0, 200);
}

pub(crate) async fn revoked(school: School) {
    let account = school.account("demo").await;
    let service = school.service_account("demo").await;
    let (first, signing) = school.key(&service, SignatureAlgorithm::Es256).await;
    let (second, other) = school.key(&service, SignatureAlgorithm::Es256).await;
    let claims = claims(&service.address.to_string());
    let for_teacher = with(claims.clone(), "sub", TEACHER);
    // Nothing was asked with these tokens, so no process remembers them.
    let ends = [school.asserted(&signing.sign(Some(&first.key), &claims)).await, school.asserted(&signing.sign(None, &for_teacher)).await];
    let stays = school.asserted(&other.sign(Some(&second.key), &claims)).await;
    let exchanged = text(school.exchange(&ends[0], "").await);
    school.operators.grants.revoke(account, first.id).await.unwrap();
    for token in ends.iter().chain([&exchanged]) {
        assert_eq!(school.lists(token).await, 401);
    }
    assert_eq!(school.lists(&stays).await, 200);
    is(&school.assert(&signing.sign(Some(&first.key), &claims)).await, 400, "invalid_grant");

    let last = school.asserted(&other.sign(Some(&second.key), &for_teacher)).await;
    school.operators.grants.revoke_service_account(account, service.address.name.clone()).await.unwrap();
    assert_eq!(school.lists(&last).await, 401);
    is(&school.assert(&other.sign(Some(&second.key), &claims)).await, 400, "invalid_grant");

    let created = school.refresh_token(STUDENT, [Scope::Courses].into_iter().collect()).await;
    in_the_middle(&school, &created).await;
    let token = text(school.refresh(&created, "").await);
    school.operators.users.set_password(account, person(STUDENT), None).await.unwrap();
    assert_eq!(school.lists(&token).await, 401);
    is(&school.refresh(&created, "").await, 400, "invalid_grant");
}

/// Of tokens that were exchanged one for the other, one is revoked: it goes with those after it, and not with those before it. None is
/// rotated into one that would not go.
async fn in_the_middle(school: &School, created: &CreatedRefreshToken) {
    let account = school.account("demo").await;
    let mut tokens = vec![text(school.refresh(created, "").await)];
    for _ in 0..3 {
        let next = text(school.exchange(tokens.last().unwrap(), "").await);
        tokens.push(next);
    }
    let filter = CredentialFilter { kind: Some(CredentialKind::AccessToken), ..CredentialFilter::default() };
    let page = PageRequest { size: 100, after: None };
    let listed = school.operators.credentials.list(account, filter, page).await.unwrap();
    let second = listed.iter().find(|stored| tokens[1].contains(&stored.public_id)).unwrap();
    let rotated = school.operators.credentials.rotate(account, second.id, Duration::ZERO, Some(TokenLifetime::Never)).await;
    assert!(matches!(rotated, Err(KeyError::Issued)), "{rotated:?}");
    school.operators.credentials.revoke(account, second.id).await.unwrap();
    let mut statuses = Vec::new();
    for token in &tokens {
        statuses.push(school.lists(token).await);
    }
    assert_eq!(statuses, [200, 401, 401, 401]);
}

pub(crate) async fn other_people(school: School) {
    let account = school.account("demo").await;
    let service = school.service_account("demo").await;
    let (_, signing) = school.key(&service, SignatureAlgorithm::Es256).await;
    let claims = claims(&service.address.to_string());
    for other in [STUDENT, "admin@demo.example", "admin@other.example", "nobody@demo.example", "1", "4490", ""] {
        is(&school.assert(&signing.sign(None, &with(claims.clone(), "sub", other))).await, 400, "invalid_grant");
    }
    let for_teacher = signing.sign(None, &with(claims, "sub", TEACHER));
    let token = school.asserted(&for_teacher).await;
    school.operators.users.set_active(account, person(TEACHER), false).await.unwrap();
    is(&school.assert(&for_teacher).await, 400, "invalid_grant");
    assert_eq!(school.lists(&token).await, 401);
}

pub(crate) async fn scopes(school: School) {
    let service = school.service_account("demo").await;
    let (_, signing) = school.key(&service, SignatureAlgorithm::Es256).await;
    let claims = claims(&service.address.to_string());
    let many = "https://www.googleapis.com/auth/classroom.courses ".repeat(500) + &"x ".repeat(9_500);
    for scope in [format!("{URL}classroom.profile.emails"), format!("{URL}classroom.courses {URL}drive"), "sessions".to_owned(), many] {
        is(&school.assert(&signing.sign(None, &with(claims.clone(), "scope", scope))).await, 400, "invalid_scope");
    }
    let repeated = format!("{URL}classroom.courses ").repeat(200);
    assert_eq!(school.assert(&signing.sign(None, &with(claims.clone(), "scope", repeated))).await.0, 200);
    let lacking = with(claims, "scope", format!("{URL}classroom.profile.emails"));
    let (_, body) = school.assert(&signing.sign(None, &lacking)).await;
    let text = body["error_description"].as_str().unwrap_or_default();
    assert!(text.ends_with(&format!(": {URL}classroom.profile.emails")), "{text}");
    let bearer = signing.sign(None, &with(lacking, "sub", service.address.to_string()));
    let (status, body) = school.get(&bearer, "/v1/courses").await;
    assert_eq!((status, body["error"]["details"][0]["reason"].as_str()), (403, Some("ACCESS_TOKEN_SCOPE_INSUFFICIENT")), "{body}");
    let created = school.refresh_token(STUDENT, [Scope::Courses].into_iter().collect()).await;
    is(&school.refresh(&created, "&scope=classroom.rosters").await, 400, "invalid_scope");
}

pub(crate) async fn times(school: School) {
    let service = school.service_account("demo").await;
    let (_, signing) = school.key(&service, SignatureAlgorithm::Es256).await;
    let claims = claims(&service.address.to_string());
    let at = claims["iat"].as_i64().unwrap();
    for (issued, expires) in [(at, at + 3_601), (at - 3_600, at), (at + 120, at + 3_600), (at, at - 1), (0, i64::MAX / 1_000_000)] {
        let wrong = with(with(claims.clone(), "iat", issued), "exp", expires);
        is(&school.assert(&signing.sign(None, &wrong)).await, 400, "invalid_grant");
    }
    let old = with(with(claims, "iat", at - 3_590), "exp", at + 10);
    assert_eq!(school.assert(&signing.sign(None, &old)).await.0, 200);
}

pub(crate) async fn another_client(school: School) {
    let scopes = [Scope::Courses].into_iter().collect();
    let (mine, theirs) = (school.refresh_token(STUDENT, scopes).await, school.refresh_token(TEACHER, scopes).await);
    let mixed = CreatedRefreshToken { token: theirs.token.clone(), ..mine.clone() };
    is(&school.refresh(&mixed, "").await, 400, "invalid_grant");
    let mut wrong = mine.clone();
    wrong.client.secret.clone_from(&theirs.client.secret);
    is(&school.refresh(&wrong, "").await, 401, "invalid_client");
    "1-00.apps.derslik.internal".clone_into(&mut wrong.client.id);
    is(&school.refresh(&wrong, "").await, 401, "invalid_client");
    // Neither secret is an access token.
    for text in [&mine.token, &mine.client.secret] {
        assert_eq!(school.lists(text).await, 401);
        is(&school.exchange(text, "").await, 400, "invalid_grant");
    }
    assert_eq!(school.refresh(&mine, "").await.0, 200);
}
