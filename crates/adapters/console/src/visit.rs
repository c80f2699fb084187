//! What a page knows of its visitor, and how it answers.

use std::rc::Rc;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, VARY};
use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use askama::Template;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{Actor, ClientNetwork};
use derslik_domain::page::PageRequest;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::control::PublicAccountId;
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;

use crate::failure::Failure;
use crate::fields::Fields;
use crate::guard::{self, HX_REDIRECT, Known, LANGUAGE_COOKIE, Person};
use crate::locale::Language;
use crate::notes::Note;
use crate::ports::ControlPorts;
use crate::texts::Texts;
use crate::{CONSOLE_PATH, Console, ConsolePorts, OperatorPorts};

/// The field of a query with the number of a note.
pub(crate) const NOTE: &str = "note";

/// How htmx shows the note of a failure: in the place for it in `layout.html`, while the list and the address stay as they are.
const OF_FAILURE_NOTES: [(HeaderName, &str); 4] = [
    (HeaderName::from_static("hx-retarget"), "#failure"),
    (HeaderName::from_static("hx-reselect"), ".note"),
    (HeaderName::from_static("hx-reswap"), "innerHTML"),
    (HeaderName::from_static("hx-push-url"), "false"),
];

/// The account that a page is about.
#[derive(Debug, Clone)]
pub(crate) struct ShownAccount {
    /// The id in the address, which a reset does not change.
    pub(crate) public: PublicAccountId,
    /// The id behind it.
    pub(crate) id: AccountId,
    /// Its name.
    pub(crate) name: String,
    /// Its zone, in which times are shown.
    pub(crate) zone: Zone,
    /// Whether none of its credentials are accepted.
    pub(crate) is_disabled: bool,
}

/// A request for a page of an account, with its visitor. Handlers take it as an argument.
pub(crate) struct Visit {
    pub(crate) console: Console,
    known: Rc<Known>,
    person: Person,
    /// The request.
    pub(crate) request: HttpRequest,
    /// The account.
    pub(crate) account: ShownAccount,
    /// The query.
    pub(crate) query: Fields,
    /// The texts in the language of the visitor.
    pub(crate) t: Texts,
    /// The language of the visitor.
    pub(crate) language: Language,
    /// The time of the account.
    pub(crate) now: Timestamp,
}

impl FromRequest for Visit {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (console, known) = known(&request)?;
            let person = known.person.clone().ok_or(Failure::SignedOut)?;
            let ports = console.ports().ok_or(Failure::Starting)?;
            let public: PublicAccountId = request.match_info().query("account").parse().map_err(|_| Failure::NotFound)?;
            let id = ports.ids.current(public);
            let state = (ports.operators_for)(person.requester()).accounts.show(id).await?.ok_or(Failure::NotFound)?;
            let account = ShownAccount {
                public,
                id,
                name: state.account.name.to_string(),
                zone: state.account.settings.timezone,
                is_disabled: state.is_disabled(),
            };
            let (query, language, now) = (Fields::read(request.query_string().as_bytes()), known.language, (ports.time_of)(id));
            Ok(Self { t: Texts::of(language), console, known, person, request, account, query, language, now })
        })
    }
}

/// The console, and what is known of a request before its page.
pub(crate) fn known(request: &HttpRequest) -> Result<(Console, Rc<Known>), Failure> {
    let console = request.app_data::<Data<Console>>().map(|console| console.get_ref().clone()).ok_or(Failure::NotFound)?;
    let known = request.extensions().get::<Rc<Known>>().cloned().ok_or(Failure::SignedOut)?;
    Ok((console, known))
}

impl Visit {
    /// The ports.
    pub(crate) fn ports(&self) -> Result<&ConsolePorts, Failure> {
        self.console.ports().ok_or(Failure::Starting)
    }

    /// The ports of operators, which record the visitor.
    pub(crate) fn operators(&self) -> Result<OperatorPorts, Failure> {
        Ok((self.ports()?.operators_for)(self.person.requester()))
    }

    /// The ports of test control; without them the page is absent.
    pub(crate) fn control(&self) -> Result<&ControlPorts, Failure> {
        self.ports()?.control.as_ref().ok_or(Failure::NotFound)
    }

    /// An actor for the ports of clients, who may do all in the account.
    pub(crate) async fn actor(&self) -> Result<Actor, Failure> {
        self.operators()?.actors.actor(self.account.id).await?.ok_or(Failure::NoService)
    }

    /// The visitor.
    pub(crate) const fn person(&self) -> &Person {
        &self.person
    }

    /// Whether the visitor may change something.
    pub(crate) fn can_change(&self) -> bool {
        self.person.can_change()
    }

    /// The form that was sent.
    pub(crate) fn form(&self) -> Fields {
        self.known.form.borrow().clone()
    }

    /// The file that was sent with the form; empty without one, and the second time.
    pub(crate) fn take_file(&self) -> Vec<u8> {
        self.known.file.take()
    }

    /// Returns once the visitor is not signed in any more.
    pub(crate) fn sign_in_end(&self) -> LocalBoxFuture<'static, ()> {
        Box::pin(guard::sign_in_end(self.console.clone(), self.known.visitor.clone()))
    }

    /// The token that each form of the page carries.
    pub(crate) fn form_token(&self) -> &str {
        &self.known.form_token
    }

    /// The address of a page of the same account: `path` begins without a slash, as `jobs?state=failed`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{CONSOLE_PATH}/{}/{path}", self.account.public)
    }

    /// An instant for a list, in the zone of the account.
    pub(crate) fn when(&self, at: Timestamp) -> String {
        self.language.when(at, self.now, self.account.zone)
    }

    /// An instant in full, in the zone of the account.
    pub(crate) fn moment(&self, at: Timestamp) -> String {
        self.language.moment(at, self.account.zone)
    }

    /// The note that a form has left for this page.
    pub(crate) fn note(&self) -> Option<Note> {
        let number = self.query.get(NOTE)?.parse().ok()?;
        self.console.0.notes.take(&self.known.visitor, number)
    }

    /// The answer to a form: the browser goes to another page of the account, which shows the note.
    pub(crate) fn leave(&self, note: Note, path: &str) -> HttpResponse {
        let number = self.console.0.notes.leave(&self.known.visitor, note).to_string();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        self.go(&format!("{path}{}", Fields::read(query.as_bytes()).with(&[(NOTE, Some(&number))])))
    }

    /// Sends the browser to another page of the account.
    pub(crate) fn go(&self, path: &str) -> HttpResponse {
        see_other(&self.url(path))
    }

    /// The answer with a page.
    pub(crate) fn page(&self, template: &impl Template) -> Result<HttpResponse, Failure> {
        self.answer(StatusCode::OK, template)
    }

    /// The answer to a form that can't be used: the page with the form and what is wrong. htmx would show a part of it alone, without what is
    /// wrong, so it leads the browser to the whole page.
    pub(crate) fn refused_page(&self, template: &impl Template) -> Result<HttpResponse, Failure> {
        if guard::is_of_htmx(self.request.headers()) {
            return Ok(HttpResponse::UnprocessableEntity().insert_header((HX_REDIRECT, self.here())).finish());
        }
        self.answer(StatusCode::UNPROCESSABLE_ENTITY, template)
    }

    fn answer(&self, status: StatusCode, template: &impl Template) -> Result<HttpResponse, Failure> {
        let mut answer = page(status, template)?;
        answer.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(self.language.code()));
        Ok(answer)
    }

    /// The network of the visitor.
    pub(crate) fn network(&self) -> Option<ClientNetwork> {
        network(&self.request)
    }

    /// The path and the query of this page, without its note.
    pub(crate) fn here(&self) -> String {
        format!("{}{}", self.request.path(), self.query.with(&[(NOTE, None)]))
    }
}

/// The network that a request comes from.
pub(crate) fn network(request: &HttpRequest) -> Option<ClientNetwork> {
    request.peer_addr().map(|address| ClientNetwork::of(address.ip()))
}

/// Renders a page.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Result<HttpResponse, Failure> {
    match template.render() {
        Ok(html) => Ok(HttpResponse::build(status)
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((VARY, "Cookie, Accept-Language, HX-Request"))
            .body(html)),
        Err(error) => {
            tracing::error!(%error, "a template of the console has failed");
            Err(Failure::Unavailable)
        }
    }
}

/// Sends a browser to another page.
pub(crate) fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    language: Language,
    t: Texts,
    title: String,
    text: String,
    /// What else there is to say, in English, or an empty text.
    detail: String,
}

#[derive(Template)]
#[template(path = "shell/failed.html")]
struct FailureNote {
    title: String,
    text: String,
    /// What else there is to say, in English, or an empty text.
    detail: String,
}

/// The page that says what could not be done.
pub(crate) fn failure_page(language: Language, failure: &Failure) -> HttpResponse {
    let t = Texts::of(language);
    let FailureNote { title, text, detail } = failure_words(t, failure);
    let page = page(failure.status(), &FailurePage { language, t, title, text, detail });
    page.unwrap_or_else(|_| HttpResponse::new(failure.status()))
}

/// The answer to htmx that says what could not be done, by a note on the page that the visitor sees.
pub(crate) fn failure_note(language: Language, failure: &Failure) -> HttpResponse {
    let note = page(failure.status(), &failure_words(Texts::of(language), failure));
    let mut answer = note.unwrap_or_else(|_| HttpResponse::new(failure.status()));
    for (name, value) in OF_FAILURE_NOTES {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// What a failure is called.
fn failure_words(t: Texts, failure: &Failure) -> FailureNote {
    let (title, text) = match failure {
        Failure::NotFound => (t.failure_not_found(), t.failure_not_found_more()),
        Failure::SignedOut => (t.failure_signed_out(), t.failure_signed_out_more()),
        Failure::ReadOnly => (t.failure_read_only(), t.failure_read_only_more()),
        Failure::Foreign => (t.failure_foreign(), t.failure_foreign_more()),
        Failure::Refused(text) => (t.failure_refused(), text.clone()),
        Failure::Conflict(text) => (t.failure_conflict(), text.clone()),
        Failure::NoService => (t.failure_conflict(), t.failure_no_service()),
        Failure::Repeated => (t.failure_repeated(), t.failure_repeated_more()),
        Failure::Invalid(_) => (t.failure_refused(), t.failure_invalid()),
        Failure::InTheWay(_) => (t.failure_conflict(), t.failure_in_the_way()),
        Failure::TimedOut => (t.control_timed_out(), t.control_timed_out_more()),
        Failure::Starting => (t.failure_starting(), t.failure_starting_more()),
        Failure::Unavailable => (t.failure_unavailable(), t.failure_unavailable_more()),
    };
    let detail = if let Failure::Invalid(detail) | Failure::InTheWay(detail) = failure { detail.clone() } else { String::new() };
    FailureNote { title, text, detail }
}

/// Adds the pages above all accounts.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("", web::get().to(first_account))
        .route("/", web::get().to(first_account))
        .route("/switch", web::get().to(switch))
        .route("/language/{code}", web::get().to(choose_language));
}

/// Adds the page of an account that a short address leads to.
pub(crate) fn configure_account(config: &mut ServiceConfig) {
    config.route("", web::get().to(async |visit: Visit| visit.go("now")));
}

/// Leads to the first account.
async fn first_account(request: HttpRequest) -> Result<HttpResponse, Failure> {
    let (console, known) = known(&request)?;
    let ports = console.ports().ok_or(Failure::Starting)?;
    let person = known.person.clone().ok_or(Failure::SignedOut)?;
    let first = (ports.operators_for)(person.requester()).accounts.list(PageRequest { size: 1, after: None }).await?;
    match first.first() {
        Some(state) => Ok(see_other(&format!("{CONSOLE_PATH}/{}/now", ports.ids.public(state.account.id)))),
        None => Err(Failure::Refused(Texts::of(known.language).failure_no_account())),
    }
}

#[derive(Deserialize)]
struct Switch {
    account: PublicId,
    #[serde(default)]
    page: String,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct PublicId(i64);

/// Leads to the same kind of page of another account.
async fn switch(asked: Query<Switch>) -> HttpResponse {
    let page = if asked.page.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') { asked.page.as_str() } else { "now" };
    see_other(&format!("{CONSOLE_PATH}/{}/{page}", asked.account.0))
}

#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    to: String,
}

/// Keeps the language that a visitor chose.
async fn choose_language(request: HttpRequest, code: Path<String>, back: Query<Back>) -> Result<HttpResponse, Failure> {
    let language = Language::by_code(&code).ok_or(Failure::NotFound)?;
    let (console, _) = known(&request)?;
    let cookie = Cookie::build(LANGUAGE_COOKIE, language.code())
        .path(CONSOLE_PATH)
        .same_site(SameSite::Strict)
        .secure(console.settings().is_https)
        .permanent()
        .finish();
    Ok(HttpResponse::SeeOther().cookie(cookie).insert_header((LOCATION, own_path(&back.to))).finish())
}

/// A path of the console; any other address becomes its first page.
pub(crate) fn own_path(to: &str) -> &str {
    let is_own = to.strip_prefix(CONSOLE_PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    if is_own && !to.contains(['\\', '\r', '\n']) && !to.starts_with("//") { to } else { CONSOLE_PATH }
}

/// The answer to an address that leads nowhere.
pub(crate) async fn no_such_page() -> Result<HttpResponse, Failure> {
    Err(Failure::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_to_pages_of_the_console_alone() {
        for own in ["/console", "/console/7/jobs?state=failed", "/console?a"] {
            assert_eq!(own_path(own), own);
        }
        for foreign in ["", "//evil.example", "https://evil.example", "/consoles", "/", "/console/\r\nSet-Cookie: a"] {
            assert_eq!(own_path(foreign), CONSOLE_PATH, "{foreign}");
        }
    }
}
