//! Who may ask for what. Each request passes here before its page: the visitor is found by a cookie, a change needs the role for it and the
//! token of the form, and what a page could not do becomes a page.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};
use derslik_domain::audit::Requester;
use derslik_domain::identity::{Admin, AdminRole};
use derslik_side_listener::{Lifetime, MAX_BODY};
use futures_util::StreamExt;
use subtle::ConstantTimeEq;
use tokio::time::sleep;

use crate::failure::{Failure, Waiting};
use crate::fields::Fields;
use crate::locale::Language;
use crate::texts::Texts;
use crate::{CONSOLE_PATH, Console, SignInMode, assets, multipart, sign_in, visit};

/// The longest form, in bytes: room for a batch of sessions that was pasted.
const MAX_FORM: usize = 4 * 1024 * 1024;

/// How long a form with a file may take to come.
const UPLOAD: Duration = Duration::from_secs(120);

/// The time between two looks whether a sign-in has ended. A look reads one row by its key.
const LOOK: Duration = Duration::from_secs(10);

/// The header by which htmx says that it sends a request.
const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");

/// The header by which htmx leads the browser to another page.
pub(crate) const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

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
    /// The file that was sent with it; empty without one.
    pub(crate) file: RefCell<Vec<u8>>,
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

/// Lets those requests through that may pass, and makes pages of failures, or notes for htmx.
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
            let answer = to_sign_in(&request);
            return Ok(request.into_response(answer));
        }
        Err(failure) => {
            let answer = answer_of_failure(request.headers(), language, &failure);
            return Ok(request.into_response(answer));
        }
    };
    request.extensions_mut().insert(Rc::clone(&known));
    let response = next.call(request).await?.map_into_boxed_body();
    Ok(with_answer_of_failure(response, language))
}

/// Leads to the page to sign in, and from there back to the page that was asked for.
fn to_sign_in(request: &ServiceRequest) -> HttpResponse {
    let to = sign_in::path(request.uri().path_and_query().map_or(CONSOLE_PATH, |path| path.as_str()));
    if is_of_htmx(request.headers()) {
        // htmx would follow a redirection, and find nothing in the page to sign in that it can show in the place of a list.
        HttpResponse::Unauthorized().insert_header((HX_REDIRECT, to)).finish()
    } else {
        visit::see_other(&to)
    }
}

/// Whether htmx has sent a request.
pub(crate) fn is_of_htmx(headers: &HeaderMap) -> bool {
    headers.contains_key(HX_REQUEST)
}

/// Says what could not be done. htmx would put a page in the place of a list, which would be gone.
fn answer_of_failure(headers: &HeaderMap, language: Language, failure: &Failure) -> HttpResponse {
    if is_of_htmx(headers) { visit::failure_note(language, failure) } else { visit::failure_page(language, failure) }
}

fn with_answer_of_failure(response: ServiceResponse<BoxBody>, language: Language) -> ServiceResponse<BoxBody> {
    let failure = response.response().extensions().get::<Waiting>().and_then(|waiting| waiting.0.take());
    match failure {
        Some(failure) => {
            let answer = answer_of_failure(response.request().headers(), language, &failure);
            response.into_response(answer)
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
    let found = find_person(console, cookie.map(|cookie| cookie.value().to_owned())).await?;
    let is_sign_in = request.path() == sign_in::PATH;
    let (person, visitor) = match found {
        Some((person, visitor)) => (Some(person), visitor),
        None if is_sign_in => (None, String::new()),
        None => return Err(Failure::SignedOut),
    };
    let form_token = console.0.local.form_token(&visitor);
    let (form, file) = if is_reading(request.method()) {
        (Fields::default(), Vec::new())
    } else {
        // Test control alone takes files.
        let takes_files = person.is_some() && console.ports().is_some_and(|ports| ports.control.is_some());
        let (form, file) = read_form(request, language, takes_files).await?;
        let shown = form.raw(FORM_TOKEN).unwrap_or_default();
        if !bool::from(shown.as_bytes().ct_eq(form_token.as_bytes())) {
            return Err(Failure::Foreign);
        }
        // A viewer may sign in anew, and sign out.
        let is_of_sign_in = is_sign_in || request.path() == sign_in::OUT_PATH;
        if !is_of_sign_in && person.as_ref().is_none_or(|person| !person.can_change()) {
            return Err(Failure::ReadOnly);
        }
        (form, file)
    };
    Ok(Known { person, language, visitor, form_token, form: RefCell::new(form), file: RefCell::new(file) })
}

/// Returns once the sign-in of that token has ended. While the store does not answer, it goes on: pages tell so in their streams.
pub(crate) async fn sign_in_end(console: Console, visitor: String) {
    loop {
        sleep(LOOK).await;
        if let Ok(None) = find_person(&console, Some(visitor.clone())).await {
            return;
        }
    }
}

/// The visitor of that token, and the token.
async fn find_person(console: &Console, token: Option<String>) -> Result<Option<(Person, String)>, Failure> {
    let token = token.filter(|token| !token.is_empty());
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

/// The form of a request with its file, [`MAX_FORM`] bytes at most, or [`MAX_BODY`] bytes where files are taken.
async fn read_form(request: &mut ServiceRequest, language: Language, takes_files: bool) -> Result<(Fields, Vec<u8>), Failure> {
    let boundary = multipart::boundary(request).filter(|_| takes_files);
    let limit = if boundary.is_some() { MAX_BODY } else { MAX_FORM };
    let too_large = || Failure::Refused(Texts::of(language).failure_form_too_large(limit / (1024 * 1024)));
    if let Some(lifetime) = request.conn_data::<Lifetime>().filter(|_| boundary.is_some()) {
        lifetime.extend(UPLOAD);
    }
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut payload = request.take_payload();
    let mut bytes = Vec::new();
    while let Some(part) = payload.next().await {
        // A form that a client cuts off can't be used.
        let Ok(part) = part else { return Err(Failure::Foreign) };
        if bytes.len() + part.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&part);
    }
    match boundary {
        Some(boundary) => multipart::read(&bytes, &boundary).ok_or(Failure::Foreign),
        None => Ok((Fields::read(&bytes), Vec::new())),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, read_body};
    use tokio::time::timeout;

    use super::*;
    use crate::testing;

    const LIST: &str = "/console/7/jobs?q=a%26b&state=failed";

    #[actix_web::test]
    async fn a_list_that_htmx_asks_for_after_the_end_of_a_sign_in_leads_the_browser_to_the_page_to_sign_in() {
        let console = testing::console(SignInMode::Token("printed".to_owned()));
        let answer = testing::answer(&console, TestRequest::get().uri(LIST).insert_header(("HX-Request", "true"))).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(answer.headers().get("HX-Redirect").unwrap(), sign_in::path(LIST).as_str());
        // A browser by itself follows a redirection.
        let answer = testing::answer(&console, TestRequest::get().uri(LIST)).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers().get("Location").unwrap(), sign_in::path(LIST).as_str());
        assert!(!answer.headers().contains_key("HX-Redirect"));
    }

    #[actix_web::test]
    async fn a_list_that_htmx_asks_for_in_vain_stays_and_a_note_says_why() {
        // Without ports each page answers 503.
        let console = testing::console(SignInMode::NotNeeded);
        for language in Language::ALL {
            let request = || TestRequest::get().uri(LIST).insert_header(("Accept-Language", language.code()));
            let answer = testing::answer(&console, request().insert_header(("HX-Request", "true"))).await;
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            for (name, value) in
                [("HX-Retarget", "#failure"), ("HX-Reselect", ".note"), ("HX-Reswap", "innerHTML"), ("HX-Push-Url", "false")]
            {
                assert_eq!(answer.headers().get(name).unwrap(), value);
            }
            let note = String::from_utf8(read_body(answer).await.to_vec()).unwrap();
            assert!(note.starts_with("<div class=\"note bad\">") && note.contains(&Texts::of(language).failure_starting()), "{note}");
            // A browser by itself gets a page.
            let answer = testing::answer(&console, request()).await;
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(!answer.headers().contains_key("HX-Retarget"));
            assert!(read_body(answer).await.starts_with(b"<!doctype html>"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_in_goes_on_until_the_visitor_signs_out() {
        let console = testing::console(SignInMode::Token("printed".to_owned()));
        let token = console.0.local.sign_in("printed").unwrap();
        let mut end = Box::pin(sign_in_end(console.clone(), token.clone()));
        assert!(timeout(Duration::from_secs(601), &mut end).await.is_err());
        console.0.local.sign_out(&token);
        assert!(timeout(Duration::from_secs(15), &mut end).await.is_ok());
    }
}
