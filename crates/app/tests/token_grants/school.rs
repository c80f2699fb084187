//! The accounts of the test with their service accounts, and a client that makes assertions as client libraries do.

use std::sync::Arc;

use actix_web::{App, test};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derslik::wiring::Operators;
use derslik_domain::audit::{AuditFilter, AuditRecord};
use derslik_domain::id::AccountId;
use derslik_domain::identity::{Email, Role, Scope, Scopes, ServiceAccount, ServiceName, SignatureAlgorithm, TokenLifetime, UserKey};
use derslik_domain::page::PageRequest;
use derslik_http::{HttpState, configure};
use derslik_ports::inbound::TokenGrants;
use derslik_ports::inbound::operators::{CreatedRefreshToken, CreatedServiceKey, GrantTerms, NewDelegation, NewServiceAccount};
use derslik_testkit::builders::now;
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::DecodePrivateKey as _;
use rsa::signature::SignatureEncoding as _;
use serde_json::{Value, json};

use crate::support::Service;

pub(crate) const TEACHER: &str = "teacher@demo.example";
pub(crate) const STUDENT: &str = "student@demo.example";
pub(crate) const URL: &str = "https://www.googleapis.com/auth/";

/// The accounts `demo` and `other` behind their public interface.
pub(crate) struct School {
    state: HttpState,
    pub(crate) operators: Operators,
}

/// The status of an answer and its body.
pub(crate) type Answer = (u16, Value);

/// What a key signs with, read from its file.
pub(crate) enum Signing {
    Rs256(Box<rsa::pkcs1v15::SigningKey<rsa::sha2::Sha256>>),
    Es256(p256::ecdsa::SigningKey),
}

impl Signing {
    pub(crate) fn of(key: &CreatedServiceKey, algorithm: SignatureAlgorithm) -> Self {
        match algorithm {
            SignatureAlgorithm::Rs256 => {
                let key = rsa::RsaPrivateKey::from_pkcs8_pem(&key.private_pem).unwrap();
                Self::Rs256(Box::new(rsa::pkcs1v15::SigningKey::new(key)))
            }
            SignatureAlgorithm::Es256 => Self::Es256(p256::ecdsa::SigningKey::from_pkcs8_pem(&key.private_pem).unwrap()),
        }
    }

    const fn algorithm(&self) -> SignatureAlgorithm {
        match self {
            Self::Rs256(_) => SignatureAlgorithm::Rs256,
            Self::Es256(_) => SignatureAlgorithm::Es256,
        }
    }

    /// The text of an assertion with these claims, signed by the key.
    pub(crate) fn sign(&self, kid: Option<&str>, claims: &Value) -> String {
        let mut header = json!({ "alg": self.algorithm().name(), "typ": "JWT" });
        if let Some(kid) = kid {
            header["kid"] = kid.into();
        }
        let message = format!("{}.{}", encoded(&header), encoded(claims));
        let signature = match self {
            Self::Rs256(key) => key.sign(message.as_bytes()).to_vec(),
            Self::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message.as_bytes());
                signature.to_bytes().to_vec()
            }
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A part of a JWT.
pub(crate) fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// The claims of a service account for itself, from now on for an hour.
pub(crate) fn claims(issuer: &str) -> Value {
    let at = now().micros() / 1_000_000;
    json!({ "iss": issuer, "aud": "https://oauth2.googleapis.com/token", "iat": at, "exp": at + 3_600 })
}

/// The same claims with another value of one of them.
pub(crate) fn with(mut claims: Value, name: &str, value: impl Into<Value>) -> Value {
    claims[name] = value.into();
    claims
}

pub(crate) fn person(address: &str) -> UserKey {
    UserKey::Email(Email::parse(address).unwrap())
}

impl School {
    pub(crate) fn of(service: &Service) -> Self {
        Self { state: service.state.clone(), operators: service.operators.clone() }
    }

    /// The use cases of grants, as callers inside of the program have them.
    pub(crate) fn token_grants(&self) -> Arc<dyn TokenGrants> {
        Arc::clone(&self.state.token_grants)
    }

    pub(crate) async fn account(&self, named: &str) -> AccountId {
        self.operators.accounts.find(named).await.unwrap()
    }

    /// Creates the service account `timetable` of an account, which may act for the teacher if it is that of `demo`.
    pub(crate) async fn service_account(&self, named: &str) -> ServiceAccount {
        let people = if named == "demo" { vec![person(TEACHER)] } else { Vec::new() };
        let scopes = [Scope::Courses, Scope::Rosters].into_iter().collect();
        let name = ServiceName::parse("timetable").unwrap();
        let new = NewServiceAccount { name, role: Role::Member, scopes, delegation: NewDelegation::People(people) };
        self.operators.grants.create_service_account(self.account(named).await, new).await.unwrap()
    }

    /// Makes a key of a service account.
    pub(crate) async fn key(&self, service: &ServiceAccount, algorithm: SignatureAlgorithm) -> (CreatedServiceKey, Signing) {
        let terms = GrantTerms { scopes: service.scopes, project: None, lifetime: TokenLifetime::Default };
        let made = self.operators.grants.create_key(service.address.account, service.address.name.clone(), algorithm, terms);
        let key = made.await.unwrap();
        let signing = Signing::of(&key, algorithm);
        (key, signing)
    }

    /// Makes a refresh token of a person of the account `demo`.
    pub(crate) async fn refresh_token(&self, address: &str, scopes: Scopes) -> CreatedRefreshToken {
        let terms = GrantTerms { scopes, project: None, lifetime: TokenLifetime::Default };
        self.operators.grants.create_refresh_token(self.account("demo").await, person(address), terms).await.unwrap()
    }

    /// Asks for a token.
    pub(crate) async fn token(&self, form: &str) -> Answer {
        let state = self.state.clone();
        let app = test::init_service(App::new().configure(|config| configure(config, state))).await;
        let request = test::TestRequest::post().uri("/token").insert_header(("Content-Type", "application/x-www-form-urlencoded"));
        let response = test::call_service(&app, request.set_payload(form.to_owned()).to_request()).await;
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&test::read_body(response).await).unwrap())
    }

    /// Asks for a token for an assertion.
    pub(crate) async fn assert(&self, assertion: &str) -> Answer {
        self.token(&format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={assertion}")).await
    }

    /// The token for an assertion that is right.
    pub(crate) async fn asserted(&self, assertion: &str) -> String {
        text(self.assert(assertion).await)
    }

    /// Asks for a token for a refresh token.
    pub(crate) async fn refresh(&self, created: &CreatedRefreshToken, more: &str) -> Answer {
        let (client, token) = (&created.client, &created.token);
        let (id, secret) = (&client.id, &client.secret);
        self.token(&format!("grant_type=refresh_token&refresh_token={token}&client_id={id}&client_secret={secret}{more}")).await
    }

    /// Asks for a token for another token.
    pub(crate) async fn exchange(&self, token: &str, more: &str) -> Answer {
        let kind = "urn:ietf:params:oauth:token-type:access_token";
        let grant = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange";
        self.token(&format!("{grant}&subject_token={token}&subject_token_type={kind}{more}")).await
    }

    /// The answer to a call of the courses API.
    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        let state = self.state.clone();
        let app = test::init_service(App::new().configure(|config| configure(config, state))).await;
        let request = test::TestRequest::get().uri(path).insert_header(("Authorization", format!("Bearer {token}")));
        let response = test::call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&test::read_body(response).await).unwrap())
    }

    /// The status of a list of courses with a token.
    pub(crate) async fn lists(&self, token: &str) -> u16 {
        self.get(token, "/v1/courses").await.0
    }

    /// The audit log of the account `demo`.
    pub(crate) async fn audit(&self) -> Vec<AuditRecord> {
        let page = PageRequest { size: 100, after: None };
        self.operators.audit.list(self.account("demo").await, AuditFilter::default(), page).await.unwrap()
    }
}

/// The token of an answer.
pub(crate) fn text((status, body): Answer) -> String {
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

/// Expects that error.
pub(crate) fn is((status, body): &Answer, expected: u16, error: &str) {
    assert_eq!((*status, body["error"].as_str()), (expected, Some(error)), "{body}");
}
