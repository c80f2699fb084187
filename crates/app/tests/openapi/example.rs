//! The example of a call: the request as the document shows it, sent to a service over a new database.

use actix_web::App;
use actix_web::http::{Method, header};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use derslik_domain::attendee::Attendee;
use derslik_domain::id::{Id, ProjectId, SessionGuid};
use derslik_domain::identity::{User, UserKey, Username};
use derslik_domain::job::{NewJob, ReferenceId};
use derslik_domain::session::{Session, SessionName};
use derslik_http::{Limits, configure};
use derslik_ports::outbound::{Reason, StoreError};
use derslik_testkit::builders;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::json_schema;
use crate::support::{DEMO, Open, Service};

/// The session that the examples name.
const SESSION: &str = "61E3D504-13EE-447F-9B36-6686C5C39FEB";

/// The key of the jobs API.
const ORGANIZATION_KEY: &str = "demo-organization-key";

/// A call that a document describes.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) id: String,
    /// In upper case.
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) operation: Value,
}

impl Call {
    /// Every call of a document.
    pub(crate) fn all(document: &Value) -> Vec<Self> {
        let mut calls = Vec::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let id = operation["operationId"].as_str().unwrap_or("without_an_id").to_owned();
                calls.push(Self { id, method: method.to_uppercase(), path: path.clone(), operation: operation.clone() });
            }
        }
        calls
    }

    fn parameters(&self) -> impl Iterator<Item = &Value> {
        self.operation["parameters"].as_array().into_iter().flatten()
    }

    /// The type of the body, and its example and schema.
    fn body(&self) -> Option<(&String, &Value)> {
        self.operation["requestBody"]["content"].as_object()?.iter().next()
    }

    /// Holds the examples of the request against their schemas.
    pub(crate) fn check_request(&self, document: &Value) -> Result<(), Failed> {
        let check = |part: &Value| json_schema::check(document, &part["schema"], &part["example"]);
        let of_parameters = self.parameters().filter(|parameter| !parameter["example"].is_null());
        of_parameters.chain(self.body().map(|(_, content)| content)).try_for_each(|part| {
            check(part).map_err(|failed| Failed::from(format!("{}: {}", self.id, failed.message().unwrap_or_default())))
        })
    }

    /// The request of the example.
    fn request(&self) -> Result<TestRequest, Failed> {
        let (mut path, mut query) = (self.path.clone(), Vec::new());
        for parameter in self.parameters().filter(|parameter| !parameter["example"].is_null()) {
            let (name, value) = (parameter["name"].as_str().ok_or("no name")?, encoded(&plain(&parameter["example"])));
            match parameter["in"].as_str() {
                Some("path") => path = path.replace(&format!("{{{name}}}"), &value),
                Some("query") => query.push(format!("{name}={value}")),
                other => return Err(format!("{}: an example in {other:?}", self.id).into()),
            }
        }
        let uri = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
        let mut request = TestRequest::default().method(Method::from_bytes(self.method.as_bytes())?).uri(&uri);
        let scheme = self.operation["security"][0].as_object().and_then(|schemes| schemes.keys().next());
        let credential = match scheme.map(String::as_str) {
            Some("accessKey") => Some(DEMO),
            Some("organizationKey") => Some(ORGANIZATION_KEY),
            Some(other) => return Err(format!("{}: the credential {other} is not known", self.id).into()),
            None => None,
        };
        if let Some(credential) = credential {
            request = request.insert_header((header::AUTHORIZATION, format!("Bearer {credential}")));
        }
        if let Some((kind, content)) = self.body() {
            let example = &content["example"];
            let payload = if kind == "application/x-www-form-urlencoded" { form(example) } else { example.to_string() };
            request = request.insert_header((header::CONTENT_TYPE, kind.as_str())).set_payload(payload);
        }
        Ok(request)
    }
}

/// A text without quotation marks, and any other value as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value for a part of a URL.
fn encoded(value: &str) -> String {
    let encode = |byte: u8| {
        let letter = char::from(byte);
        if letter.is_ascii_alphanumeric() || "-._~@".contains(letter) { letter.to_string() } else { format!("%{byte:02X}") }
    };
    value.bytes().map(encode).collect()
}

/// The body of a form.
fn form(example: &Value) -> String {
    let pairs = example.as_object().into_iter().flatten();
    pairs.map(|(name, value)| format!("{name}={}", encoded(&plain(value)))).collect::<Vec<_>>().join("&")
}

/// What the examples name: a session with two attendees, a person with a user name, and a job.
async fn prepare(service: &Service) -> Result<(), Failed> {
    let guid: SessionGuid = SESSION.parse()?;
    let created = "2025-02-06T15:23:48.490759+03:00".parse()?;
    let name = SessionName::new("Web Development 101")?;
    let session = Session { name, created_at: created, updated_at: created, ..builders::session(guid) };
    let erasure = NewJob::delete_user_data(ProjectId::new(1), ReferenceId::new("mehdi@openreplay.com")?, builders::now());
    let account = builders::account().id;
    service
        .write(move |stores| {
            stores.sessions().insert_many(account, &[&session])?;
            stores.jobs().enqueue(account, &erasure)?;
            let teacher = stores.users().find(account, &UserKey::Id(Id::new(102)))?.ok_or(StoreError::from(Reason::Unreachable))?;
            // The answers contain the GUID, so it must be a fixed one and not the one of the setup.
            let teacher = User { guid: builders::user(102).guid, username: Username::parse("teacher").ok(), ..teacher };
            stores.users().update(account, &teacher)?;
            let attendee = |number, user| Attendee { session: guid, user, ..builders::attendee(1, number) };
            stores.attendees().insert_many(account, &[attendee(1, None), attendee(2, Some(teacher.guid))])
        })
        .await
}

/// The status and the body with which the service answers the example of a call.
pub(crate) async fn answer_to(open: Open, call: &Call) -> Result<(u16, Option<Value>), Failed> {
    let service = Service::start(open, builders::now(), Limits::default()).await?;
    prepare(&service).await?;
    let app = init_service(App::new().configure(|config| configure(config, service.state.clone()))).await;
    let response = call_service(&app, call.request()?.to_request()).await;
    let status = response.status().as_u16();
    let body = read_body(response).await;
    Ok((status, if body.is_empty() { None } else { Some(serde_json::from_slice(&body)?) }))
}
