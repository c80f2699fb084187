//! The page to sign in, and the way out.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use derslik_domain::identity::{Password, Username};
use derslik_ports::inbound::operators::{AdminSignIn, SignInError};

use crate::failure::Failure;
use crate::fields::Fields;
use crate::guard::{Known, sign_in_cookie};
use crate::locale::Language;
use crate::texts::Texts;
use crate::visit::{known, network, own_path, page};
use crate::{CONSOLE_PATH, Console, SignInMode};

/// The path of the page to sign in.
pub(crate) const PATH: &str = "/console/sign-in";

/// The path of the form to sign out.
pub(crate) const OUT_PATH: &str = "/console/sign-out";

/// The address of the page to sign in, after which the browser goes to `to`.
pub(crate) fn path(to: &str) -> String {
    format!("{PATH}{}", Fields::default().with(&[("to", Some(to))]))
}

/// Adds the pages.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.route("/sign-in", web::get().to(show)).route("/sign-in", web::post().to(sign_in)).route("/sign-out", web::post().to(sign_out));
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    language: Language,
    t: Texts,
    form_token: String,
    /// Whether a printed token is asked for, and not a name and a password.
    asks_for_token: bool,
    to: String,
    name: String,
    /// Why the last attempt failed.
    problem: Option<String>,
}

fn form_page(console: &Console, known: &Known, fields: &Fields, problem: Option<String>) -> Result<HttpResponse, Failure> {
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let template = SignInPage {
        language: known.language,
        t: Texts::of(known.language),
        form_token: known.form_token.clone(),
        asks_for_token: matches!(console.settings().sign_in, SignInMode::Token(_)),
        to: own_path(fields.text("to")).to_owned(),
        name: fields.text("name").to_owned(),
        problem,
    };
    page(status, &template)
}

async fn show(request: HttpRequest) -> Result<HttpResponse, Failure> {
    let (console, known) = known(&request)?;
    let fields = Fields::read(request.query_string().as_bytes());
    if matches!(console.settings().sign_in, SignInMode::NotNeeded) {
        return Ok(crate::visit::see_other(own_path(fields.text("to"))));
    }
    form_page(&console, &known, &fields, None)
}

async fn sign_in(request: HttpRequest) -> Result<HttpResponse, Failure> {
    let (console, known) = known(&request)?;
    let (fields, t) = (known.form.borrow().clone(), Texts::of(known.language));
    let signed_in = match console.settings().sign_in {
        SignInMode::NotNeeded => return Ok(crate::visit::see_other(CONSOLE_PATH)),
        SignInMode::Token(_) => {
            console.0.local.sign_in(fields.text("token")).map(|token| (token, None)).ok_or_else(|| t.sign_in_wrong_token())
        }
        SignInMode::Admins => by_password(&console, &request, &fields, t).await?,
    };
    match signed_in {
        Ok((token, seconds)) => {
            let cookie = cookie(&console, token, seconds);
            let to = own_path(fields.text("to")).to_owned();
            Ok(HttpResponse::SeeOther().cookie(cookie).insert_header((LOCATION, to)).finish())
        }
        Err(problem) => form_page(&console, &known, &fields, Some(problem)),
    }
}

/// Signs in an admin. Returns the token with its life in seconds, or why not.
async fn by_password(
    console: &Console,
    request: &HttpRequest,
    fields: &Fields,
    t: Texts,
) -> Result<Result<(String, Option<u32>), String>, Failure> {
    let ports = console.ports().ok_or(Failure::Starting)?;
    let (name, password) =
        (Username::parse(fields.text("name")), Password::new(fields.raw("password").unwrap_or_default().as_bytes().to_vec()));
    let (Ok(name), Ok(password)) = (name, password) else { return Ok(Err(t.sign_in_wrong())) };
    match ports.sign_ins.sign_in(AdminSignIn { name, password, network: network(request) }).await {
        Ok(new) => Ok(Ok((new.token, Some(new.seconds)))),
        Err(SignInError::Invalid) => Ok(Err(t.sign_in_wrong())),
        Err(SignInError::TooMany { retry_after_seconds }) => Ok(Err(t.sign_in_too_many(retry_after_seconds))),
        Err(SignInError::Store(error)) => Err(error.into()),
    }
}

async fn sign_out(request: HttpRequest) -> Result<HttpResponse, Failure> {
    let (console, known) = known(&request)?;
    match console.settings().sign_in {
        SignInMode::NotNeeded => {}
        SignInMode::Token(_) => console.0.local.sign_out(&known.visitor),
        SignInMode::Admins => console.ports().ok_or(Failure::Starting)?.sign_ins.sign_out(&known.visitor).await?,
    }
    let cookie = cookie(&console, String::new(), Some(0));
    Ok(HttpResponse::SeeOther().cookie(cookie).insert_header((LOCATION, PATH)).finish())
}

/// The cookie of a sign-in. No script reads it, and no other site sends it.
fn cookie(console: &Console, token: String, seconds: Option<u32>) -> Cookie<'static> {
    let is_https = console.settings().is_https;
    // The prefix of the name asks for this path.
    let path = if is_https { "/" } else { CONSOLE_PATH };
    let mut cookie =
        Cookie::build(sign_in_cookie(is_https), token).path(path).http_only(true).same_site(SameSite::Strict).secure(is_https).finish();
    if let Some(seconds) = seconds {
        cookie.set_max_age(Duration::seconds(i64::from(seconds)));
    }
    cookie
}
