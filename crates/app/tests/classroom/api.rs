//! A client that calls the service in the same process.

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, test};
use derslik::wiring::Operators;
use derslik_domain::id::Id;
use derslik_domain::identity::{Email, PersonName, Role, Scopes, TokenLifetime, UserKey};
use derslik_http::{HttpState, configure};
use derslik_ports::inbound::operators::{NewToken, NewUser};
use derslik_testkit::builders::account;
use serde_json::{Value, json};

pub(crate) const ADMIN: &str = "demo-admin-token";
pub(crate) const TEACHER: &str = "demo-teacher-token";
pub(crate) const COTEACHER: &str = "demo-coteacher-token";
pub(crate) const STUDENT: &str = "demo-student-token";
pub(crate) const STRANGER: &str = "demo-stranger-token";
pub(crate) const OTHER: &str = "other-admin-token";

#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) state: HttpState,
    pub(crate) operators: Operators,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) tag: Option<String>,
    pub(crate) challenge: Option<String>,
}

impl Reply {
    /// The code, the status and the message of an error.
    pub(crate) fn error(&self) -> (u16, &str, &str) {
        let error = &self.body["error"];
        assert_eq!(error["code"], self.status, "{self:?}");
        (self.status, error["status"].as_str().unwrap_or(""), error["message"].as_str().unwrap_or(""))
    }

    pub(crate) fn id(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        self.body["id"].as_str().unwrap_or_default().to_owned()
    }
}

impl Api {
    pub(crate) async fn send(&self, token: &str, method: &str, path: &str, body: Vec<u8>, headers: &[(&str, &str)]) -> Reply {
        let state = self.state.clone();
        let app = test::init_service(App::new().configure(|config| configure(config, state))).await;
        let mut request = test::TestRequest::default().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
        if !token.is_empty() {
            request = request.insert_header(("Authorization", format!("Bearer {token}")));
        }
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request = request.insert_header((name, HeaderValue::from_bytes(value.as_bytes()).unwrap()));
        }
        let response = test::call_service(&app, request.set_payload(body).to_request()).await;
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, tag, challenge) = (response.status().as_u16(), header("etag"), header("www-authenticate"));
        let body = test::read_body(response).await;
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
        Reply { status, body, tag, challenge }
    }

    pub(crate) async fn call(&self, token: &str, method: &str, path: &str, body: Value) -> Reply {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send(token, method, path, body, &[]).await
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Reply {
        self.call(token, "GET", path, Value::Null).await
    }

    /// An active course of the teacher, with a co-teacher and a student.
    pub(crate) async fn course(&self) -> String {
        let body = json!({ "name": "Biyoloji", "ownerId": "me", "courseState": "ACTIVE" });
        let id = self.call(TEACHER, "POST", "/v1/courses", body).await.id();
        for (roster, user) in [("teachers", "coteacher@demo.example"), ("students", "student@demo.example")] {
            let added = self.call(ADMIN, "POST", &format!("/v1/courses/{id}/{roster}"), json!({ "userId": user })).await;
            assert_eq!(added.status, 200, "{added:?}");
        }
        id
    }

    pub(crate) async fn patch(&self, token: &str, id: &str, mask: &str, body: Value) -> Reply {
        self.call(token, "PATCH", &format!("/v1/courses/{id}?updateMask={mask}"), body).await
    }

    /// All objects that a request could have changed.
    pub(crate) async fn everything(&self, course: &str) -> Vec<Value> {
        let mut all = self.whole(course).await;
        all.push(self.get(ADMIN, "/v1/courses").await.body);
        all
    }

    /// The course with its members, aliases and other parts.
    pub(crate) async fn whole(&self, course: &str) -> Vec<Value> {
        let mut all = Vec::new();
        for below in ["", "/aliases", "/gradingPeriodSettings", "/teachers", "/students"] {
            all.push(self.get(ADMIN, &format!("/v1/courses/{course}{below}")).await.body);
        }
        all
    }

    /// A token with exactly these scopes, for a user of the account `demo`.
    pub(crate) async fn token(&self, email: &str, scopes: Scopes) -> String {
        let new = NewToken { scopes, project: Some(Id::new(1)), lifetime: TokenLifetime::Never };
        self.operators.tokens.issue(account().id, UserKey::Email(Email::parse(email).unwrap()), new).await.unwrap().token
    }

    /// An active course without further members, of a user who has no part in any other course.
    pub(crate) async fn foreign_course(&self, number: usize) -> String {
        let owner = format!("neighbour{number}@demo.example");
        let new = NewUser {
            email: Email::parse(&owner).unwrap(),
            username: None,
            role: Role::Member,
            name: PersonName::default(),
            surname: PersonName::default(),
        };
        self.operators.users.create(account().id, new).await.unwrap();
        self.call(ADMIN, "POST", "/v1/courses", json!({ "name": "Kimya", "ownerId": owner, "courseState": "ACTIVE" })).await.id()
    }
}
