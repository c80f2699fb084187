//! Who may ask for what. Each request passes here before its page: the visitor is found by a cookie, a change needs the role for it and the
//! token of the form, and what a page could not do becomes a page.

use std::cell::RefCell;
use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::cookie::Cookie;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderName, HeaderValue, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};
use derslik_domain::audit::Requester;
use derslik_domain::identity::{Admin, AdminRole};
use futures_util::StreamExt;
use subtle::ConstantTimeEq;

use crate::failure::{Failure, Waiting};
use crate::fields::Fields;
use crate::locale::Language;
use crate::{CONSOLE_PATH, Console, SignInMode, assets, sign_in, visit};

/// The longest form, in bytes: room for a batch of sessions that was pasted.
const MAX_FORM: usize = 4 * 1024 * 1024;

/// The field of a form with its token.
pub(crate) const FORM_TOKEN: &str = "form_token";

/// The cookie with the language that a visitor chose.
pub(crate) const LANGUAGE_COOKIE: &str = "derslik_language";

const SECURE_HEADERS: [(HeaderName, &str); 5] = [
    (
        actix_web::http::header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'",
    ),
    (actix_web::http::header::X_FRAME_OPTIONS, "DENY"),
    // A form of this page then has an origin, by which the listener knows it.
    (actix_web::http::header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// A visitor who may read.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// The admin; `None` where no admin signs in.
    pub(crate) admin: Option<Admin>,
}

impl Person {
    /// Whether the person may change something.
    pub(crate) fn can_change(&self) -> bool {
        self.admin.as_ref().is_none_or(|admin| admin.role == AdminRole::Operator)
    }

    /// Who is recorded for the changes of the person.
    pub(crate) fn requester(&self) -> Requester {
        self.admin.as_ref().map_or(Requester::Operator, |admin| Requester::Admin(admin.id))
    }
}

/// What is known of a request before its page. It holds the token of the sign-in, so it is never printed.
pub(crate) struct Known {
    /// The visitor; `None` on the page to sign in.
    pub(crate) person: Option<Person>,
    /// The language of the page.
    pub(crate) language: Language,
    /// What the notes of the visitor are found by: the token of the sign-in, or an empty text.
    pub(crate) visitor: String,
    /// The token that the forms of the page carry.
    pub(crate) form_token: String,
    /// The form that was sent.
    pub(crate) form: RefCell<Fields>,
}

/// The name of the cookie of a sign-in.
pub(crate) const fn sign_in_cookie(is_https: bool) -> &'static str {
    if is_https { "__Host-derslik" } else { "derslik_console" }
}

/// Adds the headers that keep foreign pages and scripts out.
pub(crate) async fn secure_headers(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse, Error> {
    let mut response = next.call(request).await?.map_into_boxed_body();
    for (name, value) in SECURE_HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Lets those requests through that may pass, and makes pages of failures.
pub(crate) async fn guard(mut request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse, Error> {
    if request.path().starts_with(assets::PATH) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let language = language_of(&request);
    let Some(console) = request.app_data::<Data<Console>>().map(|console| console.get_ref().clone()) else {
        return Ok(request.into_response(HttpResponse::new(StatusCode::NOT_FOUND)));
    };
    let known = match check(&console, &mut request, language).await {
        Ok(known) => Rc::new(known),
        Err(Failure::SignedOut) if is_reading(request.method()) && !is_stream(&request) => {
            let to = sign_in::path(request.uri().path_and_query().map_or(CONSOLE_PATH, |path| path.as_str()));
            return Ok(request.into_response(HttpResponse::SeeOther().insert_header((LOCATION, to)).finish()));
        }
        Err(failure) => {
            let known = Known {
                person: None,
                language,
                visitor: String::new(),
                form_token: console.0.local.form_token(""),
                form: RefCell::default(),
            };
            return Ok(request.into_response(visit::failure_page(&known, &failure)));
        }
    };
    request.extensions_mut().insert(Rc::clone(&known));
    let response = next.call(request).await?.map_into_boxed_body();
    Ok(with_page_of_failure(response, &known))
}

fn with_page_of_failure(response: ServiceResponse<BoxBody>, known: &Known) -> ServiceResponse<BoxBody> {
    let failure = response.response().extensions().get::<Waiting>().and_then(|waiting| waiting.0.take());
    match failure {
        Some(failure) => {
            let page = visit::failure_page(known, &failure);
            response.into_response(page)
        }
        None => response,
    }
}

/// The language that the visitor chose, or that the browser asks for.
fn language_of(request: &ServiceRequest) -> Language {
    let chosen = request.cookie(LANGUAGE_COOKIE).and_then(|cookie| Language::by_code(cookie.value()));
    let asked = || request.headers().get(ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok()).unwrap_or_default();
    chosen.unwrap_or_else(|| Language::accepted(asked()))
}

/// Whether a page asks for a stream of events. To another page it would listen in vain.
fn is_stream(request: &ServiceRequest) -> bool {
    request.headers().get(ACCEPT).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// Whether a request only reads.
fn is_reading(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method)
}

async fn check(console: &Console, request: &mut ServiceRequest, language: Language) -> Result<Known, Failure> {
    let cookie = request.cookie(sign_in_cookie(console.settings().is_https));
    let found = find_person(console, cookie).await?;
    let is_sign_in = request.path() == sign_in::PATH;
    let (person, visitor) = match found {
        Some((person, visitor)) => (Some(person), visitor),
        None if is_sign_in => (None, String::new()),
        None => return Err(Failure::SignedOut),
    };
    let form_token = console.0.local.form_token(&visitor);
    let form = if is_reading(request.method()) {
        Fields::default()
    } else {
        let form = read_form(request, language).await?;
        let shown = form.raw(FORM_TOKEN).unwrap_or_default();
        if !bool::from(shown.as_bytes().ct_eq(form_token.as_bytes())) {
            return Err(Failure::Foreign);
        }
        // A viewer may sign in anew, and sign out.
        let is_of_sign_in = is_sign_in || request.path() == sign_in::OUT_PATH;
        if !is_of_sign_in && person.as_ref().is_none_or(|person| !person.can_change()) {
            return Err(Failure::ReadOnly);
        }
        form
    };
    Ok(Known { person, language, visitor, form_token, form: RefCell::new(form) })
}

/// The visitor, and the token of the sign-in.
async fn find_person(console: &Console, cookie: Option<Cookie<'static>>) -> Result<Option<(Person, String)>, Failure> {
    let token = cookie.map(|cookie| cookie.value().to_owned()).filter(|token| !token.is_empty());
    match console.settings().sign_in {
        SignInMode::NotNeeded => Ok(Some((Person { admin: None }, String::new()))),
        SignInMode::Token(_) => Ok(token.filter(|token| console.0.local.knows(token)).map(|token| (Person { admin: None }, token))),
        SignInMode::Admins => {
            let Some(token) = token else { return Ok(None) };
            let ports = console.ports().ok_or(Failure::Starting)?;
            let admin = ports.sign_ins.find(&token).await?;
            Ok(admin.map(|admin| (Person { admin: Some(admin) }, token)))
        }
    }
}

/// The form of a request, up to [`MAX_FORM`] bytes.
async fn read_form(request: &mut ServiceRequest, language: Language) -> Result<Fields, Failure> {
    let mut payload = request.take_payload();
    let mut bytes = Vec::new();
    while let Some(part) = payload.next().await {
        // A form that a client cuts off can't be used.
        let Ok(part) = part else { return Err(Failure::Foreign) };
        if bytes.len() + part.len() > MAX_FORM {
            return Err(Failure::Refused(crate::texts::Texts::of(language).failure_form_too_large()));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(Fields::read(&bytes))
}
